package local

import (
	"slices"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// reconcile answers with the states of the named tasks or, if none is named, of all
// live ones. Tasks on lost agents are answered only if named.
func (m *master) reconcile(f *framework, call *mesospb.SchedulerCall_Reconcile) {
	if len(call.Tasks) == 0 {
		for _, t := range slices.Clone(f.taskOrder) {
			if t.unreachable.IsZero() && !t.agent.recovering {
				m.update(f, t.reconciled())
			}
		}
	}
	for _, asked := range call.Tasks {
		m.reconcileTask(f, asked.TaskId, asked.AgentId)
	}
}

func (m *master) reconcileTask(f *framework, id *mesospb.TaskID, agent *mesospb.AgentID) {
	if t := f.tasks[id.GetValue()]; t != nil && !t.agent.recovering {
		m.update(f, t.reconciled())
		return
	}
	state, text := mesospb.TaskState_TASK_UNKNOWN, "Reconciliation: Task is unknown"
	var since *mesospb.TimeInfo
	switch a := m.agentOf[agent.GetValue()]; {
	case a != nil && a.recovering || agent == nil && m.recovering():
		return // not known yet
	case agent == nil:
	case a != nil && a.removed:
		state, text = mesospb.TaskState_TASK_UNREACHABLE, "Reconciliation: Task is unreachable"
		since = &mesospb.TimeInfo{Nanoseconds: proto.Int64(a.removedAt.UnixNano())}
	case a != nil:
		state, text = mesospb.TaskState_TASK_GONE, "Reconciliation: Task is unknown to the agent"
	case m.gone[agent.GetValue()]:
		state = mesospb.TaskState_TASK_GONE_BY_OPERATOR
		text = "Reconciliation: Task is gone"
	}
	state = f.lost(state)
	m.update(f, &mesospb.TaskStatus{
		TaskId: id, AgentId: agent, State: &state, Message: &text, UnreachableTime: since, Timestamp: now(),
		Source: mesospb.TaskStatus_SOURCE_MASTER.Enum(), Reason: mesospb.TaskStatus_REASON_RECONCILIATION.Enum(),
	})
}

// reconciled returns the answer for a known task: what the scheduler was last told,
// without the parts that belong to a single status.
func (t *task) reconciled() *mesospb.TaskStatus {
	state, text := t.state, "Reconciliation: Latest task state"
	s := &mesospb.TaskStatus{
		TaskId: t.info.TaskId, AgentId: t.info.AgentId, ExecutorId: t.info.Executor.ExecutorId, Timestamp: now(),
		Source: mesospb.TaskStatus_SOURCE_MASTER.Enum(), Reason: mesospb.TaskStatus_REASON_RECONCILIATION.Enum(),
	}
	if t.last != nil {
		s.Healthy, s.Labels, s.ContainerStatus = t.last.Healthy, t.last.Labels, t.last.ContainerStatus
	}
	if !t.unreachable.IsZero() {
		state, text = t.framework.lost(mesospb.TaskState_TASK_UNREACHABLE), "Reconciliation: Task is unreachable"
		s.UnreachableTime = &mesospb.TimeInfo{Nanoseconds: proto.Int64(t.unreachable.UnixNano())}
	}
	s.State, s.Message = &state, &text
	return s
}

// kill passes a KILL to the task's agent. A task that is unknown or unreachable is
// answered as by reconciliation, and the kill is forgotten.
func (m *master) kill(f *framework, call *mesospb.SchedulerCall_Kill) {
	t := f.tasks[call.TaskId.GetValue()]
	switch {
	case t == nil || !t.unreachable.IsZero() || t.agent.recovering:
		m.reconcileTask(f, call.TaskId, call.AgentId)
	case call.AgentId != nil && call.AgentId.GetValue() != t.agent.id:
	case !t.agent.connected:
		t.killed = call // for when the task returns
	default:
		t.agent.tell(func() { t.agent.kill(t, call) })
	}
}
