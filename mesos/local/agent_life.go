package local

import (
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// stop ends the agent's process as kill -9 would: sockets break, executors live
// on. The master notices at once, takes the offers back, and waits for it.
func (a *agent) stop() {
	a.running, a.silent, a.mailbox = false, false, nil
	for _, ex := range a.executors {
		ex.timeout.stop()
	}
	for _, u := range a.updates {
		u.retry.stop()
	}
	a.stopServer(cut)
	a.disconnect()
}

// disconnect is the master's part when the agent's socket breaks. Without
// checkpointing a framework loses its tasks there and then.
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

// expire gives the agent up when it stays away.
func (a *agent) expire() {
	a.timeout.stop()
	a.timeout = a.m.after(a.m.cfg.AgentTimeout, a.lose)
}

// lose marks the agent unreachable: its tasks may still run, nobody knows.
func (a *agent) lose() {
	a.connected, a.removed, a.removedAt = false, true, time.Now()
	a.mailbox = nil
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

// changed is a status of the master's own about a task that was launched.
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

// restart runs the agent's process again, at the same address. It recovers the
// executors of checkpointing frameworks, gives them their time to subscribe
// again, and only then registers.
func (a *agent) restart() error {
	l, err := net.Listen("tcp", a.endpoint)
	if err != nil {
		return fmt.Errorf("agent %s cannot be started again: %w", a.hostname, err)
	}
	a.listener, a.running = l, true
	for _, ex := range a.orphans {
		ex.cancel()
	}
	a.serve()
	window := a.m.cfg.ReregistrationTimeout
	waiting := false
	for _, ex := range a.executorsInOrder() {
		if ex.status != nil {
			ex.exited(*ex.status, nil)
			continue
		}
		waiting = true
		ex.awaitSubscription(window, verdict{ex.framework.lost(mesospb.TaskState_TASK_GONE), mesospb.TaskStatus_REASON_EXECUTOR_REREGISTRATION_TIMEOUT,
			"Executor did not reregister within " + mesosDuration(window)})
	}
	if !waiting {
		a.comeBack()
		return nil
	}
	a.m.after(window, func() {
		if a.running && a.listener == l {
			a.comeBack()
		}
	})
	return nil
}

// comeBack registers the agent again. If the master had given it up, its tasks
// are told as living again.
func (a *agent) comeBack() {
	a.timeout.stop()
	wasRemoved := a.removed
	a.removed, a.silent = false, false
	a.dropUnknown()
	a.count()
	for _, f := range a.m.order {
		for _, t := range slices.Clone(f.taskOrder) {
			switch {
			case t.agent != a:
			case !t.received && len(a.mailbox) == 0:
				a.loseTask(t)
			case wasRemoved && !t.unreachable.IsZero():
				t.unreachable = time.Time{}
				a.m.update(f, t.changed(t.state, mesospb.TaskStatus_REASON_AGENT_REREGISTERED, "Unreachable agent re-reregistered"))
			}
		}
	}
	a.register()
	mail := a.mailbox
	a.mailbox = nil
	for _, f := range mail {
		f()
	}
	for _, f := range a.m.order {
		for _, u := range a.updatesInOrder(f) {
			u.wait = 0
			a.forward(u)
		}
		for _, t := range slices.Clone(f.taskOrder) {
			if call := t.killed; call != nil && t.agent == a {
				t.killed = nil
				a.kill(t, call)
			}
		}
	}
}

// dropUnknown forgets executors that the agent never heard of, and shuts down
// those of frameworks that are gone meanwhile.
func (a *agent) dropUnknown() {
	for _, ex := range a.executorsInOrder() {
		switch {
		case !ex.launched && len(a.mailbox) == 0:
			delete(a.executors, ex.key())
		case a.m.frameworks[ex.framework.id] != ex.framework:
			ex.abandoned = true
			ex.shutdown()
		}
	}
}

// loseTask ends a task that the agent, back again, has never heard of.
func (a *agent) loseTask(t *task) {
	s := t.framework.lost(mesospb.TaskState_TASK_DROPPED)
	t.state, t.latest, t.unreachable = s, s, time.Time{}
	a.m.update(t.framework, t.changed(s, mesospb.TaskStatus_REASON_RECONCILIATION, "Reconciliation: Task is unknown to the agent"))
	a.m.removeTask(t)
}

// count works out anew what is free.
func (a *agent) count() {
	a.free = a.total
	take := func(rs []*mesospb.Resource) {
		if rest, ok := resources.Subtract(a.free, rs); ok {
			a.free = rest
		}
	}
	for _, ex := range a.executors {
		take(resources.Allocated(ex.info.Resources, ""))
	}
	for _, f := range a.m.order {
		for _, t := range f.taskOrder {
			if t.agent == a {
				take(t.used)
			}
		}
	}
	for _, o := range a.offers {
		take(o.resources)
	}
}

// unregister ends the agent for good and in order: executors are shut down, but
// what they still say is not heard any more.
func (a *agent) unregister(byOperator bool) {
	text := "Agent " + a.hostname + " removed: the agent unregistered"
	lost, reason := mesospb.TaskState_TASK_GONE, mesospb.TaskStatus_REASON_AGENT_REMOVED
	if byOperator {
		lost, text = mesospb.TaskState_TASK_GONE_BY_OPERATOR, "Agent "+a.hostname+" removed: marked as gone"
		a.m.gone[a.id] = true
	}
	for _, o := range inOrder(a.offers) {
		a.m.rescind(o)
	}
	a.connected = false
	for _, f := range a.m.order {
		state, why := f.lost(lost), reason
		if byOperator && f.partitionAware() {
			why = mesospb.TaskStatus_REASON_AGENT_REMOVED_BY_OPERATOR
		}
		a.loseTasks(f, state, why, text)
		a.removeFramework(f)
		a.orphan(f)
	}
	a.announceLoss()
	a.timeout.stop()
	delete(a.m.agentOf, a.id)
	a.id, a.removed = "", false
}
