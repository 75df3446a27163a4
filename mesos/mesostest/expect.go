package mesostest

import (
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// until returns the first event that ok accepts and skips the others.
func (s *scheduler) until(what string, ok func(*mesospb.SchedulerEvent) bool) *mesospb.SchedulerEvent {
	s.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e, more := <-s.events:
			if !more {
				s.t.Fatalf("the stream ended before %s", what)
			}
			again := s.repeated(e)
			s.note(e)
			if again {
				continue
			}
			if ok(e) {
				return e
			}
			if e.GetUpdate() != nil {
				s.passed = append(s.passed, e)
			}
		case <-deadline:
			s.t.Fatalf("no %s comes; of updates came %v", what, s.passed)
		}
	}
}

// ended reads until the stream ends, and returns the events.
func (s *scheduler) ended() (events []*mesospb.SchedulerEvent) {
	s.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e, more := <-s.events:
			if !more {
				return events
			}
			if !s.repeated(e) {
				events = append(events, e)
			}
		case <-deadline:
			s.t.Fatal("the stream does not end")
		}
	}
}

// status waits for a status of the task in that state, as the release reports it.
func (s *scheduler) status(task string, state mesospb.TaskState) *mesospb.TaskStatus {
	s.t.Helper()
	state = s.release.as(state)
	is := func(e *mesospb.SchedulerEvent) bool {
		u := e.GetUpdate().GetStatus()
		return u != nil && u.TaskId.GetValue() == task && u.GetState() == state
	}
	// Updates of different tasks arrive in any order: it may have come while we
	// waited for another.
	if i := slices.IndexFunc(s.passed, is); i >= 0 {
		e := s.passed[i]
		s.passed = slices.Delete(s.passed, i, i+1)
		return e.Update.Status
	}
	return s.until(task+" "+state.String(), is).Update.Status
}

// anyStatus waits for the next status of the task, whatever its state.
func (s *scheduler) anyStatus(task string) *mesospb.TaskStatus {
	s.t.Helper()
	return s.until("status of "+task, isUpdate(task)).Update.Status
}

// isUpdate returns a predicate that accepts a status of the task.
func isUpdate(task string) func(*mesospb.SchedulerEvent) bool {
	return func(e *mesospb.SchedulerEvent) bool {
		return e.GetUpdate().GetStatus().GetTaskId().GetValue() == task
	}
}

// offer waits for an offer, after giving back a held one.
func (s *scheduler) offer() *mesospb.Offer {
	s.t.Helper()
	for len(s.offers) == 0 {
		s.until("offer", func(e *mesospb.SchedulerEvent) bool { return e.GetType() == mesospb.SchedulerEvent_OFFERS })
	}
	o := s.offers[0]
	s.offers = s.offers[1:]
	return o
}

// offerWith waits for an offer of at least that many cpus and declines earlier ones
// with less, so freed resources come together.
func (s *scheduler) offerWith(cpus float64) *mesospb.Offer {
	s.t.Helper()
	for {
		o := s.offer()
		if amount(o, "cpus") >= cpus {
			return o
		}
		s.must(decline(new(float64), o))
	}
}

// eventually polls until ok is true.
func (s *scheduler) eventually(what string, ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("not within %v: %s", patience, what)
		}
	}
}
