package local

import "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"

// executorOf returns an executor that the framework may contact now.
func (m *master) executorOf(f *framework, agent *mesospb.AgentID, id *mesospb.ExecutorID) *executor {
	if a := m.agentOf[agent.GetValue()]; a != nil && a.connected {
		return a.executors[executorKey{f.id, id.GetValue()}]
	}
	return nil
}

// messageToExecutor forwards data; it is lost if no executor can take it.
func (m *master) messageToExecutor(f *framework, call *mesospb.SchedulerCall_Message) {
	ex := m.executorOf(f, call.AgentId, call.ExecutorId)
	if ex == nil || ex.phase != running {
		return
	}
	ex.agent.tell(func() {
		ex.send(&mesospb.ExecutorEvent{
			Type:    mesospb.ExecutorEvent_MESSAGE.Enum(),
			Message: &mesospb.ExecutorEvent_Message{Data: notNil(call.Data)},
		})
	})
}

func (a *agent) messageFromExecutor(ex *executor, data []byte) {
	if a.heard() {
		ex.framework.send(a.m, &mesospb.SchedulerEvent{
			Type:    mesospb.SchedulerEvent_MESSAGE.Enum(),
			Message: &mesospb.SchedulerEvent_Message{AgentId: a.agentID(), ExecutorId: ex.info.ExecutorId, Data: notNil(data)},
		})
	}
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
	if ex := m.executorOf(f, call.AgentId, call.ExecutorId); ex != nil {
		ex.agent.tell(ex.shutdown)
	}
}
