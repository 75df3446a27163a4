package framework

import (
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
)

// killedByDrain sends the status of a task that a drain has killed: the executor's,
// with the agent's reason.
func (w *harness) killedByDrain(t *mesospb.TaskInfo) {
	w.Helper()
	w.mesos.Event(&mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_UPDATE.Enum(), Update: &mesospb.SchedulerEvent_Update{Status: &mesospb.TaskStatus{
		TaskId: t.TaskId, AgentId: t.AgentId, State: mesospb.TaskState_TASK_KILLED.Enum(), Source: mesospb.TaskStatus_SOURCE_EXECUTOR.Enum(),
		Reason: mesospb.TaskStatus_REASON_AGENT_DRAINING.Enum(), Uuid: []byte("u-drain"),
	}}})
}

func (w *harness) executorEnds(t *mesospb.TaskInfo) {
	w.mesos.Event(&mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_FAILURE.Enum(), Failure: &mesospb.SchedulerEvent_Failure{
		AgentId: t.AgentId, ExecutorId: t.Executor.ExecutorId,
	}})
}

func state(agent string, deactivated bool, drain *mesospb.DrainInfo) *mesospb.MasterResponse_GetAgents_Agent {
	return &mesospb.MasterResponse_GetAgents_Agent{
		AgentInfo: &mesospb.AgentInfo{Id: &mesospb.AgentID{Value: &agent}, Hostname: proto.String("host-s1")}, Active: proto.Bool(!deactivated),
		Version: proto.String("1.11.0"), Deactivated: &deactivated, DrainInfo: drain,
	}
}

// A drained agent: its executor is ended with its last task, its Node is cordoned
// until the agent is active again, and a task that is dropped meanwhile is launched
// only when no executor is left there.
func TestDrain(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start()
	w.post(makePod("a"))
	w.offers(has("S1", four))
	_, first := w.launch()
	w.update(first[0], mesospb.TaskState_TASK_RUNNING)
	w.call(mesospb.SchedulerCall_ACKNOWLEDGE)
	w.offers()

	info := &mesospb.DrainInfo{State: mesospb.DrainState_DRAINING.Enum(), Config: &mesospb.DrainConfig{}}
	w.master.say(state("S1", true, info))
	w.killedByDrain(first[0])
	if got := w.call(mesospb.SchedulerCall_SHUTDOWN).GetShutdown(); got.GetAgentId().GetValue() != "S1" {
		t.Errorf("shut down %v", got)
	}
	w.eventually("the Node is cordoned", func() bool {
		n := w.node("host-s1")
		return n.Spec.Unschedulable && tainted(n, nodes.TaintDeactivated)
	})

	// Reactivated while the executor ends: the task is dropped.
	w.master.say(state("S1", false, nil))
	w.post(makePod("b"))
	w.offers(has("S1", four, withExecutor))
	w.call(mesospb.SchedulerCall_DECLINE)
	w.call(mesospb.SchedulerCall_SHUTDOWN)
	w.offers()
	w.executorEnds(first[0])
	w.offers(has("S1", four))
	if _, second := w.launch(); second[0].GetTaskId().GetValue() != "uid-b.1" {
		t.Errorf("launched %v", second[0].GetTaskId())
	}
	w.eventually("the Node is as before", func() bool {
		n := w.node("host-s1")
		return !n.Spec.Unschedulable && !tainted(n, nodes.TaintDeactivated) && n.Annotations[nodes.AnnotationCordoned] == ""
	})
}

// An agent that is deactivated without a drain: its Node is cordoned, its executor
// stays.
func TestDeactivated(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start()
	w.post(makePod("a"))
	w.offers(has("S1", four))
	_, tasks := w.launch()
	w.update(tasks[0], mesospb.TaskState_TASK_RUNNING)
	w.offers()
	w.master.say(state("S1", true, nil))
	w.frame.askStates <- struct{}{}
	w.eventually("the Node is cordoned", func() bool { return w.node("host-s1").Spec.Unschedulable })
	w.master.say(state("S1", false, nil))
	w.frame.askStates <- struct{}{}
	w.eventually("the Node is open", func() bool { return !w.node("host-s1").Spec.Unschedulable })
	if i := w.journal.index("send SHUTDOWN"); i >= 0 {
		t.Error("its executor was shut down")
	}

}

// A task that a drain has killed shows a deactivated agent only where the master
// does not: the last ones may end after the agent was reactivated.
func TestKilledByDrainAfterReactivation(t *testing.T) {
	t.Parallel()
	for _, answered := range []bool{false, true} {
		f, err := New(newHarness(t).config())
		if err != nil {
			t.Fatal(err)
		}
		l := f.newLoop(records.Records{}, &recordedJobs{})
		l.offered([]*mesospb.Offer{makeOffer("o1", "S1", four, withExecutor)})
		if answered {
			l.drains.compare(agentStates{f.clock.now(), []*mesospb.MasterResponse_GetAgents_Agent{state("S1", false, nil)}})
		}
		a := l.agents.byID["S1"]
		l.drains.updated(a, &mesospb.TaskStatus{State: mesospb.TaskState_TASK_KILLED.Enum(), Reason: mesospb.TaskStatus_REASON_AGENT_DRAINING.Enum()})
		if a.deactivated == answered || !a.Draining {
			t.Errorf("the master has answered %t: deactivated %t, draining %t", answered, a.deactivated, a.Draining)
		}
	}
}

// The framework is started again while an agent is deactivated, and again when it is
// active, though it has nothing to offer: its Node shows how it is, and keeps its
// labels.
func TestDeactivatedOverRestarts(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start()
	w.post(makePod("a"))
	w.offers(has("S1", four, func(o *mesospb.Offer) {
		o.Attributes = []*mesospb.Attribute{{Name: proto.String("rack"), Type: mesospb.Value_TEXT.Enum(), Text: &mesospb.Value_Text{Value: proto.String("r1")}}}
	}))
	_, tasks := w.launch()
	w.update(tasks[0], mesospb.TaskState_TASK_RUNNING)
	w.offers()
	for _, deactivated := range []bool{false, true, true, false} {
		w.kill()
		w.start()
		w.master.say(state("S1", deactivated, nil))
		w.frame.askStates <- struct{}{}
		w.eventually("the Node shows how the agent is", func() bool {
			n := w.node("host-s1")
			return n.Spec.Unschedulable == deactivated && tainted(n, nodes.TaintDeactivated) == deactivated
		})
		if n := w.node("host-s1"); n.Labels[nodes.LabelAttribute+"rack"] != "r1" {
			t.Errorf("deactivated %t: labels %v", deactivated, n.Labels)
		}
	}
}

func tainted(n *v1.Node, key string) bool {
	for _, taint := range n.Spec.Taints {
		if taint.Key == key {
			return true
		}
	}
	return false
}
