package scheduler

import (
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"
)

// node holds what the core knows about a Node object.
type node struct {
	number  int      // place in the verdicts of the classes
	object  *v1.Node // nil: not known yet, or gone
	open    bool     // no rule excludes pods that ask for nothing
	maxPods int
}

// nodes holds the Nodes of all agents, by name.
type nodes struct {
	rules   rules
	maxPods int // where a Node does not say
	byName  map[string]*node
}

func (x *nodes) get(name string) *node {
	n := x.byName[name]
	if n == nil {
		n = &node{number: len(x.byName), maxPods: x.maxPods}
		x.byName[name] = n
	}
	return n
}

// changed records what a Node object is now, nil when it is gone. It reports
// whether that makes a difference to matching.
func (x *nodes) changed(name string, object *v1.Node) (n *node, differs bool) {
	n = x.get(name)
	old := n.object
	n.object = object
	n.maxPods = x.maxPods
	n.open = x.rules.decide(&class{}, object) == suits
	if object != nil {
		if q, ok := object.Status.Allocatable[v1.ResourcePods]; ok && q.Value() > 0 {
			n.maxPods = int(q.Value())
		}
	}
	return n, !sameForMatching(old, object)
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
