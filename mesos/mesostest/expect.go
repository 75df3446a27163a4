package mesostest

import (
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// until returns the first event that ok accepts; others are passed over.
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

// ended reads until the stream ends, and returns what came.
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

// status waits for a status of the task in that state, as its release has it.
func (s *scheduler) status(task string, state mesospb.TaskState) *mesospb.TaskStatus {
	s.t.Helper()
	state = s.release.as(state)
	is := func(e *mesospb.SchedulerEvent) bool {
		u := e.GetUpdate().GetStatus()
		return u != nil && u.TaskId.GetValue() == task && u.GetState() == state
	}
	// Tasks' updates keep no order among each other: it may have come while
	// another was waited for.
	if i := slices.IndexFunc(s.passed, is); i >= 0 {
		e := s.passed[i]
		s.passed = slices.Delete(s.passed, i, i+1)
		return e.Update.Status
	}
	return s.until(task+" "+state.String(), is).Update.Status
}

// anyStatus waits for the next status of the task, whatever it says.
func (s *scheduler) anyStatus(task string) *mesospb.TaskStatus {
	s.t.Helper()
	return s.until("status of "+task, isUpdate(task)).Update.Status
}

// isUpdate accepts a status of the task.
func isUpdate(task string) func(*mesospb.SchedulerEvent) bool {
	return func(e *mesospb.SchedulerEvent) bool {
		return e.GetUpdate().GetStatus().GetTaskId().GetValue() == task
	}
}

// offer waits for an offer, and gives back a held one first.
func (s *scheduler) offer() *mesospb.Offer {
	s.t.Helper()
	for len(s.offers) == 0 {
		s.until("offer", func(e *mesospb.SchedulerEvent) bool { return e.GetType() == mesospb.SchedulerEvent_OFFERS })
	}
	o := s.offers[0]
	s.offers = s.offers[1:]
	return o
}

// offerWith waits for an offer of at least so many cpus and declines others
// that come before, so that what was freed comes together.
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

// eventually asks until the answer is right.
func (s *scheduler) eventually(what string, ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("not within %v: %s", patience, what)
		}
	}
}
