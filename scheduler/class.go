package scheduler

import (
	"container/heap"
	"slices"

	v1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// class is a set of interchangeable waiting pods: what does not fit one fits
// none, so matching looks at classes and never at their pods.
type class struct {
	key     string
	slot    int   // in the index
	ready   byAge // pods that wait for nothing but an offer, oldest on top
	members int   // ready ones and those in backoff

	amount      Amount
	ports       []uint16
	affinity    nodeaffinity.RequiredNodeAffinity
	tolerations []v1.Toleration

	home     string    // the only agent for its one pod, which is bound; empty: any
	anywhere bool      // it has no selector and no affinity
	verdicts []verdict // of selector, affinity and tolerations on nodes, by their number

	reason  string // why its ready pods wait
	version uint64 // of what the reason was made from
}

// classFor returns the class of a pod, creating it if necessary. A pod that
// must keep off an agent because of an earlier attempt has a class of its own.
func (s *State) classFor(p *pod) *class {
	key := "class " + p.Class
	if p.Class == "" || p.ghosts > 0 || p.home != nil {
		key = "pod " + p.UID
	}
	c := s.classes[key]
	if c == nil {
		c = &class{
			key: key, amount: p.Amount, ports: p.Ports, affinity: p.Affinity, tolerations: p.Tolerations,
			anywhere: p.Affinity == (nodeaffinity.RequiredNodeAffinity{}),
		}
		s.classes[key] = c
		s.index.add(c)
		if p.home != nil {
			a := s.agent(p.home.last.Agent)
			c.home, a.awaited = a.id, append(a.awaited, c)
		}
	}
	return c
}

func (s *State) addReady(p *pod) {
	heap.Push(&p.class.ready, p)
	s.index.update(p.class)
}

func (s *State) removeReady(p *pod) {
	heap.Remove(&p.class.ready, p.place)
	s.index.update(p.class)
}

// leaveClass takes a pod that is no longer ready out of its class for good.
func (s *State) leaveClass(p *pod) {
	c := p.class
	p.class = nil
	if c.members--; c.members == 0 {
		s.index.remove(c)
		delete(s.classes, c.key)
		if a := s.agents[c.home]; a != nil {
			a.awaited = slices.DeleteFunc(a.awaited, func(x *class) bool { return x == c })
			s.dropAgent(a)
		}
	}
}

// byAge is a heap of pods, the one that arrived first on top.
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
