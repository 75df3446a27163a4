package local

import (
	"net/http"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// schedulerAPI serves POST /api/v1/scheduler.
func (m *master) schedulerAPI(w http.ResponseWriter, r *http.Request) {
	principal, ok := m.authenticate(r)
	if !ok {
		w.Header().Set("WWW-Authenticate", `Basic realm="mesos-master-scheduler"`)
		http.Error(w, "401 Unauthorized.", http.StatusUnauthorized)
		return
	}
	call := &mesospb.SchedulerCall{}
	no := readCall(r, call)
	if no == nil && m.cfg.old() {
		no = oldCall(call, r.Header.Get("Content-Type") == typeJSON)
	}
	if no == nil {
		no = validateSchedulerCall(call)
	}
	if no == nil && call.GetType() == mesospb.SchedulerCall_SUBSCRIBE {
		if no = m.serveScheduler(w, r, call, principal); no == nil {
			return
		}
	}
	lost := false
	if no == nil {
		stream, present := r.Header["Mesos-Stream-Id"]
		if !m.do(func() { no, lost = m.schedulerCall(call, principal, strings.Join(stream, ""), present) }) {
			no = fail(http.StatusServiceUnavailable, "the master is ending")
		}
	}
	switch {
	case lost:
		panic(http.ErrAbortHandler)
	case no != nil:
		if no.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", http.MethodPost)
		}
		no.write(w)
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}

// authenticate returns the caller and whether it is allowed; without configured
// credentials every client is.
func (m *master) authenticate(r *http.Request) (principal string, ok bool) {
	if len(m.cfg.Credentials) == 0 {
		return "", true
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "Basic ") { // case-sensitive
		return "", false
	}
	principal, secret, ok := r.BasicAuth()
	want, known := m.cfg.Credentials[principal]
	return principal, ok && known && equalSecret(secret, want)
}

// serveScheduler subscribes and serves the stream until one side ends it.
func (m *master) serveScheduler(w http.ResponseWriter, r *http.Request, call *mesospb.SchedulerCall, principal string) *failure {
	c, no := streamCodec(r)
	if no != nil {
		return no
	}
	if _, present := r.Header["Mesos-Stream-Id"]; present {
		return fail(http.StatusBadRequest, "Subscribe calls should not include the 'Mesos-Stream-Id' header")
	}
	if p := call.Subscribe.FrameworkInfo.Principal; len(m.cfg.Credentials) > 0 && p != nil && *p != principal {
		return fail(http.StatusBadRequest, "Authenticated principal '%s' does not match principal '%s' set in `FrameworkInfo`", principal, *p)
	}
	var q *queue
	var f *framework
	var id string
	ending := false
	if !m.do(func() {
		if ending = m.ending; !ending {
			q, f, id = m.subscribe(subscription{call.Subscribe, principal})
		}
	}) || ending {
		return fail(http.StatusServiceUnavailable, "the master is ending")
	}
	defer m.do(func() {
		if f != nil {
			m.disconnected(f, q)
		}
	})
	w.Header().Set("Mesos-Stream-Id", id)
	beat := &mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_HEARTBEAT.Enum()}
	serveStream(w, r, c, q, beat, m.cfg.HeartbeatInterval)
	return nil
}

// schedulerCall carries out a call of a subscribed framework. lost means that it
// did, but the answer must not arrive.
func (m *master) schedulerCall(call *mesospb.SchedulerCall, principal, streamID string, hasStream bool) (no *failure, lost bool) {
	f := m.frameworks[call.GetFrameworkId().GetValue()]
	switch {
	case m.ending || m.dice.happens(m.cfg.Faults.RefuseCalls):
		return fail(http.StatusServiceUnavailable, "the master is not available"), false
	case f == nil:
		return fail(http.StatusBadRequest, "Framework cannot be found"), false
	case f.principal != principal:
		return fail(http.StatusBadRequest, "Authenticated principal '%s' does not match principal '%s' set in `FrameworkInfo`", principal, f.principal), false
	case f.stream == nil:
		return fail(http.StatusForbidden, "Framework is not subscribed"), false
	case !hasStream:
		return fail(http.StatusBadRequest, "All non-subscribe calls should include the 'Mesos-Stream-Id' header"), false
	case streamID != f.streamID:
		return fail(http.StatusBadRequest, "The stream ID '%s' included in this request didn't match the stream ID currently associated with framework ID %s", streamID, f.id), false
	}
	m.perform(f, call)
	return nil, m.dice.happens(m.cfg.Faults.LoseAnswers)
}

func (m *master) perform(f *framework, call *mesospb.SchedulerCall) {
	switch call.GetType() {
	case mesospb.SchedulerCall_TEARDOWN:
		m.removeFramework(f)
	case mesospb.SchedulerCall_ACCEPT:
		m.accept(f, call.Accept)
	case mesospb.SchedulerCall_DECLINE:
		m.decline(f, call.Decline)
	case mesospb.SchedulerCall_REVIVE:
		m.revive(f, call.GetRevive().GetRoles())
	case mesospb.SchedulerCall_SUPPRESS:
		m.suppress(f, call.GetSuppress().GetRoles())
	case mesospb.SchedulerCall_KILL:
		m.kill(f, call.Kill)
	case mesospb.SchedulerCall_SHUTDOWN:
		m.shutdownExecutor(f, call.Shutdown)
	case mesospb.SchedulerCall_ACKNOWLEDGE:
		m.acknowledge(f, call.Acknowledge)
	case mesospb.SchedulerCall_RECONCILE:
		m.reconcile(f, call.Reconcile)
	case mesospb.SchedulerCall_MESSAGE:
		m.messageToExecutor(f, call.Message)
	}
	// REQUEST and the answers to inverse offers are accepted and change nothing, as
	// there is no maintenance here.
}
