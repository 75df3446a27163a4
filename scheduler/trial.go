package scheduler

import (
	"slices"
	"time"
)

// outlook knows what agents will have when what ends has ended, as far as that can be known.
type outlook struct {
	clock  *clock
	fleet  *fleet
	demand *offerDemand
}

// ends reports whether a task is about to end, so that Mesos will offer what it uses.
func (x *outlook) ends(t *task) bool {
	switch {
	case t.orphaned:
		return false // that is offered already
	case t.pod == nil:
		return true
	}
	return x.endBy(t.pod).After(x.clock.now)
}

// endBy returns until when the end of a pod is waited for; zero: it is not expected to end.
func (x *outlook) endBy(p *pod) time.Time {
	switch {
	case !p.goneBy().IsZero():
		return p.goneBy().Add(offerDelay)
	case p.preempted != nil:
		return p.preempted.Add(preemptGrace)
	}
	return time.Time{}
}

// lastEnd returns until when ends of pods on an agent are waited for.
func (x *outlook) lastEnd(a *agent) (last time.Time) {
	for _, t := range a.tasks {
		if t.pod != nil && x.ends(t) {
			if end := x.endBy(t.pod); end.After(last) {
				last = end
			}
		}
	}
	return last
}

// of returns what an agent will have for pods when those have ended that are about to,
// as far as it is known: what it has offered, unless it was asked for since and has not come
// again, and what is about to be offered.
func (x *outlook) of(a *agent) Amount {
	var room Amount
	if a.offered && (len(a.held) > 0 || x.holds(a.known)) {
		room = a.room
	}
	if x.holds(a.freed.at) {
		room = room.plus(a.freed.Amount)
	}
	if a.needsExecutor() && a.freed.Amount == (Amount{}) {
		room = room.minus(x.fleet.cfg.Executor)
	}
	return room.minus(a.reserved()).minus(a.node.owed())
}

// ifNoneGoes returns the most that an agent, which has a Node, will have for pods when none
// has to go.
func (x *outlook) ifNoneGoes(a *agent) Amount {
	room := x.of(a)
	for _, t := range a.tasks {
		if x.ends(t) {
			room = room.plus(t.Amount)
		}
	}
	return room
}

// holds reports whether what was free once is believed to be so still.
func (x *outlook) holds(since time.Time) bool {
	askedAt := x.demand.revived
	return !since.Before(askedAt) || x.clock.since(askedAt) < askDelay
}

// forgetStale forgets what an agent has offered, or was about to, if it was asked for since and
// has not come: asking again would make it be believed again.
func (x *outlook) forgetStale(a *agent) {
	if len(a.held) == 0 && !x.holds(a.known) && !x.holds(a.freed.at) {
		a.forgetOffers()
	}
}

// trial finds out whether a pod of a class would fit on an agent without some of the tasks
// there. Those that are about to end do not count. It is a [preemption.Node].
type trial struct {
	agent    *agent
	class    *class
	room     Amount
	gone     []*task
	could    []*task // go, by their numbers
	rule     Trial   // nil: there is none
	nominees []*pod  // for which room is kept from the class
}

// try begins a trial of a class, which has a ready pod, on an agent, which has a Node.
func (x *outlook) try(a *agent, c *class) *trial {
	t := &trial{agent: a, class: c, room: x.of(a)}
	for _, p := range a.node.nominees {
		if p.keepsFrom(c) {
			t.nominees = append(t.nominees, p)
			t.room = t.room.minus(p.Amount)
		}
	}
	if c.rule != nil {
		t.rule = c.rule.Try(a.node.object.Name)
	}
	priority := c.ready[0].Priority
	for _, task := range a.tasks {
		switch {
		case x.ends(task):
			t.remove(task)
		case task.pod != nil && task.pod.Priority < priority && task.pod.goneBy().IsZero() && !task.orphaned:
			t.could = append(t.could, task)
		}
	}
	return t
}

func (t *trial) remove(x *task) {
	t.gone = append(t.gone, x)
	t.room = t.room.plus(x.Amount)
	if t.rule != nil && x.pod != nil {
		t.rule.Remove(x.pod.Pod)
	}
}

// Remove implements [preemption.Node].
func (t *trial) Remove(pod int) { t.remove(t.could[pod]) }

// Restore implements [preemption.Node].
func (t *trial) Restore(pod int) {
	x := t.could[pod]
	t.gone = slices.DeleteFunc(t.gone, func(other *task) bool { return other == x })
	t.room = t.room.minus(x.Amount)
	if t.rule != nil {
		t.rule.Add(x.pod.Pod)
	}
}

// Fits implements [preemption.Node].
func (t *trial) Fits() bool {
	n := t.agent.node
	places := n.maxPods - (len(t.agent.tasks) - len(t.gone)) - len(n.expected) - len(t.nominees)
	return places > 0 && t.class.amount.within(t.room) && !slices.ContainsFunc(t.class.ports, t.lacksPort) && t.allowed()
}

// lacksPort reports whether a port of the class would not be there.
func (t *trial) lacksPort(port uint16) bool {
	a := t.agent
	left := a.ports[port]
	for _, x := range t.gone {
		if slices.Contains(x.uses(), port) {
			left--
		}
	}
	switch {
	case left > 0 || a.keptPort(t.class) != 0:
		return true
	case a.ports[port] > 0:
		return false
	}
	return !slices.Contains(a.freed.ports, port) && !slices.ContainsFunc(a.ranges, func(r []PortRange) bool { return has(r, port) })
}

// allowed reports whether the class's Rule allows the node, whether or not the nominees come
// there before.
func (t *trial) allowed() bool {
	if t.rule == nil {
		return true
	}
	if t.rule.Refuses() != "" {
		return false
	}
	if len(t.nominees) == 0 {
		return true
	}
	for _, p := range t.nominees {
		t.rule.Add(p.Pod)
	}
	refused := t.rule.Refuses() != ""
	for _, p := range t.nominees {
		t.rule.Remove(p.Pod)
	}
	return !refused
}
