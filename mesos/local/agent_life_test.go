package local_test

import (
	"context"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func noCheckpoint(i *mesospb.FrameworkInfo, _ *mesos.SchedulerConfig) {
	i.Checkpoint = proto.Bool(false)
}
func notAware(i *mesospb.FrameworkInfo, _ *mesos.SchedulerConfig) { i.Capabilities = nil }

// An agent process that dies and is restarted in time: the offer is rescinded at
// once, the executor comes back, and its task notices nothing.
func TestAgentRestarts(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.AgentTimeout, cfg.ReregistrationTimeout = time.Minute, 6*time.Second
	m := start(t, cfg)
	f := connect(t, m)
	o := f.launch("lives", "ex-lives", run)
	held := f.offer()
	if err := m.StopAgent(0, 0); err != nil {
		t.Fatal(err)
	}
	f.until("RESCIND", func(e *mesospb.SchedulerEvent) bool { return e.Rescind.GetOfferId().GetValue() == held.Id.GetValue() })
	f.send(mesos.Kill("lives", o.AgentId.GetValue(), 0)) // remembered until the agent is back
	if err := m.StartAgent(0); err != nil {
		t.Fatal(err)
	}
	f.status("lives", mesospb.TaskState_TASK_KILLED)
	if back := f.offer(); back.AgentId.GetValue() != o.AgentId.GetValue() {
		t.Errorf("the agent is now %s", back.AgentId.GetValue())
	}
}

// An executor that does not come back in time is killed.
func TestExecutorTooLate(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.AgentTimeout, cfg.ReregistrationTimeout = time.Minute, time.Nanosecond
	m := start(t, cfg)
	f := connect(t, m)
	f.launch("late", "ex-late", run)
	if err := m.StopAgent(0, 0); err != nil {
		t.Fatal(err)
	}
	if err := m.StartAgent(0); err != nil {
		t.Fatal(err)
	}
	s := f.status("late", mesospb.TaskState_TASK_GONE)
	if s.GetReason() != mesospb.TaskStatus_REASON_EXECUTOR_REREGISTRATION_TIMEOUT {
		t.Errorf("%v", s)
	}
}

// Without checkpointing the tasks are lost as soon as the agent's socket breaks.
func TestAgentStopsWithoutCheckpoint(t *testing.T) {
	t.Parallel()
	m := start(t, quick())
	f := connect(t, m, noCheckpoint)
	f.launch("gone", "ex-gone", run)
	if err := m.StopAgent(0, 0); err != nil {
		t.Fatal(err)
	}
	if s := f.status("gone", mesospb.TaskState_TASK_GONE); s.GetReason() != mesospb.TaskStatus_REASON_AGENT_DISCONNECTED {
		t.Errorf("%v", s)
	}
	f.failure("")
	if err := m.StartAgent(0); err != nil {
		t.Fatal(err)
	}
	f.offer()
}

// An executor that its agent has forgotten is killed when the agent is back, and when
// everything ends, even if it does nothing about it.
func TestForgottenExecutorsAreKilled(t *testing.T) {
	t.Parallel()
	for name, back := range map[string]bool{"the agent is back": true, "everything ends": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := quick()
			begun, killed := make(chan struct{}), make(chan struct{})
			cfg.ShutdownGrace = 100 * time.Millisecond
			cfg.Simulate = func(ctx context.Context, _ map[string]string, _ *mesospb.ExecutorInfo) int {
				close(begun)
				<-ctx.Done()
				close(killed)
				return 1
			}
			m := start(t, cfg) // whose end waits for all executors
			f := connect(t, m, noCheckpoint)
			o := f.offer()
			f.accept(o, task(t, o, "a", "ex", run))
			<-begun
			if err := m.StopAgent(0, 0); err != nil {
				t.Fatal(err)
			}
			if !back {
				return
			}
			if err := m.StartAgent(0); err != nil {
				t.Fatal(err)
			}
			<-killed
		})
	}
}

// A partition that heals after the agent was given up: its tasks are unreachable,
// and then run again.
func TestPartitionHeals(t *testing.T) {
	t.Parallel()
	m := start(t, quick())
	f := connect(t, m)
	o := f.offer()
	f.send(mesos.Suppress()) // leave the rest to the other framework
	f.accept(o, task(t, o, "aware", "ex-aware", run))
	f.status("aware", mesospb.TaskState_TASK_RUNNING)
	old := connect(t, m, notAware)
	old.launch("old", "ex-old", run)
	if err := m.PauseAgent(0, 0); err != nil {
		t.Fatal(err)
	}
	s := f.status("aware", mesospb.TaskState_TASK_UNREACHABLE)
	if s.GetReason() != mesospb.TaskStatus_REASON_AGENT_REMOVED || s.UnreachableTime == nil || len(s.Uuid) > 0 {
		t.Errorf("%v", s)
	}
	f.failure("")
	old.status("old", mesospb.TaskState_TASK_LOST)
	f.send(mesos.Kill("aware", o.AgentId.GetValue(), 0)) // forgotten
	f.status("aware", mesospb.TaskState_TASK_UNREACHABLE)
	f.send(mesos.Reconcile()) // reports nothing about it
	f.send(mesos.Reconcile(mesos.TaskRef{Task: "other", Agent: o.AgentId.GetValue()}))
	f.status("other", mesospb.TaskState_TASK_UNREACHABLE)
	if err := m.ResumeAgent(0); err != nil {
		t.Fatal(err)
	}
	s = f.status("aware", mesospb.TaskState_TASK_RUNNING)
	if s.GetReason() != mesospb.TaskStatus_REASON_AGENT_REREGISTERED || len(s.Uuid) > 0 {
		t.Errorf("%v", s)
	}
	old.status("old", mesospb.TaskState_TASK_RUNNING)
}

// A launch that the agent never heard of, because it was cut off for too long, is
// reported as dropped when the agent returns; its resources are free again.
func TestLaunchIntoPartition(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.AgentTimeout = 3 * time.Second // the launch arrives before that
	m := start(t, cfg)
	f := connect(t, m)
	o := f.offer()
	if err := m.PauseAgent(0, 0); err != nil {
		t.Fatal(err)
	}
	f.accept(o, task(t, o, "into", "ex-into", run))
	f.status("into", mesospb.TaskState_TASK_UNREACHABLE)
	if err := m.ResumeAgent(0); err != nil {
		t.Fatal(err)
	}
	f.status("into", mesospb.TaskState_TASK_DROPPED)
	if back := f.offer(); back.Resources[0].GetScalar().GetValue() != o.Resources[0].GetScalar().GetValue() || len(back.ExecutorIds) != 0 {
		t.Errorf("offered %v, before %v", back, o)
	}
}

// A short partition goes unnoticed: messages sent during it arrive late.
func TestShortPartition(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.AgentTimeout = time.Minute
	m := start(t, cfg)
	f := connect(t, m)
	o := f.offer()
	if err := m.PauseAgent(0, 0); err != nil {
		t.Fatal(err)
	}
	f.accept(o, task(t, o, "short", "ex-short", run))
	if err := m.ResumeAgent(0); err != nil {
		t.Fatal(err)
	}
	f.status("short", mesospb.TaskState_TASK_RUNNING)
}

// An agent that unregisters takes its tasks along and comes back under another id;
// one marked as gone is gone for every task id.
func TestAgentLeaves(t *testing.T) {
	t.Parallel()
	m := start(t, quick())
	f := connect(t, m)
	o := f.launch("leaves", "ex-leaves", run)
	if err := m.RemoveAgent(0); err != nil {
		t.Fatal(err)
	}
	f.status("leaves", mesospb.TaskState_TASK_GONE)
	f.failure("")
	f.send(mesos.Reconcile(mesos.TaskRef{Task: "leaves", Agent: o.AgentId.GetValue()}))
	f.status("leaves", mesospb.TaskState_TASK_UNKNOWN)

	next := f.launch("marked", "ex-leaves", run)
	if next.AgentId.GetValue() == o.AgentId.GetValue() {
		t.Error("the agent has kept its id")
	}
	if err := m.MarkAgentGone(0); err != nil {
		t.Fatal(err)
	}
	s := f.status("marked", mesospb.TaskState_TASK_GONE_BY_OPERATOR)
	if s.GetReason() != mesospb.TaskStatus_REASON_AGENT_REMOVED_BY_OPERATOR {
		t.Errorf("%v", s)
	}
	f.send(mesos.Reconcile(mesos.TaskRef{Task: "any", Agent: next.AgentId.GetValue()}))
	f.status("any", mesospb.TaskState_TASK_GONE_BY_OPERATOR)
}

func TestKillExecutor(t *testing.T) {
	t.Parallel()
	m := start(t, quick())
	f := connect(t, m)
	f.launch("k", "ex-k", run)
	if err := m.KillExecutor(0, f.id, "ex-k"); err != nil {
		t.Fatal(err)
	}
	if got := f.failure("ex-k").GetStatus(); got != 9 {
		t.Errorf("FAILURE with status %d", got)
	}
	f.status("k", mesospb.TaskState_TASK_FAILED)
	for _, err := range []error{m.KillExecutor(0, f.id, "ex-k"), m.KillExecutor(7, f.id, "ex-k"), m.StartAgent(0), m.ResumeAgent(0)} {
		if err == nil {
			t.Error("no error for what cannot be")
		}
	}
}

// A new master knows nothing about the task until the agent has registered with it;
// the framework keeps its id and the task its executor.
func TestMasterFailsOver(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.AgentTimeout = time.Minute
	m := start(t, cfg)
	f := connect(t, m)
	o := f.launch("stays", "ex-stays", run)
	if err := m.PauseAgent(0, 0); err != nil { // so it comes back when we say so
		t.Fatal(err)
	}
	if err := m.FailOver(0); err != nil {
		t.Fatal(err)
	}
	e := f.until("SUBSCRIBED", func(e *mesospb.SchedulerEvent) bool { return e.Subscribed != nil })
	if e.Subscribed.FrameworkId.GetValue() != f.id {
		t.Errorf("subscribed as %s", e.Subscribed.FrameworkId.GetValue())
	}
	f.send(mesos.Reconcile(mesos.TaskRef{Task: "stays", Agent: o.AgentId.GetValue()}, mesos.TaskRef{Task: "unknown", Agent: o.AgentId.GetValue()}))
	f.send(mesos.Reconcile())
	f.send(mesos.Reconcile(mesos.TaskRef{Task: "marker", Agent: "no-such-agent"}))
	f.until("marker", func(e *mesospb.SchedulerEvent) bool {
		id := e.GetUpdate().GetStatus().GetTaskId().GetValue()
		if e.Update != nil && id != "marker" {
			t.Errorf("answered too early: %v", e.Update.Status)
		}
		return id == "marker"
	})
	if err := m.ResumeAgent(0); err != nil {
		t.Fatal(err)
	}
	back := f.offer()
	if back.AgentId.GetValue() != o.AgentId.GetValue() || len(back.ExecutorIds) != 1 {
		t.Errorf("offered %v", back)
	}
	f.send(mesos.Reconcile())
	f.status("stays", mesospb.TaskState_TASK_RUNNING)
	if err := m.FailOver(time.Millisecond); err != nil { // this time it returns by itself
		t.Fatal(err)
	}
	f.until("SUBSCRIBED", func(e *mesospb.SchedulerEvent) bool { return e.Subscribed != nil })
	f.offer()
	f.send(mesos.Kill("stays", o.AgentId.GetValue(), 0))
	f.status("stays", mesospb.TaskState_TASK_KILLED)
}
