package local

import (
	"net/http"
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// serveExecutor subscribes and serves the stream until one side ends it.
func (a *agent) serveExecutor(w http.ResponseWriter, r *http.Request, call *mesospb.ExecutorCall) *failure {
	c, no := streamCodec(r)
	if no != nil {
		return no
	}
	var q *queue
	var ex *executor
	if !a.m.do(func() { q, ex, no = a.subscribe(call) }) {
		no = fail(http.StatusServiceUnavailable, "the agent is ending")
	}
	if no != nil {
		return no
	}
	defer a.m.do(func() {
		if ex.stream == q {
			ex.stream = nil
		}
	})
	serveStream(w, r, c, q, nil, 0)
	return nil
}

// subscribe answers an executor's SUBSCRIBE and ends any earlier stream of it.
func (a *agent) subscribe(call *mesospb.ExecutorCall) (*queue, *executor, *failure) {
	ex, no := a.find(call)
	if no != nil {
		return nil, nil, no
	}
	q := newQueue()
	// An executor whose only tasks were killed before it subscribed is not needed.
	// (MESOS-8411)
	if ex.phase == registering && len(ex.queued) == 0 && !ex.hadTask {
		ex.shutdown()
	}
	ex.closeStream(closed)
	if ex.phase == terminating {
		q.send(&mesospb.ExecutorEvent{Type: mesospb.ExecutorEvent_SHUTDOWN.Enum()})
		q.end(closed)
		return q, ex, nil
	}
	ex.phase = running
	ex.timeout.stop()
	ex.stream = q
	subscribed := &mesospb.ExecutorEvent_Subscribed{ExecutorInfo: ex.info, FrameworkInfo: ex.framework.info, AgentInfo: a.info()}
	if !a.m.cfg.old() {
		subscribed.ContainerId = &mesospb.ContainerID{Value: &ex.container}
	}
	ex.send(&mesospb.ExecutorEvent{Type: mesospb.ExecutorEvent_SUBSCRIBED.Enum(), Subscribed: subscribed})
	for _, u := range call.Subscribe.UnacknowledgedUpdates {
		if validateUpdate(call, u.Status) == nil {
			a.executorUpdate(ex, u.Status)
		}
	}
	a.dropUnreceived(ex, call.Subscribe.UnacknowledgedTasks)
	for _, b := range ex.queued {
		ex.deliver(b)
	}
	ex.queued = nil
	return q, ex, nil
}

// dropUnreceived ends tasks that were sent but that the returning executor does not
// know.
func (a *agent) dropUnreceived(ex *executor, known []*mesospb.TaskInfo) {
	for _, t := range slices.Clone(ex.tasks) {
		has := slices.ContainsFunc(known, func(i *mesospb.TaskInfo) bool { return i.TaskId.GetValue() == t.id() })
		if t.delivered && t.latest == mesospb.TaskState_TASK_STAGING && !has {
			a.own(t, t.framework.lost(mesospb.TaskState_TASK_DROPPED), mesospb.TaskStatus_REASON_AGENT_RESTARTED, "Task launched during agent restart")
		}
	}
}
