package mesostest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Since 1.9, operators can drain, deactivate and reactivate agents.
func drainCases() []testCase {
	return []testCase{
		{"drain sequence", "a drain takes offers back and kills all tasks with its grace period; when executors have ended too, the agent is DRAINED, and tasks run there within 10 s of its reactivation", since(1, 9, drainSequence)},
		{"drain and an idle executor", "an executor without tasks keeps its agent draining, and until its end every task there is dropped, also after a reactivation", since(1, 9, drainIdle)},
		{"deactivate", "a deactivated agent is not offered, and its tasks go on", since(1, 9, deactivated)},
	}
}

func drainSequence(t *testing.T, target Target) {
	s, agent := five(t, target, "before")
	held := s.offerOf(agent)
	target.drain(t, agent, 7)
	s.rescinded(held)
	for i := range 5 {
		status := s.status(fmt.Sprint("before-", i), mesospb.TaskState_TASK_KILLED)
		if status.GetReason() != mesospb.TaskStatus_REASON_AGENT_DRAINING || string(status.Data) != "grace 7s" {
			t.Errorf("%v", status)
		}
	}
	if a := target.agent(t, agent); !a.GetDeactivated() || a.DrainInfo.GetState() != mesospb.DrainState_DRAINING ||
		a.DrainInfo.GetConfig().GetMaxGracePeriod().GetNanoseconds() != 7e9 || a.EstimatedDrainStartTime == nil {
		t.Errorf("with an executor left the agent is %v", a)
	}
	s.must(shutdown("ex-drain", agent))
	s.eventually("DRAINED", func() bool {
		return target.agent(t, agent).GetDrainInfo().GetState() == mesospb.DrainState_DRAINED
	})
	target.reactivate(t, agent)
	began := time.Now()
	o := s.offerOf(agent)
	s.must(accept(0, []*mesospb.Offer{o}, target.tasks(o, "after")...))
	for i := range 5 {
		s.status(fmt.Sprint("after-", i), mesospb.TaskState_TASK_RUNNING)
	}
	if d := time.Since(began); d > 10*time.Second {
		t.Errorf("the tasks run %v after the reactivation", d)
	}
	if a := target.agent(t, agent); a.GetDeactivated() || a.DrainInfo != nil {
		t.Errorf("after its reactivation the agent is %v", a)
	}
}

func drainIdle(t *testing.T, target Target) {
	s, agent := five(t, target, "idle")
	target.drain(t, agent, 0)
	for i := range 5 {
		s.status(fmt.Sprint("idle-", i), mesospb.TaskState_TASK_KILLED)
	}
	target.reactivate(t, agent)
	o := s.offerOf(agent)
	s.must(accept(0, []*mesospb.Offer{o}, target.task(o, "too-early", "ex-drain", running())))
	status := s.anyStatus("too-early")
	if status.GetState() != mesospb.TaskState_TASK_DROPPED || status.GetReason() != mesospb.TaskStatus_REASON_AGENT_DRAINING ||
		status.GetSource() != mesospb.TaskStatus_SOURCE_AGENT || !strings.Contains(status.GetMessage(), "draining") {
		t.Errorf("%v", status)
	}
	s.must(shutdown("ex-drain", agent))
	s.until("FAILURE", func(e *mesospb.SchedulerEvent) bool { return e.GetType() == mesospb.SchedulerEvent_FAILURE })
	o = s.offerOf(agent)
	s.must(accept(0, []*mesospb.Offer{o}, target.task(o, "in-time", "ex-drain", running())))
	s.status("in-time", mesospb.TaskState_TASK_RUNNING)
}

func deactivated(t *testing.T, target Target) {
	s, agent := five(t, target, "stays")
	rest := s.offerOf(agent)
	target.operate(t, &mesospb.MasterCall{Type: mesospb.MasterCall_DEACTIVATE_AGENT.Enum(),
		DeactivateAgent: &mesospb.MasterCall_DeactivateAgent{AgentId: agent}})
	t.Cleanup(func() { target.reactivate(t, agent) })
	s.rescinded(rest)
	if a := target.agent(t, agent); !a.GetDeactivated() || a.GetActive() || a.DrainInfo != nil {
		t.Errorf("the agent is %v", a)
	}
	s.must(simple(mesospb.SchedulerCall_REVIVE)) // a round of offers, before the answer that follows
	s.must(kill("stays-0", agent))
	status := s.status("stays-0", mesospb.TaskState_TASK_KILLED)
	if status.GetReason() == mesospb.TaskStatus_REASON_AGENT_DRAINING {
		t.Errorf("%v", status)
	}
	for _, o := range s.offers {
		if o.AgentId.GetValue() == agent.GetValue() {
			t.Errorf("offered %v", o)
		}
	}
	target.reactivate(t, agent)
	s.offerOf(agent)
}

func (s *scheduler) rescinded(o *mesospb.Offer) {
	s.t.Helper()
	s.until("RESCIND", func(e *mesospb.SchedulerEvent) bool {
		return e.GetRescind().GetOfferId().GetValue() == o.Id.GetValue()
	})
}

// five subscribes and runs five tasks on one executor.
func five(t *testing.T, target Target, name string) (*scheduler, *mesospb.AgentID) {
	t.Helper()
	s := subscribe(t, target, aware())
	o := s.offerWith(0.6)
	s.must(accept(0, []*mesospb.Offer{o}, target.tasks(o, name)...))
	for i := range 5 {
		s.status(fmt.Sprint(name, "-", i), mesospb.TaskState_TASK_RUNNING)
	}
	return s, o.AgentId
}

func (target Target) tasks(o *mesospb.Offer, name string) (tasks []*mesospb.TaskInfo) {
	for i := range 5 {
		info := target.task(o, fmt.Sprint(name, "-", i), "ex-drain", running())
		info.KillPolicy = &mesospb.KillPolicy{GracePeriod: &mesospb.DurationInfo{Nanoseconds: proto.Int64(int64(time.Minute))}}
		tasks = append(tasks, info)
	}
	return tasks
}

// drain drains an agent, which is reactivated at the end in any case.
func (target Target) drain(t *testing.T, agent *mesospb.AgentID, grace int64) {
	t.Helper()
	t.Cleanup(func() { target.reactivate(t, agent) })
	call := &mesospb.MasterCall_DrainAgent{AgentId: agent}
	if grace > 0 {
		call.MaxGracePeriod = &mesospb.Duration{Seconds: proto.Int64(grace)}
	}
	target.operate(t, &mesospb.MasterCall{Type: mesospb.MasterCall_DRAIN_AGENT.Enum(), DrainAgent: call})
}
