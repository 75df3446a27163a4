package scheduler

import (
	"reflect"
	"time"
)

// pod is a pod in the books, from PodAdded to PodRemoved.
type pod struct {
	Pod
	seq   uint64 // order of arrival
	node  string // name of the Node it is known to be bound to; never undone
	state podState
	class *class // while it waits
	place int    // among the ready pods of its class, or among the late ones

	task     *task    // while it has one
	attempt  int      // number of the latest attempt
	failures int      // consecutive failed attempts
	trouble  string   // what became of the last of them
	old      []string // ended tasks whose records keep the attempts counted
	ghosts   int      // earlier attempts that must end and may still live
	home     *home    // it is bound, and waits for an executor there or has just been launched again

	told   string    // the reason last given
	toldAt time.Time // when
	reason given     // and what it was made from
	alarm  alarm     // end of backoff
}

// podState is where a pod stands; the progress of its task is in task.state.
type podState int

const (
	// left alone: bound, but not by us (a static pod's mirror, another client's
	// binding), or with no way to be bound. It is neither launched, nor failed,
	// nor counted: its resources are not Mesos' and the kubelet's admission
	// decides about it.
	leftAlone  podState = iota
	ready               // waits for an offer
	backingOff          // waits for the end of its backoff
	placed              // has a task
)

func (p *pod) waits() bool { return p.state == ready || p.state == backingOff }

func (s *State) podAdded(in Pod, node string) {
	p := s.pods[in.UID]
	if p == nil {
		s.arrivals++
		p = &pod{Pod: in, seq: s.arrivals}
		p.alarm.ring = func() { s.backoffOver(p) }
		s.pods[in.UID] = p
		s.adopt(p, node)
	}
	if node == "" {
		node = p.node // an old event: Bound has reported the binding
	}
	p.node = node
	same := p.Pod.Class == in.Class && (in.Class != "" || reflect.DeepEqual(p.Pod, in))
	switch {
	case p.state == placed:
		p.Pod = in
		s.seenBound(p, node)
	case p.home != nil:
		p.Pod = in // in its class of its own; what it asks for hardly changes once it is bound
	case node != "":
		s.unqueue(p)
		s.forgetOld(p)
	case p.state == leftAlone:
		p.Pod = in
		s.enqueue(p)
	case !same:
		until := p.alarm.at
		late := p.state == backingOff
		s.unqueue(p)
		p.Pod = in
		if late {
			s.queueAfter(p, until)
		} else {
			s.enqueue(p)
		}
	}
}

func (s *State) podRemoved(uid string) {
	p := s.pods[uid]
	if p == nil {
		return
	}
	s.unqueue(p)
	if p.task != nil {
		s.orphan(p.task)
	}
	s.leaveHome(p)
	delete(s.pods, uid)
	s.forgetOld(p)
}
