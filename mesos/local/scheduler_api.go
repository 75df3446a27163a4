package local

import (
	"net/http"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/credentials"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/httpapi"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// schedulerAPI is POST /api/v1/scheduler.
type schedulerAPI struct{ master *master }

var masterEnding = httpapi.Refuse(http.StatusServiceUnavailable, "the master is ending")

// ServeHTTP serves one call.
func (s schedulerAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	principal, call, refusal := s.read(r)
	if refusal == nil && call.GetType() == mesospb.SchedulerCall_SUBSCRIBE {
		if refusal = s.serveStream(w, r, call, principal); refusal == nil {
			return
		}
	}
	lost := false
	if refusal == nil {
		stream, present := r.Header["Mesos-Stream-Id"]
		if !s.master.loop.Do(func() { refusal, lost = s.admit(call, principal, strings.Join(stream, ""), present) }) {
			refusal = masterEnding
		}
	}
	switch {
	case lost:
		panic(http.ErrAbortHandler)
	case refusal != nil:
		refusal.Write(w, `Basic realm="mesos-master-scheduler"`)
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}

// read returns the call of a request and who made it.
func (s schedulerAPI) read(r *http.Request) (principal string, call *mesospb.SchedulerCall, refusal *httpapi.Refusal) {
	principal, ok := credentials.Secrets(s.master.cfg.Credentials).Authenticate(r)
	if !ok {
		return "", nil, httpapi.Refuse(http.StatusUnauthorized, "401 Unauthorized.")
	}
	call = &mesospb.SchedulerCall{}
	if refusal := httpapi.ReadCall(r, call); refusal != nil {
		return "", nil, refusal
	}
	if s.master.cfg.old() {
		if problem := validate.OldCall(call, r.Header.Get("Content-Type") == httpapi.JSON); problem != "" {
			return "", nil, httpapi.Refuse(http.StatusBadRequest, "%s", problem)
		}
	}
	if problem := validate.SchedulerCall(call); problem != "" {
		return "", nil, httpapi.Refuse(http.StatusBadRequest, "Failed to validate scheduler::Call: %s", problem)
	}
	return principal, call, nil
}

// serveStream subscribes and serves the stream until one side ends it.
func (s schedulerAPI) serveStream(w http.ResponseWriter, r *http.Request, call *mesospb.SchedulerCall, principal string) *httpapi.Refusal {
	m := s.master
	c, refusal := httpapi.AnswerCodec(r)
	if refusal != nil {
		return refusal
	}
	if _, present := r.Header["Mesos-Stream-Id"]; present {
		return httpapi.Refuse(http.StatusBadRequest, "Subscribe calls should not include the 'Mesos-Stream-Id' header")
	}
	if p := call.Subscribe.FrameworkInfo.Principal; len(m.cfg.Credentials) > 0 && p != nil && *p != principal {
		return httpapi.Refuse(http.StatusBadRequest, "Authenticated principal '%s' does not match principal '%s' set in `FrameworkInfo`", principal, *p)
	}
	var q *httpapi.Queue
	var f *framework
	var id string
	ending := false
	if !m.loop.Do(func() {
		if ending = m.ending; !ending {
			q, f, id = m.subscribe(subscription{call.Subscribe, principal})
		}
	}) || ending {
		return masterEnding
	}
	defer m.loop.Do(func() {
		if f != nil {
			m.disconnected(f, q)
		}
	})
	w.Header().Set("Mesos-Stream-Id", id)
	beat := &mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_HEARTBEAT.Enum()}
	httpapi.ServeStream(w, r, c, q, beat, m.cfg.HeartbeatInterval)
	return nil
}

// admit carries out a call of a subscribed framework. lost means that it
// did, but the answer must not arrive.
func (s schedulerAPI) admit(call *mesospb.SchedulerCall, principal, streamID string, hasStream bool) (refusal *httpapi.Refusal, lost bool) {
	m := s.master
	f := m.frameworks.byID[call.GetFrameworkId().GetValue()]
	switch {
	case m.ending || m.faults.Happens(m.faults.RefuseCalls):
		return httpapi.Refuse(http.StatusServiceUnavailable, "the master is not available"), false
	case f == nil:
		return httpapi.Refuse(http.StatusBadRequest, "Framework cannot be found"), false
	case f.principal != principal:
		return httpapi.Refuse(http.StatusBadRequest, "Authenticated principal '%s' does not match principal '%s' set in `FrameworkInfo`", principal, f.principal), false
	case f.stream == nil:
		return httpapi.Refuse(http.StatusForbidden, "Framework is not subscribed"), false
	case !hasStream:
		return httpapi.Refuse(http.StatusBadRequest, "All non-subscribe calls should include the 'Mesos-Stream-Id' header"), false
	case streamID != f.streamID:
		return httpapi.Refuse(http.StatusBadRequest, "The stream ID '%s' included in this request didn't match the stream ID currently associated with framework ID %s", streamID, f.id), false
	}
	m.perform(f, call)
	return nil, m.faults.Happens(m.faults.LoseAnswers)
}

// perform carries out a call of a subscribed framework.
func (m *master) perform(f *framework, call *mesospb.SchedulerCall) {
	switch call.GetType() {
	case mesospb.SchedulerCall_TEARDOWN:
		m.removeFramework(f)
	case mesospb.SchedulerCall_ACCEPT:
		m.accept(f, call.Accept)
	case mesospb.SchedulerCall_DECLINE:
		m.offers.decline(f, call.Decline)
	case mesospb.SchedulerCall_REVIVE:
		m.offers.revive(f, call.GetRevive().GetRoles())
	case mesospb.SchedulerCall_SUPPRESS:
		m.offers.suppress(f, call.GetSuppress().GetRoles())
	case mesospb.SchedulerCall_KILL:
		m.kill(f, call.Kill)
	case mesospb.SchedulerCall_SHUTDOWN:
		m.shutdownExecutor(f, call.Shutdown)
	case mesospb.SchedulerCall_ACKNOWLEDGE:
		m.acknowledge(f, call.Acknowledge)
	case mesospb.SchedulerCall_RECONCILE:
		m.agents.reconcile(f, call.Reconcile)
	case mesospb.SchedulerCall_MESSAGE:
		m.messageToExecutor(f, call.Message)
	case mesospb.SchedulerCall_ACKNOWLEDGE_OPERATION_STATUS:
		m.acknowledgeOperation(f, call.AcknowledgeOperationStatus)
	case mesospb.SchedulerCall_RECONCILE_OPERATIONS:
		m.agents.reconcileOperations(f, call.ReconcileOperations)
	}
	// REQUEST and the answers to inverse offers are accepted and change nothing, as
	// there is no maintenance here.
}
