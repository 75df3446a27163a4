package scheduler

import "time"

// An agent on which nothing starts looks empty, and so the best place of all.
// After several failed launches in a row it is left alone, ever longer, until a
// pod runs. Pods that can only run there are still launched.
const (
	strikesOut = 3
	firstShun  = 30 * time.Second
	mostShun   = 10 * time.Minute
)

// record holds the outcome of launches on an agent.
type record struct {
	strikes int    // consecutive failed launches
	last    uint64 // the latest launch when the last of them was told; all up to it count with it
	shun    alarm  // the end of being left alone
}

// strike counts a launch that failed by a fault of the agent, once for all its
// tasks. A pod bound there suffers until the agent is well again, so the agent
// gets no other pod at once.
func (s *State) strike(t *task) {
	a := s.agent(t.Agent)
	if t.launch <= a.record.last {
		return
	}
	a.record.strikes++
	a.record.last = s.launches
	n := a.record.strikes - strikesOut
	if t.state != launching || t.bound {
		n = max(n, 0)
	}
	if n >= 0 {
		s.alarms.set(&a.record.shun, s.now.Add(backoff(n, firstShun, mostShun)))
	}
}

// shunned reports whether the agent is to be left alone.
func (a *agent) shunned() bool { return a.record.shun.isSet() }

// proved: a pod runs on that agent, or has run.
func (s *State) proved(id string) {
	a := s.agents[id]
	if a == nil {
		return // nothing is held against it
	}
	a.record.strikes = 0
	if a.shunned() {
		s.alarms.stop(&a.record.shun)
		s.shunOver()
	}
}

// shunOver lets the agent's offers be asked for and considered again.
func (s *State) shunOver() {
	s.stirred = true
	s.teller.stir(s)
}
