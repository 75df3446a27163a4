package scheduler

import "time"

// Backoff of a pod whose launches fail. That of a bound pod is shorter: it can go
// nowhere else, and its containers may run on without a kubelet.
const (
	firstBackoff = time.Second
	mostBackoff  = time.Minute
	boundBackoff = 15 * time.Second
)

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

// requeue brings a pod back to its old place after a failed attempt. Unless
// free, it backs off first.
func (s *State) requeue(p *pod, trouble string, free bool) {
	most := mostBackoff
	if p.home != nil {
		most = boundBackoff
	}
	wait := backoff(p.failures, firstBackoff, most)
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

// unqueue removes a pod from the queue, whatever its place.
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
	if p.home != nil {
		s.roomGrew(s.agent(p.home.last.Agent)) // it does not come back there
	}
}

// idle reports whether no pod waits for anything.
func (s *State) idle() bool { return len(s.classes) == 0 }

// forgetOld drops the records of earlier attempts.
func (s *State) forgetOld(p *pod) {
	for _, id := range p.old {
		s.call(Forget{Task: id})
	}
	p.old = nil
}
