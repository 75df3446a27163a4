package scheduler

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// newTestBooks returns the parts that know pods and tasks, connected and complete;
// as there are no Steps, nothing is matched, asked for or reported.
func newTestBooks() *State {
	s := New(Config{})
	s.clock.now = at(0)
	s.session.connected, s.session.listed = true, true
	s.changes.report.ring = func() {}
	return s
}

// newAttempt returns a task in state launching, of a pod "a" that is bound or not.
func newAttempt(s *State, bound bool) *task {
	s.pods.added(Pod{UID: "a"}, "")
	p := s.pods.get("a")
	a, _ := s.fleet.offered(Offer{ID: "o1", Agent: "A1", Node: "n1"}, s.nodes.get("n1"))
	s.queue.take(p.class)
	if bound {
		p.node, p.pinned = "n1", &pinned{until: at(300), alarm: alarm{ring: func() {}}}
	}
	s.fleet.launches++
	s.attempts.start(p, a)
	s.fleet.release(a)
	s.session.calls = nil
	return p.task
}

// newRunning returns a task in state running.
func newRunning(s *State) *task {
	t := newAttempt(s, false)
	s.attempts.launchingUpdated(t, Update{Task: t.ID}, started)
	s.attempts.bindingDone(Bound{Task: t.ID})
	s.session.calls = nil
	return t
}

func TestStart(t *testing.T) {
	t.Parallel()
	s := newTestBooks()
	x := newAttempt(s, false)
	if x.ID != "a.1" || x.Node != "n1" || x.Agent != "A1" || x.state != launching || x.bound || x.launch != 1 {
		t.Errorf("%+v", x)
	}
	// Nothing is heard: it is asked for, and given up in the end.
	s.clock.advance(at(30))
	if s.clock.ring(); len(s.reconciler.asking) != 1 || s.reconciler.asking[0] != x {
		t.Errorf("asked for: %v", s.reconciler.asking)
	}
	s.clock.now = at(299)
	if s.attempts.due(x); x.state != launching {
		t.Error("given up early")
	}
	s.clock.now = at(300)
	s.attempts.due(x)
	p := s.pods.get("a")
	if x.state != killing || p.state != backingOff || p.superseded != 1 || s.fleet.find("A1").backoff.failures != 1 {
		t.Errorf("after %v: task %+v, pod %+v", launchGrace, x, p)
	}
	if p.trouble != "no executor has spoken of task a.1 within 5m0s" {
		t.Error(p.trouble)
	}
}

func TestLaunchOfBoundPodIsNotGivenUp(t *testing.T) {
	t.Parallel()
	s := newTestBooks()
	x := newAttempt(s, true)
	s.clock.now = at(1000)
	if s.attempts.due(x); x.state != launching || !x.bound {
		t.Errorf("%+v", x)
	}
}

func TestLaunchNotStored(t *testing.T) {
	t.Parallel()
	s := newTestBooks()
	x := newAttempt(s, false)
	s.attempts.notStored(LaunchFailed{Tasks: []Task{x.Task, {ID: "unknown"}}, Err: errors.New("disk full")})
	p := s.pods.get("a")
	if s.tasks.get("a.1") != nil || p.state != backingOff || p.trouble != "the launch could not be stored: disk full" {
		t.Errorf("%+v", p)
	}
	if len(s.session.calls) > 0 || len(p.old) != 1 {
		t.Errorf("calls %q, old %v: attempt 1 must not be used again", showCalls(s.session.calls), p.old)
	}
}

// The outcome of a Bind decides what an end means that came before it.
func TestBindingDone(t *testing.T) {
	t.Parallel()
	kinds := map[string]Update{
		"ends":     {State: mesospb.TaskState_TASK_FAILED, Source: executor, UUID: "u2"},
		"vanishes": {State: mesospb.TaskState_TASK_GONE_BY_OPERATOR, Source: master, UUID: "u2"},
	}
	for name, row := range map[string]struct {
		meanwhile string // an update that comes before the outcome
		removed   bool   // the pod, likewise
		elsewhere bool   // the pod is seen bound elsewhere
		err       error
		denied    bool

		calls string
		state string // of the task, "" when it is over
		pod   podState
	}{
		"bound":              {calls: "acknowledge u1 of a.1 to A1", state: "running", pod: placed},
		"bound, ended":       {meanwhile: "ends", calls: "acknowledge u1 of a.1 to A1; acknowledge u2 of a.1 to A1", state: "ended", pod: placed},
		"bound, vanished":    {meanwhile: "vanishes", calls: "acknowledge u1 of a.1 to A1; fail a TaskGoneByOperator: TASK_GONE_BY_OPERATOR", state: "failing", pod: placed},
		"bound, removed":     {removed: true, calls: "acknowledge u1 of a.1 to A1", state: "killing"},
		"bound, both":        {removed: true, meanwhile: "ends", calls: "acknowledge u1 of a.1 to A1; acknowledge u2 of a.1 to A1; forget a.1"},
		"impossible":         {err: errors.New("no"), calls: "acknowledge u1 of a.1 to A1; explain a: it cannot be bound to node n1: no; kill a.1 on A1, stored", state: "killing", pod: leftAlone},
		"impossible, ended":  {err: errors.New("no"), meanwhile: "ends", calls: "acknowledge u1 of a.1 to A1; explain a: it cannot be bound to node n1: no; acknowledge u2 of a.1 to A1", pod: leftAlone},
		"impossible, gone":   {err: errors.New("no"), removed: true, calls: "acknowledge u1 of a.1 to A1; kill a.1 on A1", state: "killing"},
		"denied":             {err: errors.New("no"), denied: true, calls: "acknowledge u1 of a.1 to A1; kill a.1 on A1, stored", state: "killing", pod: backingOff},
		"denied, ended":      {err: errors.New("no"), denied: true, meanwhile: "ends", calls: "acknowledge u1 of a.1 to A1; acknowledge u2 of a.1 to A1", pod: backingOff},
		"denied, but bound":  {err: errors.New("no"), denied: true, elsewhere: true, calls: "acknowledge u1 of a.1 to A1; explain a: it cannot be bound to node n1: no; kill a.1 on A1, stored", state: "killing", pod: leftAlone},
		"denied, pod's gone": {err: errors.New("no"), denied: true, removed: true, calls: "acknowledge u1 of a.1 to A1; kill a.1 on A1", state: "killing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTestBooks()
			x := newAttempt(s, false)
			p := s.pods.get("a")
			s.attempts.launchingUpdated(x, Update{Task: "a.1", Agent: "A1", UUID: "u1"}, started)
			if got := showCalls(s.session.calls); got != "bind a to n1 by a.1" {
				t.Fatal(got)
			}
			if u, ok := kinds[row.meanwhile]; ok {
				u.Task, u.Agent = "a.1", "A1"
				s.attempts.bindingUpdated(x, u, classify(u))
			}
			if row.elsewhere {
				s.pods.added(Pod{UID: "a"}, "n9")
			}
			if row.removed {
				s.pods.removed("a")
			}
			s.session.calls = nil
			s.attempts.bindingDone(Bound{Task: "a.1", Err: row.err, Denied: row.denied})
			s.attempts.bindingDone(Bound{Task: "a.1"}) // once more changes nothing
			if got := showCalls(s.session.calls); got != row.calls {
				t.Errorf("calls %q,\nwant  %q", got, row.calls)
			}
			state := ""
			if x := s.tasks.get("a.1"); x != nil {
				state = x.state.String()
			}
			if state != row.state || !row.removed && p.state != row.pod {
				t.Errorf("task is %q, want %q; pod is %d, want %d", state, row.state, p.state, row.pod)
			}
		})
	}
}

// An executor ends: its pods wait for another one there, at most relaunchGrace,
// ever longer when they do not run in between.
func TestRelaunch(t *testing.T) {
	t.Parallel()
	lost := Update{Task: "a.1", Agent: "A1", State: mesospb.TaskState_TASK_FAILED, Source: agentSrc, Reason: mesospb.TaskStatus_REASON_EXECUTOR_TERMINATED.Enum()}
	for _, row := range []struct {
		ran      time.Duration // -1: not at all
		failures int           // before and after
		after    int
		blamed   bool
	}{
		{-1, 0, 1, true},
		{-1, 3, 4, true},
		{time.Second, 3, 2, false},
		{steady, 3, 1, false},
	} {
		s := newTestBooks()
		x := newRunning(s)
		p := s.pods.get("a")
		if row.ran >= 0 {
			s.bound.ran(x)
			s.clock.now = at(0).Add(row.ran)
		}
		p.failures = row.failures
		s.bound.runningUpdated(x, lost, classify(lost))
		a := s.fleet.find("A1")
		if p.failures != row.after || (a.backoff.failures > 0) != row.blamed {
			t.Errorf("%+v: %d failures of the pod, %d of the agent", row, p.failures, a.backoff.failures)
		}
		if p.pinned == nil || !p.waits() || p.class.agent != "A1" || !a.lost || s.tasks.get("a.1") != nil {
			t.Errorf("%+v: %+v", row, p)
		}
	}
}

func TestRelaunchIsGivenUp(t *testing.T) {
	t.Parallel()
	s := newTestBooks()
	x := newRunning(s)
	s.bound.relaunch(x, "it burnt")
	p := s.pods.get("a")
	until := p.pinned.until
	// Another attempt that comes to nothing does not prolong it.
	s.clock.advance(at(100))
	a, _ := s.fleet.offered(Offer{ID: "o2", Agent: "A1", Node: "n1"}, s.nodes.get("n1"))
	s.queue.take(p.class)
	s.attempts.start(p, a)
	s.bound.relaunch(p.task, "it burnt again")
	if !p.pinned.until.Equal(until) || p.pinned.last.ID != "a.2" {
		t.Errorf("%+v", p.pinned)
	}
	s.clock.advance(until.Add(-1))
	s.session.calls = nil
	if s.clock.ring(); len(s.session.calls) > 0 {
		t.Error(showCalls(s.session.calls))
	}
	s.clock.advance(until)
	s.clock.ring()
	want := "fail a ExecutorLost: its executor has ended, and no other could be started on node n1 within 5m0s: it burnt again"
	if got := showCalls(s.session.calls); got != want {
		t.Errorf("got %q", got)
	}
	s.session.calls = nil
	if s.bound.failed("a"); showCalls(s.session.calls) != "forget a.2" || p.state != leftAlone || p.task != nil {
		t.Errorf("%q, %+v", showCalls(s.session.calls), p)
	}
}

// An executor that has the pod may take its time to run it; the deadline counts
// until then and not longer.
func TestRelaunchWaitStops(t *testing.T) {
	t.Parallel()
	for kind, stops := range map[updateKind]bool{staged: false, started: true, ended: true, paused: false, unclear: false} {
		s := newTestBooks()
		x := newAttempt(s, true)
		p := s.pods.get("a").pinned
		s.clock.set(&p.alarm, p.until)
		s.attempts.launchingUpdated(x, Update{Task: "a.1"}, kind)
		if p.alarm.isSet() == stops || (x.state == launching) == stops {
			t.Errorf("kind %d: waits %v, task is %v", kind, p.alarm.isSet(), x.state)
		}
	}
}

// When a task has ended and the pod's end is not seen, nothing runs the pod.
func TestEndNotSeen(t *testing.T) {
	t.Parallel()
	blamed := Update{Task: "a.1", Agent: "A1", State: mesospb.TaskState_TASK_FAILED, Source: executor}
	for _, row := range []struct {
		ran, seen bool
		calls     string
		failures  int // of the agent
	}{
		{ran: true, calls: "fail a TaskEnded: its Mesos task has ended, but the pod's own end was not reported: TASK_FAILED"},
		{ran: false, calls: "", failures: 1}, // launched again
		{seen: true, calls: "forget a.1"},
	} {
		s := newTestBooks()
		x := newRunning(s)
		if row.ran {
			s.bound.ran(x)
		}
		s.bound.runningUpdated(x, blamed, ended)
		if x.state != isEnded || x.index >= 0 || len(s.session.calls) > 0 {
			t.Fatalf("%+v: %+v, %q", row, x, showCalls(s.session.calls))
		}
		if row.seen {
			s.pods.removed("a")
		}
		s.clock.advance(at(30))
		s.clock.ring()
		failures := 0
		if a := s.fleet.find("A1"); a != nil {
			failures = a.backoff.failures
		}
		if got := showCalls(s.session.calls); got != row.calls || failures != row.failures {
			t.Errorf("%+v: %q, %d failures", row, got, failures)
		}
	}
}

func TestFail(t *testing.T) {
	t.Parallel()
	for _, revived := range []bool{false, true} {
		s := newTestBooks()
		x := newRunning(s)
		s.bound.runningUpdated(x, Update{Task: "a.1", Agent: "A1", State: mesospb.TaskState_TASK_GONE, UUID: "u1"}, vanished)
		s.bound.failingUpdated(x, Update{Task: "a.1", Agent: "A1", UUID: "u1"}, vanished) // a duplicate
		want := "acknowledge u1 of a.1 to A1; forget a.1"
		if revived {
			s.bound.failingUpdated(x, Update{Task: "a.1", Agent: "A1", UUID: "u2"}, started)
			want = "acknowledge u1 of a.1 to A1; acknowledge u2 of a.1 to A1; kill a.1 on A1, stored"
		}
		if got := showCalls(s.session.calls); got != "fail a TaskGone: TASK_GONE" {
			t.Error(got)
		}
		s.session.calls = nil
		s.bound.failed("unknown")
		s.bound.failed("a")
		if got := showCalls(s.session.calls); got != want {
			t.Errorf("revived %v: %q", revived, got)
		}
	}
}

func TestUnrecorded(t *testing.T) {
	t.Parallel()
	s := newTestBooks()
	x := newRunning(s)
	u := Update{Task: "a.1", State: mesospb.TaskState_TASK_UNKNOWN}
	for _, seconds := range []int{0, 60, 119} {
		s.clock.now = at(seconds)
		if s.bound.runningUpdated(x, u, unrecorded); len(s.session.calls) > 0 || !x.alarm.at.Equal(at(seconds+5)) {
			t.Errorf("after %d s: %q", seconds, showCalls(s.session.calls))
		}
	}
	s.clock.now = at(120)
	if s.bound.runningUpdated(x, u, unrecorded); showCalls(s.session.calls) != "fail a TaskUnknown: TASK_UNKNOWN" {
		t.Error(showCalls(s.session.calls))
	}
}

// A pod is joined with what an earlier life has stored of it.
func TestAdopt(t *testing.T) {
	t.Parallel()
	killed := func(t Task) Task { t.Killed = true; return t }
	for name, row := range map[string]struct {
		stored []Task
		node   string // where the pod is bound
		task   string // which it has afterwards
		state  string // of that task
		pod    podState
		calls  string
	}{
		"nothing":           {pod: ready},
		"nothing, bound":    {node: "n1", pod: leftAlone},
		"one":               {stored: []Task{taskOf("a", 3)}, task: "a.3", state: "launching", pod: placed, calls: "explain a: waiting for Mesos to tell what became of task a.3, launched before the framework was started again"},
		"one, bound":        {stored: []Task{taskOf("a", 3)}, node: "n1", task: "a.3", state: "running", pod: placed},
		"bound elsewhere":   {stored: []Task{taskOf("a", 3)}, node: "n9", pod: leftAlone, calls: "kill a.3 on A1, stored"},
		"killed":            {stored: []Task{killed(taskOf("a", 3))}, pod: ready, calls: "kill a.3 on A1, stored"},
		"two, newer first":  {stored: []Task{taskOf("a", 2), taskOf("a", 1)}, node: "n1", task: "a.2", state: "running", pod: placed, calls: "kill a.1 on A1, stored"},
		"two, older first":  {stored: []Task{taskOf("a", 1), taskOf("a", 2)}, node: "n1", task: "a.2", state: "running", pod: placed, calls: "kill a.1 on A1, stored"},
		"of another pod":    {stored: []Task{taskOf("b", 1)}, pod: ready},
		"the same is twice": {stored: []Task{taskOf("a", 1), taskOf("a", 1)}, node: "n1", task: "a.1", state: "running", pod: placed},
	} {
		s := newTestBooks()
		s.pods.restored(row.stored)
		s.pods.added(Pod{UID: "a"}, row.node)
		p := s.pods.get("a")
		id, state := "", ""
		if p.task != nil {
			id, state = p.task.ID, p.task.state.String()
		}
		if id != row.task || state != row.state || p.state != row.pod || showCalls(s.session.calls) != row.calls {
			t.Errorf("%s: task %q is %q, pod is %d, calls %q", name, id, state, p.state, showCalls(s.session.calls))
		}
		if len(row.stored) > 0 && row.stored[0].PodUID == "a" && p.attempt < row.stored[0].Attempt {
			t.Errorf("%s: the next attempt would be %d", name, p.attempt+1)
		}
	}
}

// Tasks whose pod is not announced have none, once all are listed.
func TestPodsListed(t *testing.T) {
	t.Parallel()
	s := newTestBooks()
	s.pods.restored([]Task{taskOf("a", 1), taskOf("b", 1)})
	s.pods.added(Pod{UID: "b"}, "n1")
	s.pods.listed()
	if a, b := s.tasks.get("a.1"), s.tasks.get("b.1"); a.state != killing || !a.awaitExecutor || b.state != running {
		t.Errorf("a.1 is %v, b.1 is %v", a.state, b.state)
	}
}

// What the removal of a pod means depends on how far its task is.
func TestPodRemoved(t *testing.T) {
	t.Parallel()
	for state, want := range map[taskState]string{
		launching: "killing: kill a.1 on A1, stored",
		binding:   "binding: ",
		running:   "killing: ",
		isEnded:   "over: forget a.1",
		failing:   "failing: ",
	} {
		s := newTestBooks()
		x := newRunning(s)
		x.state = state
		s.pods.removed("a")
		s.pods.removed("a")
		got := "over"
		if x := s.tasks.get("a.1"); x != nil {
			got = x.state.String()
		}
		if got += ": " + showCalls(s.session.calls); got != want || x.pod != nil || s.pods.get("a") != nil {
			t.Errorf("%v: %q, want %q", state, got, want)
		}
	}
}

// What is announced again changes what is due to it, and nothing else.
func TestPodAnnouncedAgain(t *testing.T) {
	t.Parallel()
	s := newTestBooks()
	s.pods.added(Pod{UID: "a", Class: "x"}, "")
	p := s.pods.get("a")
	class := p.class
	if s.pods.added(Pod{UID: "a", Class: "x"}, ""); p.class != class || p.state != ready {
		t.Errorf("%+v", p)
	}
	if s.pods.added(Pod{UID: "a", Class: "y", Amount: Amount{CPU: 5}}, ""); p.class == class || p.class.amount.CPU != 5 {
		t.Errorf("%+v", p)
	}
	s.pods.added(Pod{UID: "b"}, "")
	if b := s.pods.get("b"); b.seq <= p.seq || s.pods.arrivals != 2 {
		t.Errorf("%d, then %d", p.seq, b.seq)
	}
	p.old = []string{"a.1"}
	if s.pods.added(Pod{UID: "a"}, "n9"); p.state != leftAlone || p.class != nil || showCalls(s.session.calls) != "forget a.1" {
		t.Errorf("bound by another: %+v, %q", p, fmt.Sprint(s.session.calls))
	}
	// The binding is never undone, whatever an old event says.
	if s.pods.added(Pod{UID: "a"}, ""); p.state != leftAlone || p.node != "n9" {
		t.Errorf("%+v", p)
	}
}

// An update that comes before the pods of an earlier life are announced is left for
// Mesos to repeat.
func TestUpdateBeforePods(t *testing.T) {
	t.Parallel()
	s := New(Config{})
	step := func(e Event) string { return showCalls(s.Step(at(0), e)) }
	step(Restored{Tasks: []Task{taskOf("a", 1)}})
	step(Subscribed{})
	for _, id := range []string{"a.1", "stranger"} {
		u := Update{Task: id, Agent: "A1", State: mesospb.TaskState_TASK_RUNNING, Source: executor, UUID: "u1"}
		if got := step(Updated{u}); got != "" {
			t.Errorf("%s: %q before the pods are listed", id, got)
		}
	}
	step(PodAdded{Pod: Pod{UID: "a"}})
	if got := step(Updated{Update{Task: "a.1", Agent: "A1", State: mesospb.TaskState_TASK_RUNNING, Source: executor, UUID: "u1"}}); got != "bind a to n1 by a.1" {
		t.Errorf("got %q", got)
	}
}
