package scheduler

import (
	"container/heap"

	v1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// class is a set of interchangeable waiting pods: what does not fit one fits
// none, so matching looks at classes and never at their pods.
type class struct {
	key     string
	line    *line
	slot    int   // in the line's index
	ready   byAge // pods that wait for nothing but an offer, the first to be served on top
	members int   // ready ones and those in backoff

	amount      Amount
	ports       []uint16
	affinity    nodeaffinity.RequiredNodeAffinity
	tolerations []v1.Toleration

	agent    string    // the only agent for its one pod, which is bound there; empty: any
	node     string    // the only Node for its one pod, which others have assigned there; empty: any
	anywhere bool      // it has no selector and no affinity
	verdicts []verdict // of the rules, on nodes by their number; see rules.verdict
	rule     Rule      // what depends on more than its Node; nil: nothing

	reason   string // why its ready pods wait
	version  uint64 // of what the reason was made from
	hopeless uint64 // version of the changes for which no pod could make room; 0: none
}

// isTied reports whether its one pod can only run in one place.
func (c *class) isTied() bool { return c.agent != "" || c.node != "" }

// classKey returns the key of the class that a pod waits in, of which own is what
// the Rules say. A bound, assigned or nominated pod, one that was nominated in vain,
// and one that must keep off an agent because of an earlier attempt, is alone in its class.
func (p *pod) classKey(own string) string {
	if p.Class == "" || p.superseded > 0 || p.pinned != nil || p.Node != "" || p.nomination != nil || p.vain.times > 0 {
		return "pod " + p.UID + own
	}
	if p.neverPreempts() {
		own += " never"
	}
	return "class " + p.Class + own
}

// refusal returns why the class's Rule refuses a node; empty: it does not.
func (c *class) refusal(n *node) string {
	if c.rule == nil {
		return ""
	}
	return c.rule.Refuses(n.object.Name)
}

// nominee returns the class's one pod, if it is nominated.
func (c *class) nominee() *pod {
	if len(c.ready) == 1 && c.ready[0].nomination != nil {
		return c.ready[0]
	}
	return nil
}

func newClass(key string, p *pod) *class {
	c := &class{
		key: key, amount: p.Amount, ports: p.Ports, affinity: p.Affinity, tolerations: p.Tolerations,
		anywhere: p.Affinity == (nodeaffinity.RequiredNodeAffinity{}),
	}
	if p.pinned != nil {
		c.agent = p.pinned.last.Agent
	} else {
		c.node = p.Node
	}
	return c
}

// byAge is a heap of pods, that of the highest priority that arrived first on top.
type byAge []*pod

func (h byAge) Len() int           { return len(h) }
func (h byAge) Less(i, j int) bool { return h[i].seq < h[j].seq }
func (h byAge) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}
func (h *byAge) Push(x any) {
	p := x.(*pod)
	p.place = len(*h)
	*h = append(*h, p)
}
func (h *byAge) Pop() any {
	old := *h
	p := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return p
}

// update records in the index that the ready pods have changed.
func (c *class) update() { c.line.index.update(c) }

func (c *class) push(p *pod)   { heap.Push(&c.ready, p) }
func (c *class) delete(p *pod) { heap.Remove(&c.ready, p.place) }
