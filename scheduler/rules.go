package scheduler

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/klog/v2"
)

// rules decide where pods may run, apart from the amounts that they ask for. This
// is the only place that matching and the reasons of waiting pods ask, so a new
// condition is one more rule: one that looks at a Node alone goes into the list,
// one that looks at what an agent runs or offers into fits, and one that depends on
// other pods is for [Rules] to decide.
type rules []nodeRule

// nodeRule is a condition on an agent's Node. What it says of a class and a Node
// is kept until that Node changes (see sameForMatching).
type nodeRule struct {
	allows func(c *class, n *v1.Node) bool
	reason string // what is told of the nodes that the rule excludes
	// obstacle names what the rule met on a Node that it excludes; may be nil.
	obstacle func(c *class, n *v1.Node) string
}

// kubernetesRules are those of Kubernetes' own scheduler, in the order in which
// they are asked and told.
var kubernetesRules = rules{
	{
		allows: matchesAffinity,
		reason: "node(s) didn't match Pod's node affinity/selector",
	},
	{
		allows: isSchedulable,
		reason: "node(s) were unschedulable",
	},
	{
		allows:   toleratesTaints,
		reason:   "node(s) had untolerated taint(s)",
		obstacle: untoleratedTaint,
	},
}

// verdict is what the rules say about a class on a node: suits, or what is in the
// way. From excluded on it is the number of the first rule that does not allow it.
type verdict uint8

const (
	undecided verdict = iota
	suits
	noObject // the Node object is missing
	excluded
)

// fits reports whether an agent can take pods of the class, its room aside. The
// Node of a bound pod was decided on when the pod was bound.
func (r rules) fits(c *class, a *agent) bool {
	switch {
	case c.agent != "":
		return c.agent == a.id && a.missingPort(c) == 0
	case c.node != "" && c.node != a.node.name:
		return false
	}
	return r.verdict(c, a.node) == suits && !a.isFull(c) && a.missingPort(c) == 0 && c.refusal(a.node) == ""
}

// verdict returns what the rules say about pods of the class on the node.
func (r rules) verdict(c *class, n *node) verdict {
	if c.anywhere && n.open {
		return suits
	}
	return r.kept(c, n)
}

// kept returns a verdict that is kept until the node changes, as rules may be
// expensive. Without selector and affinity they are not.
func (r rules) kept(c *class, n *node) verdict {
	if c.anywhere {
		return r.decide(c, n.object)
	}
	if n.number >= len(c.verdicts) {
		c.verdicts = append(c.verdicts, make([]verdict, n.number+1-len(c.verdicts))...)
	}
	v := c.verdicts[n.number]
	if v == undecided {
		v = r.decide(c, n.object)
		c.verdicts[n.number] = v
	}
	return v
}

func (r rules) decide(c *class, n *v1.Node) verdict {
	if n == nil {
		return noObject
	}
	for i := range r {
		if !r[i].allows(c, n) {
			return excluded + verdict(i)
		}
	}
	return suits
}

func matchesAffinity(c *class, n *v1.Node) bool {
	ok, err := c.affinity.Match(n)
	return ok && err == nil
}

// isSchedulable holds for pods that others have assigned, whatever the Node says: kubelets
// do not ask it either.
func isSchedulable(c *class, n *v1.Node) bool {
	taint := &v1.Taint{Key: v1.TaintNodeUnschedulable, Effect: v1.TaintEffectNoSchedule}
	return c.node != "" || !n.Spec.Unschedulable || corev1.TolerationsTolerateTaint(klog.Logger{}, c.tolerations, taint, false)
}

func toleratesTaints(c *class, n *v1.Node) bool {
	_, found := untolerated(c, n)
	return !found
}

func untoleratedTaint(c *class, n *v1.Node) string {
	t, _ := untolerated(c, n)
	return t.ToString()
}

// untolerated returns the first taint that keeps pods of the class away.
func untolerated(c *class, n *v1.Node) (v1.Taint, bool) {
	bars := keepsAway
	if c.node != "" {
		bars = endsPods
	}
	return corev1.FindMatchingUntoleratedTaint(klog.Logger{}, n.Spec.Taints, c.tolerations, bars, false)
}

// keepsAway reports whether a taint bars pods; PreferNoSchedule does not.
func keepsAway(t *v1.Taint) bool { return t.Effect == v1.TaintEffectNoSchedule || endsPods(t) }

// endsPods reports whether a taint bars pods that are bound to the Node, too.
func endsPods(t *v1.Taint) bool { return t.Effect == v1.TaintEffectNoExecute }
