package scheduler

import (
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"
)

// node holds what the core knows about a Node object.
type node struct {
	name     string
	number   int      // place in the verdicts of the classes, from 1; 0: no agent has had it yet
	object   *v1.Node // nil: not known yet, or gone
	open     bool     // no rule excludes pods that ask for nothing
	maxPods  int
	total    Amount   // allocatable to pods
	assigned []*class // of waiting pods that others have assigned to it
	expected []*class // those that it is large enough for: what they ask for is kept
	nominees []*pod   // room is made for them; see nominations
	agent    *agent   // that has it, as far as it is known
}

// nodes holds the Nodes of all agents, by name, and those that pods are assigned to.
type nodes struct {
	rules   rules
	maxPods int // where a Node does not say
	byName  map[string]*node
	count   int    // of those with a number
	size    Amount // of all together, as far as it is known
}

// get returns the Node of that name, which an agent has.
func (x *nodes) get(name string) *node {
	n := x.entry(name)
	if n.number == 0 {
		x.count++
		n.number = x.count
	}
	return n
}

// entry returns the node of that name, which may be one that no agent has.
func (x *nodes) entry(name string) *node {
	n := x.byName[name]
	if n == nil {
		n = &node{name: name, maxPods: x.maxPods, total: unlimited}
		x.byName[name] = n
	}
	return n
}

// find returns the node of that name, nil when it is not known.
func (x *nodes) find(name string) *node { return x.byName[name] }

// assign notes that the pod of a class can only run on its node.
func (x *nodes) assign(c *class) {
	n := x.entry(c.node)
	n.assigned = append(n.assigned, c)
	x.expect(n)
}

func (x *nodes) unassign(c *class) {
	n := x.entry(c.node)
	n.assigned = slices.DeleteFunc(n.assigned, func(other *class) bool { return other == c })
	x.expect(n)
	x.tidy(n)
}

// tidy forgets a node that nobody has and nobody waits for.
func (x *nodes) tidy(n *node) {
	if n.number == 0 && len(n.assigned)+len(n.nominees) == 0 {
		delete(x.byName, n.name)
	}
}

// expect finds out which of the pods that others have assigned to a node can ever run
// there. One that asks for more than the node has, or that it does not suit, waits in vain.
func (x *nodes) expect(n *node) {
	n.expected = n.expected[:0]
	for _, c := range n.assigned {
		if c.amount.within(n.total) && (n.object == nil || x.rules.decide(c, n.object) == suits) {
			n.expected = append(n.expected, c)
		}
	}
}

// owed returns what is kept for pods that others have assigned to the node.
func (n *node) owed() (sum Amount) {
	for _, c := range n.expected {
		sum = sum.plus(c.amount)
	}
	return sum
}

// changed records what a Node object is now, nil when it is gone. It reports
// whether that makes a difference to matching.
func (x *nodes) changed(name string, object *v1.Node) (n *node, differs bool) {
	n = x.get(name)
	old := n.object
	n.object = object
	x.size = x.size.minus(n.total.known())
	n.maxPods, n.total = x.maxPods, allocatable(object)
	x.size = x.size.plus(n.total.known())
	x.expect(n)
	n.open = x.rules.decide(&class{}, object) == suits
	if object != nil {
		if q, ok := object.Status.Allocatable[v1.ResourcePods]; ok && q.Value() > 0 {
			n.maxPods = int(q.Value())
		}
	}
	return n, !sameForMatching(old, object)
}

// allocatable returns what a Node says that its pods can have.
func allocatable(n *v1.Node) Amount {
	a := unlimited
	if n == nil {
		return a
	}
	if q, ok := n.Status.Allocatable[v1.ResourceCPU]; ok {
		a.CPU = q.MilliValue()
	}
	if q, ok := n.Status.Allocatable[v1.ResourceMemory]; ok {
		a.Mem = q.Value() >> 20
	}
	if q, ok := n.Status.Allocatable[v1.ResourceEphemeralStorage]; ok {
		a.Disk = q.Value() >> 20
	}
	return a
}

// sameForMatching reports whether matching sees no difference between a and b,
// as when only a node's status has changed, which it does all the time.
func sameForMatching(a, b *v1.Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Name == b.Name && a.Spec.Unschedulable == b.Spec.Unschedulable &&
		maps.Equal(a.Labels, b.Labels) &&
		slices.EqualFunc(a.Spec.Taints, b.Spec.Taints, func(x, y v1.Taint) bool {
			return x.Key == y.Key && x.Value == y.Value && x.Effect == y.Effect
		}) &&
		a.Status.Allocatable.Pods().Cmp(*b.Status.Allocatable.Pods()) == 0
}
