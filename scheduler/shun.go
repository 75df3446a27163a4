package scheduler

import (
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// An agent on which nothing starts looks empty, and so the best place of all.
// After some launches in a row that came to nothing there it is left alone, ever
// longer, until one succeeds.
const (
	strikesOut = 3
	firstShun  = 30 * time.Second
	mostShun   = 10 * time.Minute
)

// record is what became of launches on an agent.
type record struct {
	strikes int       // launches in a row that came to nothing
	last    time.Time // when the last of them was told; what was launched before counts with it
	shun    alarm     // the end of being left alone
}

// strike counts a launch that came to nothing by a fault of the agent: the
// executor could not be fetched, started or heard of.
func (s *State) strike(t *task, u Update) {
	a := s.agents[t.Agent]
	if u.Source != mesospb.TaskStatus_SOURCE_AGENT || u.reasonIs(mesospb.TaskStatus_REASON_AGENT_DRAINING) ||
		a.record.strikes > 0 && !t.since.After(a.record.last) {
		return
	}
	a.record.strikes++
	a.record.last = s.now
	if n := a.record.strikes - strikesOut; n >= 0 {
		s.alarms.set(&a.record.shun, s.now.Add(backoff(n, firstShun, mostShun)))
	}
}

// shunned says that the agent is to be left alone.
func (a *agent) shunned() bool { return a.record.shun.isSet() }

// proved: an executor has started there.
func (s *State) proved(a *agent) {
	a.record.strikes = 0
	if a.shunned() {
		s.alarms.stop(&a.record.shun)
		s.shunOver()
	}
}

// shunOver lets what the agent offers be asked for and looked at again.
func (s *State) shunOver() {
	s.stirred = true
	s.teller.stir(s)
}
