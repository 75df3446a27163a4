package scheduler

import (
	"fmt"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Short names for the table.
const (
	master   = mesospb.TaskStatus_SOURCE_MASTER
	agentSrc = mesospb.TaskStatus_SOURCE_AGENT
	executor = mesospb.TaskStatus_SOURCE_EXECUTOR

	noReason   = mesospb.TaskStatus_Reason(-1)
	reconciled = mesospb.TaskStatus_REASON_RECONCILIATION
)

// statusTable has a row for each kind of update: what it means, and where a
// task whose pod is not bound, being bound, or bound goes from there.
var statusTable = []struct {
	state  mesospb.TaskState
	source mesospb.TaskStatus_Source
	reason mesospb.TaskStatus_Reason
	kind   updateKind
	// The calls made on the update, and again when Bind or Fail is done.
	launching, binding, running string
}{
	{mesospb.TaskState_TASK_STAGING, master, reconciled, staged, "ack", "; ack", "ack"},
	{mesospb.TaskState_TASK_STARTING, executor, noReason, started, "bind; ack", "; ack", "ack"},
	{mesospb.TaskState_TASK_RUNNING, executor, noReason, started, "bind; ack", "; ack", "ack"},
	{mesospb.TaskState_TASK_RUNNING, master, reconciled, started, "bind; ack", "; ack", "ack"},
	{mesospb.TaskState_TASK_RUNNING, master, mesospb.TaskStatus_REASON_AGENT_REREGISTERED, started, "bind; ack", "; ack", "ack"},
	{mesospb.TaskState_TASK_RUNNING, executor, mesospb.TaskStatus_REASON_TASK_HEALTH_CHECK_STATUS_UPDATED, started, "bind; ack", "; ack", "ack"},
	{mesospb.TaskState_TASK_KILLING, executor, noReason, started, "bind; ack", "; ack", "ack"},

	{mesospb.TaskState_TASK_FINISHED, executor, noReason, ended, "ack requeue", "; ack", "ack"},
	{mesospb.TaskState_TASK_FAILED, executor, noReason, ended, "ack requeue", "; ack", "ack"},
	{mesospb.TaskState_TASK_KILLED, executor, noReason, ended, "ack requeue", "; ack", "ack"},
	{mesospb.TaskState_TASK_KILLED, executor, mesospb.TaskStatus_REASON_AGENT_DRAINING, ended, "ack requeue", "; ack", "ack"},
	{mesospb.TaskState_TASK_FAILED, master, reconciled, ended, "ack requeue", "; ack", "ack"},

	{mesospb.TaskState_TASK_FAILED, agentSrc, mesospb.TaskStatus_REASON_EXECUTOR_TERMINATED, interrupted, "ack requeue at once", "; ack", "ack requeue at once"},
	{mesospb.TaskState_TASK_FAILED, agentSrc, mesospb.TaskStatus_REASON_EXECUTOR_REGISTRATION_TIMEOUT, interrupted, "ack requeue", "; ack", "ack requeue at once"},
	{mesospb.TaskState_TASK_FAILED, agentSrc, mesospb.TaskStatus_REASON_EXECUTOR_REREGISTRATION_TIMEOUT, interrupted, "ack requeue", "; ack", "ack requeue at once"},
	{mesospb.TaskState_TASK_FAILED, agentSrc, mesospb.TaskStatus_REASON_CONTAINER_LAUNCH_FAILED, interrupted, "ack requeue", "; ack", "ack requeue at once"},
	{mesospb.TaskState_TASK_FAILED, agentSrc, mesospb.TaskStatus_REASON_CONTAINER_LIMITATION_MEMORY, interrupted, "ack requeue", "; ack", "ack requeue at once"},
	{mesospb.TaskState_TASK_FAILED, agentSrc, mesospb.TaskStatus_REASON_CONTAINER_PREEMPTED, interrupted, "ack requeue", "; ack", "ack requeue at once"},
	{mesospb.TaskState_TASK_KILLED, agentSrc, mesospb.TaskStatus_REASON_TASK_KILLED_DURING_LAUNCH, interrupted, "ack requeue", "; ack", "ack requeue at once"},
	{mesospb.TaskState_TASK_KILLED, agentSrc, mesospb.TaskStatus_REASON_EXECUTOR_UNREGISTERED, interrupted, "ack requeue", "; ack", "ack requeue at once"},
	{mesospb.TaskState_TASK_KILLED, master, mesospb.TaskStatus_REASON_FRAMEWORK_REMOVED, vanished, "ack requeue", "; fail; ack forget", "fail; ack forget"},

	{mesospb.TaskState_TASK_LOST, master, mesospb.TaskStatus_REASON_AGENT_REMOVED, vanished, "ack requeue", "; fail; ack forget", "fail; ack forget"},
	{mesospb.TaskState_TASK_LOST, master, mesospb.TaskStatus_REASON_AGENT_DISCONNECTED, vanished, "ack requeue", "; fail; ack forget", "fail; ack forget"},
	{mesospb.TaskState_TASK_LOST, master, mesospb.TaskStatus_REASON_INVALID_OFFERS, interrupted, "ack requeue at once", "; ack", "ack requeue at once"},
	{mesospb.TaskState_TASK_LOST, agentSrc, mesospb.TaskStatus_REASON_AGENT_RESTARTED, interrupted, "ack requeue", "; ack", "ack requeue at once"},
	{mesospb.TaskState_TASK_LOST, executor, noReason, vanished, "ack requeue", "; fail; ack forget", "fail; ack forget"},
	{mesospb.TaskState_TASK_LOST, master, reconciled, unrecorded, "ack requeue", "; ack", "ack"},
	{mesospb.TaskState_TASK_ERROR, master, mesospb.TaskStatus_REASON_TASK_INVALID, interrupted, "ack requeue", "; ack", "ack requeue at once"},
	{mesospb.TaskState_TASK_ERROR, master, mesospb.TaskStatus_REASON_TASK_UNAUTHORIZED, interrupted, "ack requeue", "; ack", "ack requeue at once"},
	{mesospb.TaskState_TASK_DROPPED, master, mesospb.TaskStatus_REASON_INVALID_OFFERS, interrupted, "ack requeue at once", "; ack", "ack requeue at once"},
	{mesospb.TaskState_TASK_DROPPED, agentSrc, mesospb.TaskStatus_REASON_AGENT_RESTARTED, interrupted, "ack requeue", "; ack", "ack requeue at once"},
	{mesospb.TaskState_TASK_DROPPED, agentSrc, mesospb.TaskStatus_REASON_AGENT_DRAINING, interrupted, "ack requeue", "; ack", "ack requeue at once"},
	{mesospb.TaskState_TASK_GONE, master, reconciled, interrupted, "ack requeue", "; ack", "ack requeue at once"},
	{mesospb.TaskState_TASK_GONE, agentSrc, mesospb.TaskStatus_REASON_AGENT_REMOVED, vanished, "ack requeue", "; fail; ack forget", "fail; ack forget"},
	{mesospb.TaskState_TASK_GONE_BY_OPERATOR, master, mesospb.TaskStatus_REASON_AGENT_REMOVED_BY_OPERATOR, vanished, "ack requeue", "; fail; ack forget", "fail; ack forget"},

	{mesospb.TaskState_TASK_UNREACHABLE, master, mesospb.TaskStatus_REASON_AGENT_REMOVED, paused, "ack requeue", "; ack", "ack"},
	{mesospb.TaskState_TASK_UNREACHABLE, master, reconciled, paused, "ack requeue", "; ack", "ack"},
	{mesospb.TaskState_TASK_UNKNOWN, master, reconciled, unrecorded, "ack requeue", "; ack", "ack"},

	// Values that Mesos may add one day.
	{mesospb.TaskState(99), executor, noReason, unclear, "ack", "; ack", "ack"},
	{mesospb.TaskState(99), mesospb.TaskStatus_Source(77), mesospb.TaskStatus_Reason(777), unclear, "ack", "; ack", "ack"},
	{mesospb.TaskState_TASK_RUNNING, mesospb.TaskStatus_Source(77), mesospb.TaskStatus_Reason(777), started, "bind; ack", "; ack", "ack"},
	{mesospb.TaskState_TASK_FAILED, mesospb.TaskStatus_Source(77), mesospb.TaskStatus_Reason(777), vanished, "ack requeue", "; fail; ack forget", "fail; ack forget"},
	{mesospb.TaskState_TASK_LOST, agentSrc, mesospb.TaskStatus_Reason(777), interrupted, "ack requeue", "; ack", "ack requeue at once"},
}

func TestStatusTable(t *testing.T) {
	t.Parallel()
	seen := map[mesospb.TaskState]bool{}
	for _, row := range statusTable {
		seen[row.state] = true
		u := Update{Task: "a.1", Agent: "A1", State: row.state, Source: row.source, UUID: "u9"}
		if row.reason != noReason {
			u.Reason = &row.reason
		}
		t.Run(fmt.Sprint(row.state, "/", row.source, "/", row.reason), func(t *testing.T) {
			t.Parallel()
			if kind := classify(u); kind != row.kind {
				t.Errorf("kind %d, want %d", kind, row.kind)
			}
			for stage, want := range []string{row.launching, row.binding, row.running} {
				if got := afterUpdate(t, stage, u); got != want {
					t.Errorf("in stage %d: %q, want %q", stage, got, want)
				}
			}
		})
	}
	for state := range mesospb.TaskState_name {
		if !seen[mesospb.TaskState(state)] {
			t.Errorf("no row for %v", mesospb.TaskState(state))
		}
	}
}

// afterUpdate brings a task to a stage, gives it the update and returns the
// calls: on the update, after Bound if there is a Bind, after Failed if there
// is a Fail.
func afterUpdate(t *testing.T, stage int, u Update) (said string) {
	t.Helper()
	s := New(Config{})
	var fails, waits bool
	step := func(line string) {
		e, err := parseEvent(line)
		if err != nil {
			t.Fatal(err)
		}
		s.Step(s.clock.now, e)
	}
	say := func(calls []Call) {
		for _, c := range calls {
			word := ""
			switch c := c.(type) {
			case Acknowledge:
				if c.UUID != u.UUID {
					continue
				}
				word = "ack"
			case Bind:
				word, waits = "bind", true
			case Fail:
				word, fails = "fail", true
			case Forget:
				word = "forget"
			}
			if word != "" {
				if said != "" && said[len(said)-1] != ' ' {
					said += " "
				}
				said += word
			}
		}
	}
	for _, line := range []string{"listed", "subscribed", "node n1", "pod a cpu=1 mem=64", "offer o1 agent=A1 node=n1 cpu=4 mem=1024"} {
		step(line)
	}
	if stage >= 1 {
		step("update a.1 STARTING agent=A1 uuid=u1")
		waits = stage == 1
	}
	if stage == 2 {
		step("bound a.1")
	}
	say(s.Step(s.clock.now, Updated{u}))
	switch p := s.pods.get("a"); p.state {
	case ready:
		said += " requeue at once"
	case backingOff:
		said += " requeue"
	}
	if waits {
		said += "; "
		say(s.Step(s.clock.now, Bound{Task: "a.1"}))
	}
	if fails {
		said += "; "
		say(s.Step(s.clock.now, Failed{PodUID: "a"}))
	}
	return said
}
