package local

import (
	"net/http"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/credentials"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/httpapi"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// executorAPI is POST /api/v1/executor of an agent.
type executorAPI struct{ agent *agent }

// ServeHTTP serves one call.
func (x executorAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call, refusal := x.read(r)
	if refusal == nil && call.GetType() == mesospb.ExecutorCall_SUBSCRIBE {
		if refusal = x.serveStream(w, r, call); refusal == nil {
			return
		}
	}
	if refusal == nil && call.GetType() != mesospb.ExecutorCall_HEARTBEAT {
		if !x.agent.master.loop.Do(func() { refusal = x.perform(call) }) {
			refusal = agentEnding
		}
	}
	if refusal != nil {
		refusal.Write(w, `Bearer realm="mesos-agent-executor"`)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

var agentEnding = httpapi.Refuse(http.StatusServiceUnavailable, "the agent is ending")

// read returns the call of a request if its sender may make it.
func (x executorAPI) read(r *http.Request) (*mesospb.ExecutorCall, *httpapi.Refusal) {
	call, cfg := &mesospb.ExecutorCall{}, x.agent.master.cfg
	caller, refusal := x.authenticate(r)
	if refusal == nil {
		refusal = httpapi.ReadCall(r, call)
	}
	if refusal != nil {
		return nil, refusal
	}
	if asked := (executorKey{call.FrameworkId.GetValue(), call.ExecutorId.GetValue()}); cfg.authenticated() && caller != asked {
		return nil, httpapi.Refuse(http.StatusForbidden, "the token is that of executor %s of framework %s", caller.executor, caller.framework)
	}
	if problem := validate.ExecutorCall(call, cfg.old()); problem != "" {
		return nil, httpapi.Refuse(http.StatusBadRequest, "Failed to validate Executor::Call: %s", problem)
	}
	return call, nil
}

// authenticate returns the executor whose token the request shows. Tokens of executors
// that the agent has forgotten stay valid until they end, so they can be told so.
func (x executorAPI) authenticate(r *http.Request) (executorKey, *httpapi.Refusal) {
	if !x.agent.master.cfg.authenticated() {
		return executorKey{}, nil
	}
	token, has := credentials.Bearer(r)
	var key executorKey
	var issued bool
	if !x.agent.master.loop.Do(func() { key, issued = x.agent.executors.tokens[token] }) {
		return key, agentEnding
	}
	if !has || !issued {
		return key, httpapi.Refuse(http.StatusUnauthorized, "401 Unauthorized.")
	}
	return key, nil
}

// find returns the executor that made the call.
func (x executorAPI) find(call *mesospb.ExecutorCall) (*executor, *httpapi.Refusal) {
	a := x.agent
	if !a.link.running {
		return nil, httpapi.Refuse(http.StatusServiceUnavailable, "the agent is not running")
	}
	ex := a.executors.byKey[executorKey{call.FrameworkId.GetValue(), call.ExecutorId.GetValue()}]
	if ex != nil {
		return ex, nil
	}
	for key := range a.executors.byKey {
		if key.framework == call.FrameworkId.GetValue() {
			return nil, httpapi.Refuse(http.StatusBadRequest, "Executor cannot be found")
		}
	}
	return nil, httpapi.Refuse(http.StatusBadRequest, "Framework cannot be found")
}

// perform carries out a call of a subscribed executor.
func (x executorAPI) perform(call *mesospb.ExecutorCall) *httpapi.Refusal {
	ex, refusal := x.find(call)
	switch {
	case refusal != nil:
		return refusal
	case ex.stream == nil:
		return httpapi.Refuse(http.StatusForbidden, "Executor is not subscribed")
	case call.GetType() == mesospb.ExecutorCall_UPDATE:
		x.update(ex, call.Update.Status)
	case call.GetType() == mesospb.ExecutorCall_MESSAGE:
		x.message(ex, call.Message.Data)
	}
	return nil
}

// update keeps a status and confirms this to the executor. A status for
// another agent is dropped, as is every one of a framework that is gone.
func (x executorAPI) update(ex *executor, s *mesospb.TaskStatus) {
	a := x.agent
	if ex.abandoned || s.AgentId != nil && s.AgentId.GetValue() != a.id {
		return
	}
	a.statuses.keep(ex.framework, a.statuses.complete(ex, s))
	e := &mesospb.ExecutorEvent{
		Type:         mesospb.ExecutorEvent_ACKNOWLEDGED.Enum(),
		Acknowledged: &mesospb.ExecutorEvent_Acknowledged{TaskId: s.TaskId, Uuid: s.Uuid},
	}
	if d := a.master.faults.SlowAcknowledgements; d > 0 {
		a.master.loop.After(d, func() { ex.send(e) })
		return
	}
	ex.send(e)
}

// message passes data on to the scheduler; it is lost if the master does not hear the
// agent.
func (x executorAPI) message(ex *executor, data []byte) {
	if a := x.agent; a.link.heard() {
		ex.framework.send(&mesospb.SchedulerEvent{
			Type:    mesospb.SchedulerEvent_MESSAGE.Enum(),
			Message: &mesospb.SchedulerEvent_Message{AgentId: a.agentID(), ExecutorId: ex.info.ExecutorId, Data: notNil(data)},
		})
	}
}
