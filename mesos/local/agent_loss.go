package local

import (
	"slices"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// stop ends the agent's process as kill -9 would: sockets break, executors keep
// running. The master notices at once, takes the offers back, and waits for it.
func (a *agent) stop() {
	a.running, a.silent, a.mailbox = false, false, nil
	a.mended.stop()
	for _, ex := range a.executors {
		ex.timeout.stop()
	}
	for _, u := range a.updates {
		u.retry.stop()
	}
	a.stopServer(cut)
	a.disconnect()
}

// disconnect is the master's part when the agent's socket breaks. A framework
// without checkpointing loses its tasks immediately.
func (a *agent) disconnect() {
	a.connected = false
	for _, o := range inOrder(a.offers) {
		a.m.rescind(o)
	}
	for _, f := range a.m.order {
		if !f.info.GetCheckpoint() {
			a.loseTasks(f, f.lost(mesospb.TaskState_TASK_GONE), mesospb.TaskStatus_REASON_AGENT_DISCONNECTED, "Agent "+a.hostname+" disconnected")
			a.orphan(f)
		}
	}
	a.expire()
}

// orphan forgets executors whose framework does not checkpoint.
func (a *agent) orphan(f *framework) {
	for _, ex := range a.executorsInOrder() {
		if ex.framework == f {
			ex.abandoned = true
			delete(a.executors, ex.key())
			if ex.status == nil {
				a.orphans = append(a.orphans, ex)
			}
		}
	}
	for key, u := range a.updates {
		if key.framework == f.id {
			u.retry.stop()
			delete(a.updates, key)
		}
	}
}

// expire gives the agent up if it stays away.
func (a *agent) expire() {
	a.timeout.stop()
	a.timeout = a.m.after(a.m.cfg.AgentTimeout, a.lose)
}

// lose marks the agent unreachable: it is unknown whether its tasks still run.
func (a *agent) lose() {
	a.connected, a.removed, a.removedAt = false, true, time.Now()
	a.mailbox, a.recovering = nil, false
	if a.m.cfg.old() {
		a.loseForGood()
		return
	}
	for _, f := range a.m.order {
		for _, t := range slices.Clone(f.taskOrder) {
			if t.agent == a && !terminal(t.latest) {
				t.unreachable = a.removedAt
				a.m.update(f, t.changed(f.lost(mesospb.TaskState_TASK_UNREACHABLE), mesospb.TaskStatus_REASON_AGENT_REMOVED, "health check timed out"))
			}
		}
	}
	for _, o := range inOrder(a.offers) {
		a.m.rescind(o)
	}
	a.announceLoss()
}

// announceLoss tells every framework that the agent is gone.
func (a *agent) announceLoss() {
	for _, f := range a.m.order {
		f.send(a.m, &mesospb.SchedulerEvent{
			Type:    mesospb.SchedulerEvent_FAILURE.Enum(),
			Failure: &mesospb.SchedulerEvent_Failure{AgentId: a.agentID()},
		})
	}
}

// changed returns one of the master's own statuses about a launched task.
func (t *task) changed(s mesospb.TaskState, reason mesospb.TaskStatus_Reason, text string) *mesospb.TaskStatus {
	status := &mesospb.TaskStatus{
		TaskId: t.info.TaskId, AgentId: t.info.AgentId, ExecutorId: t.info.Executor.ExecutorId, State: &s,
		Source: mesospb.TaskStatus_SOURCE_MASTER.Enum(), Reason: &reason, Message: &text, Timestamp: now(),
	}
	if !t.unreachable.IsZero() {
		status.UnreachableTime = &mesospb.TimeInfo{Nanoseconds: proto.Int64(t.unreachable.UnixNano())}
	}
	if t.last != nil && reason == mesospb.TaskStatus_REASON_AGENT_REREGISTERED {
		status.ContainerStatus = t.last.ContainerStatus
	}
	return status
}

// loseTasks ends the framework's tasks on this agent as far as the master is
// concerned.
func (a *agent) loseTasks(f *framework, s mesospb.TaskState, reason mesospb.TaskStatus_Reason, text string) {
	for _, t := range slices.Clone(f.taskOrder) {
		if t.agent != a {
			continue
		}
		if !terminal(t.state) {
			t.state, t.latest = s, s
			a.m.update(f, t.changed(s, reason, text))
		}
		a.m.removeTask(t)
	}
}
