package local

import "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"

// executorOf returns an executor that the framework may speak to now.
func (m *master) executorOf(f *framework, agent *mesospb.AgentID, id *mesospb.ExecutorID) *executor {
	if a := m.agentOf[agent.GetValue()]; a != nil && a.connected {
		return a.executors[executorKey{f.id, id.GetValue()}]
	}
	return nil
}

// messageToExecutor hands data on; without an executor to take it, it is lost.
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

// notNil makes empty data distinct from missing data, which is required.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// shutdownExecutor is best effort: the executor reports its tasks' ends, or they
// follow from its own.
func (m *master) shutdownExecutor(f *framework, call *mesospb.SchedulerCall_Shutdown) {
	if ex := m.executorOf(f, call.AgentId, call.ExecutorId); ex != nil {
		ex.agent.tell(ex.shutdown)
	}
}
