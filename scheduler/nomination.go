package scheduler

import (
	"slices"
	"time"
)

// Times of a nomination. What is free again is offered at the next turn of Mesos'
// allocator, unless others get it.
const (
	offerDelay   = 20 * time.Second // for what has become free to be offered
	askDelay     = 5 * time.Second  // for what is free to be offered when it is asked for
	preemptGrace = time.Minute      // for a pod to be deleted that is to go
	mostRest     = 5 * time.Minute  // before others have to go for a pod for which they did in vain
)

// nomination says that room is made on a node for a pod that waits.
type nomination struct {
	node *node
	end  alarm // when it has lasted long enough
	cost bool  // others had to go for it
}

// vain counts the nominations of a pod for which others had to go, and which came to
// nothing, since it was placed last: others may have got the room. After each the pod rests
// longer before more have to go. It is in a class of its own, so it holds up no other.
type vain struct {
	times int
	until time.Time // when it has rested after the last nomination
}

// nominations are the waiting pods for which room is made on a node. What is free there is
// kept for them from the pods that go after them: until they are placed, there or elsewhere,
// or until it has not been offered in time. Restarts of the core do not end them, as the
// API server is told.
type nominations struct {
	clock   *clock
	session *session
	changes *changes
	queue   *queue
	nodes   *nodes
	outlook *outlook

	all   []*pod            // in the order in which they were nominated
	shown map[string]string // the Nodes that the API server was told last, by uid; empty: none
}

// begin nominates a waiting pod to a node.
func (x *nominations) begin(p *pod, n *node) {
	p.nomination = &nomination{node: n, end: alarm{ring: func() { x.expired(p) }}}
	n.nominees = append(n.nominees, p)
	x.all = append(x.all, p)
	x.queue.replace(p, p.Pod) // it is in a class of its own
	x.clock.after(offerDelay, &p.nomination.end)
}

// seen follows from what the API server shows of a pod. A new one may be nominated since an
// earlier life.
func (x *nominations) seen(p *pod, isNew bool) {
	switch {
	case isNew && p.nominated() != "":
		x.shown[p.UID] = p.nominated()
		if p.waits() && p.Pod.Node == "" && p.pinned == nil {
			x.begin(p, x.nodes.entry(p.nominated()))
			p.nomination.cost = true // else it would not be told
		}
	case p.nomination != nil && (!p.waits() || p.Pod.Node != ""):
		x.gone(p)
	}
}

// placed ends the nomination of a pod that is about to be launched on a node.
func (x *nominations) placed(p *pod, on *node) {
	p.vain = vain{}
	if p.nomination == nil {
		return
	}
	elsewhere := p.nomination.node != on
	x.end(p)
	if elsewhere {
		x.changes.stir() // by what was kept for it
	}
}

// removed forgets a pod that is finished or does not exist any more.
func (x *nominations) removed(p *pod) {
	x.gone(p)
	delete(x.shown, p.UID)
}

// gone ends the nomination of a pod that does not wait for it any more, if there is one.
func (x *nominations) gone(p *pod) {
	if p.nomination != nil {
		x.end(p)
		x.changes.mayFit()
	}
}

// drop ends the nomination of a pod that still waits.
func (x *nominations) drop(p *pod) {
	p.vain.until = x.clock.now.Add(backoff(p.vain.times, patience, mostRest))
	if p.nomination.cost {
		p.vain.times++
	}
	x.end(p)
	x.queue.replace(p, p.Pod)
	x.changes.mayFit()
	x.clear(p)
}

// end ends a pod's nomination. The API server does so by itself when the pod is bound.
func (x *nominations) end(p *pod) {
	n := p.nomination.node
	x.clock.stop(&p.nomination.end)
	p.nomination = nil
	is := func(other *pod) bool { return other == p }
	n.nominees = slices.DeleteFunc(n.nominees, is)
	x.all = slices.DeleteFunc(x.all, is)
	x.nodes.tidy(n)
}

// tell has the API server show a pod's nomination, for which others have to go.
func (x *nominations) tell(p *pod) {
	p.nomination.cost = true
	x.show(p, p.nomination.node.name)
}

// clear has the API server show no nomination of a pod that has none.
func (x *nominations) clear(p *pod) {
	if p.nomination == nil {
		x.show(p, "")
	}
}

func (x *nominations) show(p *pod, node string) {
	if x.shown[p.UID] != node {
		x.shown[p.UID] = node
		x.session.call(Nominate{PodUID: p.UID, Node: node})
	}
}

// expired ends a nomination whose room has not been offered, unless pods still end there.
// What was thought to be free is not.
func (x *nominations) expired(p *pod) {
	n := p.nomination.node
	if a := n.agent; a != nil {
		if until := x.outlook.lastEnd(a); until.After(x.clock.now) {
			x.clock.set(&p.nomination.end, until)
			return
		}
		if len(a.held) == 0 {
			a.forgetOffers()
		}
	}
	x.drop(p)
}

// keepsFrom reports whether what is kept for a nominee is kept from the pods of a class:
// those that go after it, and those for which room is made elsewhere, unless they are of a
// higher priority.
func (p *pod) keepsFrom(c *class) bool {
	switch {
	case p.class == c || c.isTied():
		return false
	case len(c.ready) == 0:
		return true
	}
	q := c.ready[0]
	return p.seq < q.seq || q.nomination != nil && p.Priority == q.Priority
}

// promised returns what is kept on the node from the pods of a class.
func (n *node) promised(c *class) (sum Amount) {
	for _, p := range n.nominees {
		if p.keepsFrom(c) {
			sum = sum.plus(p.Amount)
		}
	}
	return sum
}

// nomineesBefore returns how many places are kept on the node from the pods of a class.
func (n *node) nomineesBefore(c *class) (count int) {
	for _, p := range n.nominees {
		if p.keepsFrom(c) {
			count++
		}
	}
	return count
}

// promisesPort reports whether a port is kept on the node from the pods of a class.
func (n *node) promisesPort(c *class, port uint16) bool {
	return slices.ContainsFunc(n.nominees, func(p *pod) bool { return p.keepsFrom(c) && slices.Contains(p.Ports, port) })
}

// promisedByRule reports whether the Rule of a class would refuse the node if the pods for
// which it is kept were there.
func (n *node) promisedByRule(c *class) bool {
	if c.rule == nil || n.object == nil {
		return false
	}
	var trial Trial
	for _, p := range n.nominees {
		if !p.keepsFrom(c) {
			continue
		}
		if trial == nil {
			trial = c.rule.Try(n.object.Name)
		}
		trial.Add(p.Pod)
	}
	return trial != nil && trial.Refuses() != ""
}
