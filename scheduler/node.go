package scheduler

import (
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/klog/v2"
)

// node holds what the core knows about a Node object.
type node struct {
	number  int      // place in the verdicts of the classes
	object  *v1.Node // nil: not known yet, or gone
	open    bool     // it is schedulable and has no taints that matter
	maxPods int
}

// verdict is what a node's labels, taints and schedulability mean for a class.
type verdict uint8

const (
	undecided verdict = iota
	suits
	noObject      // the Node object is missing
	unschedulable // cordoned
	wrongLabels   // node selector or required affinity does not match
	tainted       // a taint is not tolerated
)

func (s *State) node(name string) *node {
	n := s.nodes[name]
	if n == nil {
		n = &node{number: len(s.nodes), maxPods: s.cfg.MaxPods}
		s.nodes[name] = n
	}
	return n
}

func (s *State) nodeChanged(e NodeChanged) {
	n := s.node(e.Name)
	old := n.object
	n.object = e.Node
	n.maxPods = s.cfg.MaxPods
	n.open = e.Node != nil && !e.Node.Spec.Unschedulable && !slices.ContainsFunc(e.Node.Spec.Taints, keepsAway)
	if e.Node != nil {
		if q, ok := e.Node.Status.Allocatable[v1.ResourcePods]; ok && q.Value() > 0 {
			n.maxPods = int(q.Value())
		}
	}
	if sameForMatching(old, e.Node) {
		return
	}
	for _, c := range s.index.classes {
		if c != nil && n.number < len(c.verdicts) {
			c.verdicts[n.number] = undecided
		}
	}
	s.stirred = true
	s.teller.stir(s)
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

// judge decides whether pods of the class may run on the node at all. Selectors
// are expensive, so their result is kept until the node changes.
func (c *class) judge(n *node) verdict {
	if c.anywhere {
		if n.open {
			return suits
		}
		return decide(c, n.object)
	}
	if n.number >= len(c.verdicts) {
		c.verdicts = append(c.verdicts, make([]verdict, n.number+1-len(c.verdicts))...)
	}
	v := c.verdicts[n.number]
	if v == undecided {
		v = decide(c, n.object)
		c.verdicts[n.number] = v
	}
	return v
}

func decide(c *class, n *v1.Node) verdict {
	if n == nil {
		return noObject
	}
	if ok, err := c.affinity.Match(n); !ok || err != nil {
		return wrongLabels
	}
	if n.Spec.Unschedulable && !tolerated(c, &v1.Taint{Key: v1.TaintNodeUnschedulable, Effect: v1.TaintEffectNoSchedule}) {
		return unschedulable
	}
	if _, bad := untolerated(c, n.Spec.Taints); bad {
		return tainted
	}
	return suits
}

// untolerated returns the first taint that keeps pods of the class away.
func untolerated(c *class, taints []v1.Taint) (v1.Taint, bool) {
	return corev1.FindMatchingUntoleratedTaint(klog.Logger{}, taints, c.tolerations, func(t *v1.Taint) bool { return keepsAway(*t) }, false)
}

// keepsAway reports whether a taint bars pods; PreferNoSchedule does not.
func keepsAway(t v1.Taint) bool {
	return t.Effect == v1.TaintEffectNoSchedule || t.Effect == v1.TaintEffectNoExecute
}

func tolerated(c *class, t *v1.Taint) bool {
	return corev1.TolerationsTolerateTaint(klog.Logger{}, c.tolerations, t, false)
}
