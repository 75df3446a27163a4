package local

import (
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/httpapi"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// stop ends the agent's process as kill -9 would: sockets break, executors keep
// running. The master notices at once, takes the offers back, and waits for it.
func (a *agent) stop() {
	a.link.running, a.link.silent, a.link.mailbox = false, false, nil
	a.mended.Stop()
	for _, ex := range a.executors.byKey {
		ex.timeout.Stop()
	}
	a.statuses.Pause()
	a.stopServer(httpapi.Cut)
	a.disconnect()
}

// disconnect is the master's part when the agent's socket breaks. A framework
// without checkpointing loses its tasks immediately.
func (a *agent) disconnect() {
	a.link.connected = false
	a.master.offers.rescindAll(a.capacity.offers)
	for _, f := range a.master.frameworks.order {
		if !f.info.GetCheckpoint() {
			a.loseTasks(f, f.lost(mesospb.TaskState_TASK_GONE), mesospb.TaskStatus_REASON_AGENT_DISCONNECTED, "Agent "+a.hostname+" disconnected")
			a.executors.orphanAll(f)
		}
	}
	a.expire()
}

// expire gives the agent up if it stays away.
func (a *agent) expire() {
	a.link.timeout.Stop()
	a.link.timeout = a.master.loop.After(a.master.cfg.AgentTimeout, a.lose)
}

// lose marks the agent unreachable: it is unknown whether its tasks still run.
func (a *agent) lose() {
	a.link.connected, a.link.removed, a.link.removedAt = false, true, time.Now()
	a.link.mailbox, a.link.recovering = nil, false
	if a.master.cfg.old() {
		a.loseForGood()
		return
	}
	for _, f := range a.master.frameworks.order {
		for _, t := range f.tasks.on(a) {
			if !terminal(t.latest) {
				t.unreachable = a.link.removedAt
				f.update(t.changed(f.lost(mesospb.TaskState_TASK_UNREACHABLE), mesospb.TaskStatus_REASON_AGENT_REMOVED, "health check timed out"))
			}
		}
	}
	a.master.offers.rescindAll(a.capacity.offers)
	a.announceLoss()
}

// announceLoss tells every framework that the agent is gone.
func (a *agent) announceLoss() {
	for _, f := range a.master.frameworks.order {
		f.fail(&mesospb.SchedulerEvent_Failure{AgentId: a.agentID()})
	}
}

// loseTasks ends the framework's tasks on this agent as far as the master is
// concerned.
func (a *agent) loseTasks(f *framework, s mesospb.TaskState, reason mesospb.TaskStatus_Reason, text string) {
	for _, t := range f.tasks.on(a) {
		if !terminal(t.state) {
			t.state, t.latest = s, s
			f.update(t.changed(s, reason, text))
		}
		t.remove()
	}
}

// unregister ends the agent for good in an orderly way: executors are shut down, but
// their last messages are no longer heard.
func (a *agent) unregister(byOperator bool) {
	text := "Agent " + a.hostname + " removed: the agent unregistered"
	lost, reason := mesospb.TaskState_TASK_GONE, mesospb.TaskStatus_REASON_AGENT_REMOVED
	if byOperator {
		lost, text = mesospb.TaskState_TASK_GONE_BY_OPERATOR, "Agent "+a.hostname+" removed: marked as gone"
		a.master.agents.gone[a.id] = true
	}
	a.master.offers.rescindAll(a.capacity.offers)
	a.link.connected = false
	for _, f := range a.master.frameworks.order {
		state, why := f.lost(lost), reason
		if byOperator && f.partitionAware() {
			why = mesospb.TaskStatus_REASON_AGENT_REMOVED_BY_OPERATOR
		}
		a.loseTasks(f, state, why, text)
		a.executors.abandon(f)
		a.executors.orphanAll(f)
	}
	a.announceLoss()
	a.link.timeout.Stop()
	delete(a.master.agents.byID, a.id)
	a.id, a.link.removed = "", false
	a.maintenance.clear()
	a.startAfresh()
}

// loseForGood gives an agent up as release 1.0 does: its tasks are forgotten.
func (a *agent) loseForGood() {
	a.master.offers.rescindAll(a.capacity.offers)
	for _, f := range a.master.frameworks.order {
		a.loseTasks(f, mesospb.TaskState_TASK_LOST, mesospb.TaskStatus_REASON_AGENT_REMOVED, "health check timed out")
	}
	a.announceLoss()
	delete(a.master.agents.byID, a.id)
}

// comeBackAnother brings such an agent back. The master orders it to shut down with
// all its executors; started again, it has another id.
func (a *agent) comeBackAnother() {
	for _, f := range a.master.frameworks.order {
		a.executors.abandon(f)
		a.executors.orphanAll(f)
	}
	a.id, a.link.removed, a.link.silent, a.link.mailbox = "", false, false, nil
	a.startAfresh()
	a.recount()
	a.register()
}

// startAfresh is what an agent does that will have another id: of all that it had, it
// keeps what is reserved there, with the volumes.
func (a *agent) startAfresh() {
	a.reservations.forget(anyOutcome)
	a.capacity.total = a.reservations.total
}
