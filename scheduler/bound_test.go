package scheduler

import (
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// A terminal state is never undone, except that the agent may say afterwards that
// it was not the executor that ended the task.
func TestEndedUpdated(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		kind  updateKind
		uuid  string
		state string // of the task, "" when it is over
		pod   podState
		calls string
	}{
		{started, "u2", "ended", placed, "acknowledge u2 of a.1 to A1"},
		{ended, "u2", "ended", placed, "acknowledge u2 of a.1 to A1"},
		{interrupted, "", "ended", placed, ""},
		{interrupted, "u2", "", ready, "acknowledge u2 of a.1 to A1"},
		{vanished, "", "ended", placed, ""},
		{vanished, "u2", "failing", placed, "fail a TaskLost: TASK_LOST"},
	} {
		s := newTestBooks()
		x := newRunning(s)
		s.bound.runningUpdated(x, Update{Task: "a.1", State: mesospb.TaskState_TASK_KILLED, Source: executor}, ended)
		u := Update{Task: "a.1", Agent: "A1", State: mesospb.TaskState_TASK_LOST, UUID: row.uuid}
		s.bound.endedUpdated(x, u, row.kind)
		state := ""
		if x := s.tasks.get("a.1"); x != nil {
			state = x.state.String()
		}
		if p := s.pods.get("a"); state != row.state || p.state != row.pod || showCalls(s.session.calls) != row.calls {
			t.Errorf("%+v: task is %q, pod %d, calls %q", row, state, p.state, showCalls(s.session.calls))
		}
	}
}

// A task whose executor has ended keeps its room until it is heard of. An answer
// to a reconciliation then does not say that the executor ended it.
func TestOrphans(t *testing.T) {
	t.Parallel()
	answer := mesospb.TaskStatus_REASON_RECONCILIATION
	for _, row := range []struct {
		state  mesospb.TaskState
		reason *mesospb.TaskStatus_Reason
		waits  bool // the pod, to be launched again
	}{
		{state: mesospb.TaskState_TASK_FAILED, reason: &answer, waits: true},
		{state: mesospb.TaskState_TASK_FAILED},
		{state: mesospb.TaskState_TASK_RUNNING, reason: &answer},
	} {
		s := newTestBooks()
		x := newRunning(s)
		a := s.fleet.find("A1")
		s.bound.executorEnded(a, hintAsk)
		if !x.orphaned || !x.alarm.at.Equal(at(10)) {
			t.Fatalf("%+v", x)
		}
		s.changes.fit = false
		s.updated(Update{Task: "a.1", State: row.state, Source: executor, Reason: row.reason})
		if p := s.pods.get("a"); x.orphaned || !s.changes.fit || p.waits() != row.waits {
			t.Errorf("%+v: orphaned %v, may fit %v, pod %+v", row, x.orphaned, s.changes.fit, p)
		}
	}
}

// The pod of a task may go while its Bind is under way: then nothing is failed.
func TestFailWithoutPod(t *testing.T) {
	t.Parallel()
	s := newTestBooks()
	x := newRunning(s)
	x.pod = nil
	s.pods.byUID = map[string]*pod{}
	s.bound.runningUpdated(x, Update{Task: "a.1", Agent: "A1", UUID: "u1"}, vanished)
	if got := showCalls(s.session.calls); got != "acknowledge u1 of a.1 to A1; forget a.1" {
		t.Error(got)
	}
}

// An attempt that is under way when its pod is given up may start too late.
func TestGiveUpWhileLaunching(t *testing.T) {
	t.Parallel()
	for _, state := range []taskState{launching, running} {
		s := newTestBooks()
		x := newAttempt(s, true)
		x.state = state
		s.bound.giveUp(s.pods.get("a"))
		if x.state != failing || x.revived != (state == launching) || s.pods.get("a").pinned != nil {
			t.Errorf("%v: %+v", state, x)
		}
	}
}

func TestFailReason(t *testing.T) {
	t.Parallel()
	for state, want := range map[mesospb.TaskState]string{
		mesospb.TaskState_TASK_LOST:             "TaskLost",
		mesospb.TaskState_TASK_GONE_BY_OPERATOR: "TaskGoneByOperator",
	} {
		if got := failReason(state); got != want {
			t.Errorf("%v: %q", state, got)
		}
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	u := Update{State: mesospb.TaskState_TASK_LOST, Reason: mesospb.TaskStatus_REASON_AGENT_REMOVED.Enum(), Message: "no answer"}
	if got := describe(u); got != "TASK_LOST (REASON_AGENT_REMOVED): no answer" {
		t.Error(got)
	}
}
