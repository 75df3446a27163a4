package scheduler

import (
	"reflect"
	"time"
)

// Backoff of a pod whose launches fail.
const (
	firstBackoff = time.Second
	mostBackoff  = time.Minute
)

// pod is a pod in the books, from PodAdded to PodRemoved.
type pod struct {
	Pod
	seq   uint64 // order of arrival
	state podState
	class *class // while it waits
	place int    // among the ready pods of its class, or among the late ones

	task     *task    // while it has one
	attempt  int      // number of the latest attempt
	failures int      // attempts in a row that came to nothing
	trouble  string   // what became of the last of them
	old      []string // ended tasks whose records keep the attempts counted
	ghosts   int      // earlier attempts that must end and may live yet

	told   string    // the reason last given
	toldAt time.Time // when
	reason given     // and what it was made from
	alarm  alarm     // end of backoff
}

// podState says where a pod stands; what it does with its task is in task.state.
type podState int

const (
	// left alone: bound, but not by us (a static pod's mirror, somebody else's
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
	same := p.Pod.Class == in.Class && (in.Class != "" || reflect.DeepEqual(p.Pod, in))
	switch {
	case p.state == placed:
		p.Pod = in
		s.seenBound(p, node)
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
	delete(s.pods, uid)
	s.forgetOld(p)
}

// enqueue puts a pod at its place in the order of arrival.
func (s *State) enqueue(p *pod) {
	c := s.classFor(p)
	c.members++
	p.class, p.state = c, ready
	s.becomeReady(p)
}

// becomeReady lets a pod take part in matching. When others of its class wait
// already, nothing that we hold or have declined fits it, so nothing is stirred.
func (s *State) becomeReady(p *pod) {
	if len(p.class.ready) == 0 {
		s.stirred = true
	}
	s.addReady(p)
	s.teller.stir(s)
}

// requeue brings a pod back to its old place after an attempt that came to
// nothing. Unless free, it backs off first.
func (s *State) requeue(p *pod, trouble string, free bool) {
	wait := backoff(p.failures, firstBackoff, mostBackoff)
	p.task, p.trouble = nil, trouble
	p.failures++
	if free && p.failures == 1 {
		s.enqueue(p)
		return
	}
	s.queueAfter(p, s.now.Add(wait))
}

func (s *State) queueAfter(p *pod, at time.Time) {
	p.class = s.classFor(p)
	p.class.members++
	p.state, p.place = backingOff, len(s.late)
	s.late = append(s.late, p)
	s.alarms.set(&p.alarm, at)
	s.teller.stir(s)
}

func (s *State) backoffOver(p *pod) {
	s.removeLate(p)
	p.state = ready
	s.becomeReady(p)
}

func (s *State) removeLate(p *pod) {
	last := s.late[len(s.late)-1]
	s.late[p.place], last.place = last, p.place
	s.late = s.late[:len(s.late)-1]
}

// unqueue takes a pod out of the queue, wherever in it it is.
func (s *State) unqueue(p *pod) {
	switch p.state {
	case ready:
		s.removeReady(p)
	case backingOff:
		s.alarms.stop(&p.alarm)
		s.removeLate(p)
	default:
		return
	}
	s.leaveClass(p)
	p.state = leftAlone
}

// idle reports whether no pod waits for anything.
func (s *State) idle() bool { return len(s.classes) == 0 }

// forgetOld lets go of the records of earlier attempts.
func (s *State) forgetOld(p *pod) {
	for _, id := range p.old {
		s.call(Forget{Task: id})
	}
	p.old = nil
}
