package local

import (
	"net/http"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// executorAPI serves POST /api/v1/executor of an agent.
func (a *agent) executorAPI(w http.ResponseWriter, r *http.Request) {
	call := &mesospb.ExecutorCall{}
	who, no := a.bearer(r)
	if no == nil {
		no = readCall(r, call)
	}
	if asked := (executorKey{call.FrameworkId.GetValue(), call.ExecutorId.GetValue()}); no == nil && a.m.cfg.authenticated() && who != asked {
		no = fail(http.StatusForbidden, "the token is that of executor %s of framework %s", who.executor, who.framework)
	}
	if no == nil {
		no = a.validateExecutorCall(call)
	}
	if no == nil && call.GetType() == mesospb.ExecutorCall_SUBSCRIBE {
		if no = a.serveExecutor(w, r, call); no == nil {
			return
		}
	}
	if no == nil && call.GetType() != mesospb.ExecutorCall_HEARTBEAT {
		if !a.m.do(func() { no = a.executorCall(call) }) {
			no = fail(http.StatusServiceUnavailable, "the agent is ending")
		}
	}
	if no != nil {
		switch no.status {
		case http.StatusMethodNotAllowed:
			w.Header().Set("Allow", http.MethodPost)
		case http.StatusUnauthorized:
			w.Header().Set("WWW-Authenticate", `Bearer realm="mesos-agent-executor"`)
		}
		no.write(w)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

func (a *agent) validateExecutorCall(c *mesospb.ExecutorCall) *failure {
	missing := ""
	switch {
	case c.Type == nil || c.GetType() == mesospb.ExecutorCall_UNKNOWN,
		c.GetType() == mesospb.ExecutorCall_HEARTBEAT && a.m.cfg.old():
		missing = "type"
	case c.GetType() == mesospb.ExecutorCall_SUBSCRIBE && c.Subscribe == nil:
		missing = "subscribe"
	case c.GetType() == mesospb.ExecutorCall_UPDATE && c.Update == nil:
		missing = "update"
	case c.GetType() == mesospb.ExecutorCall_MESSAGE && c.Message == nil:
		missing = "message"
	}
	if missing != "" {
		return fail(http.StatusBadRequest, "Failed to validate Executor::Call: Expecting '%s' to be present", missing)
	}
	if c.Update != nil {
		return validateUpdate(c, c.Update.Status)
	}
	return nil
}

func validateUpdate(c *mesospb.ExecutorCall, s *mesospb.TaskStatus) *failure {
	problem := ""
	switch {
	case len(s.Uuid) == 0:
		problem = "Expecting 'uuid' to be present"
	case len(s.Uuid) != 16:
		problem = "'uuid' is no UUID of 16 bytes"
	case s.Source == nil || s.GetSource() != mesospb.TaskStatus_SOURCE_EXECUTOR:
		problem = "'source' must be SOURCE_EXECUTOR"
	case s.ExecutorId != nil && s.ExecutorId.GetValue() != c.ExecutorId.GetValue():
		problem = "ExecutorID in Call differs from the one in the status"
	case s.GetState() == mesospb.TaskState_TASK_STAGING:
		problem = "TASK_STAGING is no state for an executor to send"
	}
	if problem == "" {
		return nil
	}
	return fail(http.StatusBadRequest, "Failed to validate Executor::Call: %s", problem)
}

// find returns the executor that made the call.
func (a *agent) find(call *mesospb.ExecutorCall) (*executor, *failure) {
	if !a.running {
		return nil, fail(http.StatusServiceUnavailable, "the agent is not running")
	}
	ex := a.executors[executorKey{call.FrameworkId.GetValue(), call.ExecutorId.GetValue()}]
	if ex != nil {
		return ex, nil
	}
	for key := range a.executors {
		if key.framework == call.FrameworkId.GetValue() {
			return nil, fail(http.StatusBadRequest, "Executor cannot be found")
		}
	}
	return nil, fail(http.StatusBadRequest, "Framework cannot be found")
}

func (a *agent) executorCall(call *mesospb.ExecutorCall) *failure {
	ex, no := a.find(call)
	switch {
	case no != nil:
		return no
	case ex.stream == nil:
		return fail(http.StatusForbidden, "Executor is not subscribed")
	case call.GetType() == mesospb.ExecutorCall_UPDATE:
		a.executorUpdate(ex, call.Update.Status)
	case call.GetType() == mesospb.ExecutorCall_MESSAGE:
		a.messageFromExecutor(ex, call.Message.Data)
	}
	return nil
}

// executorUpdate keeps a status and confirms this to the executor. A status for
// another agent is dropped, as is every one of a framework that is gone.
func (a *agent) executorUpdate(ex *executor, s *mesospb.TaskStatus) {
	if ex.abandoned || s.AgentId != nil && s.AgentId.GetValue() != a.id {
		return
	}
	a.keep(ex.framework, a.complete(ex, s))
	e := &mesospb.ExecutorEvent{
		Type:         mesospb.ExecutorEvent_ACKNOWLEDGED.Enum(),
		Acknowledged: &mesospb.ExecutorEvent_Acknowledged{TaskId: s.TaskId, Uuid: s.Uuid},
	}
	if d := a.m.cfg.Faults.SlowAcknowledgements; d > 0 {
		a.m.after(d, func() { ex.send(e) })
		return
	}
	ex.send(e)
}
