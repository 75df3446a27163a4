package scheduler

import v1 "k8s.io/api/core/v1"

// Rules say where pods may run beyond what an agent's offers and Node tell: what
// depends on other pods or on volumes, and what is a preference. Every method is a
// function of the calls before it, and none waits.
type Rules interface {
	// Key is equal for pods that the same Rule can speak of, if they are of the
	// same Class. It is empty for a pod that the rules have nothing to say about.
	Key(p Pod) string
	// Rule returns what the rules say about pods with the Key of p.
	Rule(p Pod) Rule
	// Imagine is like Rule for a pod that does not exist. Its answers hold until
	// another method of Rules is called, and asking for them changes nothing.
	Imagine(p Pod) Rule

	// Settled tells that a pod is on a node from now on, or is another than it was
	// there: it is about to be launched, or it is bound.
	Settled(p Pod, node string) Effect
	// Left tells that a pod is no longer on a node, and uses nothing there.
	Left(p Pod, node string) Effect
	// Node tells what a Node is now; nil: it is gone. Any Rule may say something
	// else afterwards.
	Node(name string, n *v1.Node) Effect
}

// Rule is what Rules say about a set of interchangeable pods.
type Rule interface {
	// Nowhere returns why none of these pods may run on any node, whatever the node
	// is; empty: there is no such reason.
	Nowhere() string
	// Refuses returns why one more of these pods must not run on the node now, in
	// the words of Kubernetes' scheduler; empty: it may.
	Refuses(node string) string
	// Prefers reports whether these pods are better off on some nodes.
	Prefers() bool
	// Scores returns how well each of the nodes, all of which are allowed, suits
	// one more of these pods; none: they are all alike.
	Scores(nodes []string) []int64
	// Try returns the node, which is known, as these pods would find it if others came or
	// went. What is tried changes nothing.
	Try(node string) Trial
}

// Trial is a node with other pods on it than there are.
type Trial interface {
	Add(p Pod)
	Remove(p Pod)
	// Refuses returns why one more of the Rule's pods must not run there then.
	Refuses() string
}

// Effect is what a change may have made of the answers of Rules.
type Effect struct {
	More bool // some Rule may allow a node that it refused before
	Keys bool // some pod's Key is another
}

// residents tells the Rules which pods are on which nodes: those that are bound or
// assigned there, and those with a task there that may become so.
type residents struct {
	rules   Rules // may be nil
	queue   *queue
	changes *changes
}

// update compares where a pod is with what the Rules were told last. With changed,
// the pod is another than before.
func (r *residents) update(p *pod, changed bool) {
	if r.rules == nil {
		return
	}
	node := p.node
	switch {
	case node != "":
	case p.task != nil:
		node = p.task.Node
	default:
		node = p.Node
	}
	if old := p.residence; old != "" && old != node {
		p.residence = ""
		r.took(r.rules.Left(p.Pod, old))
	}
	if node != "" && (node != p.residence || changed) {
		p.residence = node
		r.took(r.rules.Settled(p.Pod, node))
	}
}

// gone tells the Rules that a pod has finished or no longer exists.
func (r *residents) gone(p *pod) {
	if p.residence != "" {
		r.took(r.rules.Left(p.Pod, p.residence))
		p.residence = ""
	}
}

// foreign tells the Rules about a pod that is not ours to run.
func (r *residents) foreign(e Resident) {
	switch {
	case r.rules == nil:
	case e.Gone:
		r.took(r.rules.Left(e.Pod, e.Node))
	default:
		r.took(r.rules.Settled(e.Pod, e.Node))
	}
}

// node tells the Rules what a Node is now.
func (r *residents) node(name string, n *v1.Node) {
	if r.rules != nil {
		r.took(r.rules.Node(name, n))
	}
}

// took follows from what a change has made of the Rules' answers.
func (r *residents) took(e Effect) {
	if e.Keys {
		r.queue.renew()
	}
	if r.queue.ruled > 0 {
		r.changes.reasons()
		if e.More {
			r.changes.stir()
		}
	}
}
