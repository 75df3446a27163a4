package scheduler

import (
	"fmt"
	"maps"
	"math"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// fakeRules read the labels of pods: one in group a counts for those that want to
// be on its node (near=a), not on it (apart=a), or would like to be (like=a); one
// with shun=a keeps pods that are in=a off its own node. With even=a it must be where
// no more pods are in=a than on any other node.
type fakeRules struct {
	nodes    map[string]bool
	on       map[string]map[types.UID]*v1.Pod // by node
	shunned  bool                             // a pod has shunned others
	settling func(p Pod, node string)
}

func newFakeRules() *fakeRules {
	return &fakeRules{nodes: map[string]bool{}, on: map[string]map[types.UID]*v1.Pod{}, settling: func(Pod, string) {}}
}

func (f *fakeRules) Key(p Pod) string {
	if p.Object == nil {
		return ""
	}
	l := p.Object.Labels
	if l["near"]+l["apart"]+l["like"]+l["even"] == "" && (!f.shunned || l["in"] == "") {
		return ""
	}
	return fmt.Sprint(" of ", l)
}

func (f *fakeRules) Rule(p Pod) Rule { return fakeRule{f, p.Object} }

func (f *fakeRules) Imagine(p Pod) Rule { return fakeRule{f, p.Object} }

func (f *fakeRules) Settled(p Pod, node string) Effect {
	f.settling(p, node)
	if p.Object == nil {
		return Effect{}
	}
	if f.on[node] == nil {
		f.on[node] = map[types.UID]*v1.Pod{}
	}
	f.on[node][p.Object.UID] = p.Object
	e := Effect{More: p.Object.Labels["in"] != "", Keys: !f.shunned && p.Object.Labels["shun"] != ""}
	f.shunned = f.shunned || e.Keys
	return e
}

func (f *fakeRules) Left(p Pod, node string) Effect {
	if p.Object == nil {
		return Effect{}
	}
	delete(f.on[node], p.Object.UID)
	return Effect{More: p.Object.Labels["in"]+p.Object.Labels["shun"] != ""}
}

func (f *fakeRules) Node(name string, n *v1.Node) Effect {
	f.nodes[name] = n != nil
	return Effect{}
}

// residents returns how many pods are on nodes.
func (f *fakeRules) residents() (n int) {
	for _, on := range f.on {
		n += len(on)
	}
	return n
}

// fewest returns how many pods of a group are on the node with the fewest.
func (f *fakeRules) fewest(group string) int {
	fewest := math.MaxInt
	for node, is := range f.nodes {
		if is {
			fewest = min(fewest, f.count(node, "in", group))
		}
	}
	return fewest
}

// count returns how many pods on a node have a label of that value.
func (f *fakeRules) count(node, label, value string) (n int) {
	for _, other := range f.on[node] {
		if value != "" && other.Labels[label] == value {
			n++
		}
	}
	return n
}

func (f *fakeRules) refuses(p *v1.Pod, node string) string {
	switch {
	case p == nil:
	case f.count(node, "in", p.Labels["apart"]) > 0:
		return "node(s) ran what it wants to be apart from"
	case p.Labels["near"] != "" && f.count(node, "in", p.Labels["near"]) == 0:
		return "node(s) ran nothing that it wants to be near"
	case p.Labels["even"] != "" && f.count(node, "in", p.Labels["even"]) > f.fewest(p.Labels["even"]):
		return "node(s) ran more of its kind than others"
	case f.count(node, "shun", p.Labels["in"]) > 0:
		return "node(s) ran what shuns it"
	}
	return ""
}

// Try implements [Rule].
func (r fakeRule) Try(node string) Trial {
	t := &fakeTrial{fakeRule: r, node: node}
	t.rules = &fakeRules{nodes: r.rules.nodes, on: maps.Clone(r.rules.on)}
	t.rules.on[node] = maps.Clone(t.rules.on[node])
	if t.rules.on[node] == nil {
		t.rules.on[node] = map[types.UID]*v1.Pod{}
	}
	return t
}

type fakeTrial struct {
	fakeRule
	node string
}

func (t *fakeTrial) Add(p Pod)       { t.rules.on[t.node][p.Object.UID] = p.Object }
func (t *fakeTrial) Remove(p Pod)    { delete(t.rules.on[t.node], p.Object.UID) }
func (t *fakeTrial) Refuses() string { return t.fakeRule.Refuses(t.node) }

type fakeRule struct {
	rules *fakeRules
	pod   *v1.Pod
}

func (r fakeRule) Refuses(node string) string { return r.rules.refuses(r.pod, node) }
func (r fakeRule) Nowhere() string            { return "" }
func (r fakeRule) Prefers() bool              { return r.pod.Labels["like"] != "" }

func (r fakeRule) Scores(nodes []string) (scores []int64) {
	for _, node := range nodes {
		scores = append(scores, int64(r.rules.count(node, "in", r.pod.Labels["like"])))
	}
	return scores
}

// A pod's place is told the Rules once, and again when it changes.
func TestResidents(t *testing.T) {
	t.Parallel()
	f := newFakeRules()
	told := 0
	f.settling = func(Pod, string) { told++ }
	s := New(Config{Rules: f})
	p := Pod{UID: "a", Object: &v1.Pod{ObjectMeta: metav1.ObjectMeta{UID: "a"}}}
	s.Step(at(0), PodAdded{Pod: p, Node: "n1"})
	s.Step(at(0), PodAdded{Pod: p, Node: "n1"})
	if told != 1 || len(f.on["n1"]) != 1 {
		t.Errorf("told %d times, on n1: %v", told, f.on["n1"])
	}
	p.Object = p.Object.DeepCopy()
	s.Step(at(0), PodAdded{Pod: p, Node: "n1"})
	if told != 2 {
		t.Errorf("told %d times, after a change", told)
	}
	s.Step(at(0), PodRemoved{"a"})
	s.Step(at(0), Resident{Pod: p, Node: "n2"})
	if len(f.on["n1"]) != 0 || len(f.on["n2"]) != 1 {
		t.Errorf("%v", f.on)
	}
	s.Step(at(0), Resident{Pod: p, Node: "n2", Gone: true})
	if len(f.on["n2"]) != 0 {
		t.Errorf("%v", f.on)
	}
}
