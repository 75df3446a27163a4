package local

import (
	"bytes"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// acknowledge removes the first status of a stream if the call refers to it.
func (m *master) acknowledge(f *framework, call *mesospb.SchedulerCall_Acknowledge) {
	a := m.agentOf[call.AgentId.GetValue()]
	if a == nil || !a.connected || m.dice.happens(m.cfg.Faults.SwallowAcknowledgements) {
		return
	}
	a.tell(func() { a.acknowledge(f, call) })
}

// acknowledge continues with the next status.
func (a *agent) acknowledge(f *framework, call *mesospb.SchedulerCall_Acknowledge) {
	u := a.updates[updatesKey{f.id, call.TaskId.GetValue()}]
	if u == nil || len(u.pending) == 0 || !bytes.Equal(u.pending[0].Uuid, call.Uuid) {
		return
	}
	acknowledged := u.pending[0]
	u.pending, u.wait = u.pending[1:], 0
	u.retry.stop()
	if terminal(acknowledged.GetState()) && u.task != nil {
		a.m.removeTask(u.task)
		u.task = nil
		defer a.checkDrained()
	}
	if len(u.pending) == 0 && u.task == nil {
		delete(a.updates, u.key)
		return
	}
	a.forward(u)
}
