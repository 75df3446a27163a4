package local

import (
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/httpapi"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// subscription holds the contents of a SUBSCRIBE.
type subscription struct {
	call      *mesospb.SchedulerCall_Subscribe
	principal string
}

// subscribe answers a well-formed SUBSCRIBE with a stream that carries the
// framework's events, or a single ERROR.
func (m *master) subscribe(s subscription) (q *httpapi.Queue, f *framework, streamID string) {
	q, streamID = httpapi.NewQueue(), uuid.NewString()
	f, problem := m.admit(s)
	if problem != "" {
		q.Send(schedulerError(problem))
		q.End(httpapi.Closed)
		return q, nil, streamID
	}
	if f.stream != nil { // the newest subscriber wins
		f.stream.Send(schedulerError("Framework failed over"))
		f.stream.End(httpapi.Closed)
	}
	m.offers.takeAllBack(f)
	f.failover.Stop()
	f.stream, f.streamID, f.filters = q, streamID, map[*agent][]*filter{}
	f.suppressed = map[string]bool{}
	for _, role := range s.call.SuppressedRoles {
		f.suppressed[role] = true
	}
	subscribed := &mesospb.SchedulerEvent_Subscribed{
		FrameworkId:              &mesospb.FrameworkID{Value: &f.id},
		HeartbeatIntervalSeconds: proto.Float64(m.cfg.HeartbeatInterval.Seconds()),
	}
	if !m.cfg.old() {
		subscribed.MasterInfo = m.info
	}
	q.Send(&mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_SUBSCRIBED.Enum(), Subscribed: subscribed})
	m.resendUpdates(f)
	m.offers.allocate()
	return q, f, streamID
}

// admit finds or creates the framework of a subscription, and updates those fields
// of a known one that may change: not user, checkpoint and principal.
func (m *master) admit(s subscription) (f *framework, problem string) {
	info := proto.Clone(s.call.FrameworkInfo).(*mesospb.FrameworkInfo)
	if problem := validate.Framework(info, s.call.SuppressedRoles, m.cfg.old()); problem != "" {
		return nil, problem
	}
	id := info.GetId().GetValue()
	if id == "" {
		id = m.frameworks.newID(m.id)
	}
	if m.frameworks.isCompleted(id) {
		return nil, "Framework has been removed"
	}
	f = m.frameworks.byID[id]
	if f == nil {
		f = &framework{id: id, principal: s.principal, registered: time.Now(),
			faults: m.faults, offers: map[string]*offer{}, tasks: newTaskSet()}
		f.onCut = func(q *httpapi.Queue) { m.disconnected(f, q) }
		m.frameworks.add(f)
	} else {
		if f.principal != s.principal {
			return nil, "Changing framework's principal is not allowed"
		}
		info.User, info.Checkpoint = f.info.User, f.info.Checkpoint
		if m.cfg.old() {
			info.Role = f.info.Role
		}
	}
	info.Id = &mesospb.FrameworkID{Value: &f.id}
	if s.principal != "" {
		info.Principal = &s.principal
	}
	f.info, f.roles = info, validate.Roles(info)
	return f, ""
}

// disconnected is called when a subscriber has left; an earlier one does not count.
func (m *master) disconnected(f *framework, q *httpapi.Queue) {
	if f.stream != q || m.ending {
		return
	}
	f.endStream(httpapi.Closed)
	m.offers.takeAllBack(f)
	f.failover = m.loop.After(seconds(f.info.GetFailoverTimeout()), func() { m.removeFramework(f) })
}
