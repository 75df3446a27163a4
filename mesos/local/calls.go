package local

import (
	"slices"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// kill passes a KILL to the task's agent. A task that is unknown or unreachable is
// answered as by reconciliation, and the kill is forgotten.
func (m *master) kill(f *framework, call *mesospb.SchedulerCall_Kill) {
	t := f.tasks.byID[call.TaskId.GetValue()]
	switch {
	case t == nil || !t.unreachable.IsZero() || t.agent.link.recovering:
		m.agents.reconcileTask(f, call.TaskId, call.AgentId)
	case call.AgentId != nil && call.AgentId.GetValue() != t.agent.id:
	case !t.agent.link.connected:
		t.killed = call // for when the task returns
	default:
		t.agent.link.tell(func() { t.agent.executors.kill(t, call) })
	}
}

// messageToExecutor forwards data; it is lost if no executor can take it.
func (m *master) messageToExecutor(f *framework, call *mesospb.SchedulerCall_Message) {
	ex := m.agents.executor(f, call.AgentId, call.ExecutorId)
	if ex == nil || ex.phase != running {
		return
	}
	ex.agent.link.tell(func() {
		ex.send(&mesospb.ExecutorEvent{
			Type:    mesospb.ExecutorEvent_MESSAGE.Enum(),
			Message: &mesospb.ExecutorEvent_Message{Data: notNil(call.Data)},
		})
	})
}

// notNil turns missing data into empty data, as the field is required.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// shutdownExecutor is best effort: the executor reports the end of its tasks, or
// that follows from its own.
func (m *master) shutdownExecutor(f *framework, call *mesospb.SchedulerCall_Shutdown) {
	if ex := m.agents.executor(f, call.AgentId, call.ExecutorId); ex != nil {
		ex.agent.link.tell(ex.shutdown)
	}
}

// acknowledge passes an ACKNOWLEDGE to the agent, which continues with the next status.
func (m *master) acknowledge(f *framework, call *mesospb.SchedulerCall_Acknowledge) {
	a := m.agents.find(call.AgentId)
	if a == nil || !a.link.connected || m.faults.Happens(m.faults.SwallowAcknowledgements) {
		return
	}
	a.link.tell(func() { a.statuses.acknowledge(f, call) })
}

// reconcile answers with the states of the named tasks or, if none is named, of all
// live ones. Tasks on lost agents are answered only if named.
func (as *agents) reconcile(f *framework, call *mesospb.SchedulerCall_Reconcile) {
	if len(call.Tasks) == 0 {
		for _, t := range slices.Clone(f.tasks.order) {
			if t.unreachable.IsZero() && !t.agent.link.recovering {
				f.update(t.reconciled())
			}
		}
	}
	for _, asked := range call.Tasks {
		as.reconcileTask(f, asked.TaskId, asked.AgentId)
	}
}

func (as *agents) reconcileTask(f *framework, id *mesospb.TaskID, agent *mesospb.AgentID) {
	if t := f.tasks.byID[id.GetValue()]; t != nil && !t.agent.link.recovering {
		f.update(t.reconciled())
		return
	}
	state, text := mesospb.TaskState_TASK_UNKNOWN, "Reconciliation: Task is unknown"
	var since *mesospb.TimeInfo
	switch a := as.find(agent); {
	case a != nil && a.link.recovering || agent == nil && as.recovering():
		return // not known yet
	case agent == nil:
	case a != nil && a.link.removed:
		state, text = mesospb.TaskState_TASK_UNREACHABLE, "Reconciliation: Task is unreachable"
		since = &mesospb.TimeInfo{Nanoseconds: proto.Int64(a.link.removedAt.UnixNano())}
	case a != nil:
		state, text = mesospb.TaskState_TASK_GONE, "Reconciliation: Task is unknown to the agent"
	case as.gone[agent.GetValue()]:
		state = mesospb.TaskState_TASK_GONE_BY_OPERATOR
		text = "Reconciliation: Task is gone"
	}
	state = f.lost(state)
	f.update(&mesospb.TaskStatus{
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
