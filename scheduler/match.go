package scheduler

import (
	"slices"
	"strconv"
	"time"
)

// leftoverRefuse is the filter for what a launch leaves over while pods still
// wait. Masters before 1.7.3 also apply it to what was freed meanwhile
// (MESOS-9616), so it must be short; when nothing waits it may be long.
const leftoverRefuse = 5 * time.Second

// heldToLook bounds how many pods in backoff are looked at to decide whether
// an offer is worth holding.
const heldToLook = 32

// match places waiting pods on the offers held, then gives back the useless ones.
//
// Afterwards no ready pod fits any held offer, so a later match looks only at
// agents with new offers or, when a class has become ready, with held ones. The
// agents take turns: each takes the oldest pod that fits what it has left, until
// none fits any. Pods that can only run there, as they did before, go first: what
// they use was theirs. Beyond these, no pod is passed over for a younger one on
// offers that would have fit it, pods spread over the agents, and each turn
// either places a pod or ends the agent's part.
func (s *State) match() {
	if !s.connected || !s.listed {
		return
	}
	if s.stirred {
		for _, a := range s.known {
			if len(a.held) > 0 {
				s.refresh(a)
			}
		}
	}
	looked := s.fresh
	s.fresh = nil
	turn := append([]*agent(nil), looked...)
	for len(turn) > 0 {
		again := turn[:0]
		for _, a := range turn {
			if s.place(a) {
				again = append(again, a)
			}
		}
		turn = again
	}
	for _, a := range looked {
		a.fresh, a.last = false, 0
		switch {
		case len(a.batch) > 0:
			s.launch(a)
		case !s.worthHolding(a):
			s.giveBack(a)
		}
	}
}

// place takes the oldest pod that fits on an agent's offers.
func (s *State) place(a *agent) bool {
	if len(a.held) == 0 {
		return false
	}
	room := s.roomFor(a)
	c := a.awaits(room)
	if c == nil && !a.shunned() {
		c = s.oldestFor(a, s.spareFor(a))
	}
	if c == nil {
		return false
	}
	p := c.ready[0]
	s.removeReady(p)
	s.leaveClass(p)
	p.state = placed
	p.attempt++
	if len(a.batch) == 0 {
		s.launches++
	}
	a.pays = a.pays || a.needsExecutor()
	a.lost = false
	a.room = room.minus(p.Amount)
	t := s.newTask(Task{
		ID:      p.UID + "." + strconv.Itoa(p.attempt),
		PodUID:  p.UID,
		Attempt: p.attempt,
		Agent:   a.id,
		Node:    a.held[0].Node,
		Amount:  p.Amount,
		Ports:   p.Ports,
	})
	t.pod, p.task, t.bound = p, t, p.home != nil
	t.since, t.launch = s.now, s.launches
	s.alarms.set(&t.alarm, s.now.Add(firstWord))
	a.batch = append(a.batch, t.Task)
	return true
}

// oldestFor returns the class of the oldest pod that may be placed on the agent
// and has no home; nil when there is none.
func (s *State) oldestFor(a *agent, room Amount) *class {
	for c := s.index.oldest(a, room); c != nil; c = s.index.oldest(a, room) {
		a.last = c.ready[0].seq
		if c.home == "" && !a.haunts(c.ready[0]) {
			return c
		}
	}
	return nil
}

// haunts reports whether an earlier attempt of the pod may still live there.
// The executor would take the end of the one for the end of the other.
func (a *agent) haunts(p *pod) bool {
	return p.ghosts > 0 && slices.ContainsFunc(a.tasks, func(t *task) bool { return t.ghostOf == p })
}

// launch uses up an agent's offers for its batch.
func (s *State) launch(a *agent) {
	refuse := s.cfg.Refuse
	if !s.idle() {
		refuse = min(refuse, leftoverRefuse)
	}
	s.wish.filtered = true
	s.wish.progress(s)
	s.teller.stir(s)
	s.call(Launch{Agent: a.id, Offers: s.release(a), Tasks: a.batch, Executor: a.pays, Refuse: refuse})
	a.batch, a.pays = nil, false
}

// worthHolding reports whether a pod in backoff will be able to use the agent's
// offers before they expire.
func (s *State) worthHolding(a *agent) bool {
	for _, p := range s.late[:min(len(s.late), heldToLook)] {
		if len(a.held) > 0 && p.alarm.at.Before(a.expiry.at) && a.welcomes(p.class) && s.hasRoom(a, p) {
			return true
		}
	}
	return false
}

// hasRoom reports whether the agent's offers are enough for a pod, which may be
// one that can only run there.
func (s *State) hasRoom(a *agent, p *pod) bool {
	if p.home != nil {
		return p.Amount.within(s.roomFor(a))
	}
	return !a.shunned() && p.Amount.within(s.spareFor(a))
}
