package local

import (
	"net/http"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/httpapi"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// serveStream subscribes and serves the stream until one side ends it.
func (x executorAPI) serveStream(w http.ResponseWriter, r *http.Request, call *mesospb.ExecutorCall) *httpapi.Refusal {
	l := x.agent.master.loop
	c, refusal := httpapi.AnswerCodec(r)
	if refusal != nil {
		return refusal
	}
	var q *httpapi.Queue
	var ex *executor
	if !l.Do(func() { q, ex, refusal = x.subscribe(call) }) {
		refusal = agentEnding
	}
	if refusal != nil {
		return refusal
	}
	defer l.Do(func() {
		if ex.stream == q {
			ex.stream = nil
		}
	})
	httpapi.ServeStream(w, r, c, q, nil, 0)
	return nil
}

// subscribe answers an executor's SUBSCRIBE and ends any earlier stream of it.
func (x executorAPI) subscribe(call *mesospb.ExecutorCall) (*httpapi.Queue, *executor, *httpapi.Refusal) {
	ex, refusal := x.find(call)
	if refusal != nil {
		return nil, nil, refusal
	}
	q := httpapi.NewQueue()
	// An executor whose only tasks were killed before it subscribed is not needed.
	// (MESOS-8411)
	if ex.phase == registering && len(ex.queued) == 0 && !ex.hadTask {
		ex.shutdown()
	}
	ex.closeStream(httpapi.Closed)
	if ex.phase == terminating {
		q.Send(&mesospb.ExecutorEvent{Type: mesospb.ExecutorEvent_SHUTDOWN.Enum()})
		q.End(httpapi.Closed)
		return q, ex, nil
	}
	ex.phase = running
	ex.timeout.Stop()
	ex.stream = q
	subscribed := &mesospb.ExecutorEvent_Subscribed{ExecutorInfo: ex.info, FrameworkInfo: ex.framework.info, AgentInfo: x.agent.info(x.agent.capacity.total)}
	if !x.agent.master.cfg.old() {
		subscribed.ContainerId = &mesospb.ContainerID{Value: &ex.container}
	}
	ex.send(&mesospb.ExecutorEvent{Type: mesospb.ExecutorEvent_SUBSCRIBED.Enum(), Subscribed: subscribed})
	for _, u := range call.Subscribe.UnacknowledgedUpdates {
		if validate.Update(call, u.Status) == "" {
			x.update(ex, u.Status)
		}
	}
	x.agent.executors.dropUnreceived(ex, call.Subscribe.UnacknowledgedTasks)
	for _, b := range ex.queued {
		ex.deliver(b)
	}
	ex.queued = nil
	return q, ex, nil
}
