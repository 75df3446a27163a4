package local

import (
	"slices"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// subscription holds the contents of a SUBSCRIBE.
type subscription struct {
	call      *mesospb.SchedulerCall_Subscribe
	principal string
}

// subscribe answers a well-formed SUBSCRIBE with a stream that carries the
// framework's events, or a single ERROR.
func (m *master) subscribe(s subscription) (q *queue, f *framework, streamID string) {
	q, streamID = newQueue(), uuid.NewString()
	f, problem := m.admit(s)
	if problem != "" {
		q.send(schedulerError(problem))
		q.end(closed)
		return q, nil, streamID
	}
	if f.stream != nil { // the newest subscriber wins
		f.stream.send(schedulerError("Framework failed over"))
		f.stream.end(closed)
	}
	m.takeOffersBack(f)
	f.failover.stop()
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
	q.send(&mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_SUBSCRIBED.Enum(), Subscribed: subscribed})
	m.resendUpdates(f)
	m.allocate()
	return q, f, streamID
}

// admit finds or creates the framework of a subscription, and updates those fields
// of a known one that may change: not user, checkpoint and principal.
func (m *master) admit(s subscription) (f *framework, problem string) {
	info := proto.Clone(s.call.FrameworkInfo).(*mesospb.FrameworkInfo)
	if problem := m.cfg.validateFramework(info, s.call.SuppressedRoles); problem != "" {
		return nil, problem
	}
	id := info.GetId().GetValue()
	if id == "" {
		id = m.newFrameworkID()
	}
	if slices.ContainsFunc(m.completed, func(f *framework) bool { return f.id == id }) {
		return nil, "Framework has been removed"
	}
	f = m.frameworks[id]
	if f == nil {
		f = &framework{id: id, principal: s.principal, registered: time.Now(),
			offers: map[string]*offer{}, tasks: map[string]*task{}}
		m.frameworks[id] = f
		m.order = append(m.order, f)
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
	f.info, f.roles = info, frameworkRoles(info)
	return f, ""
}

// disconnected is called when a subscriber has left; an earlier one does not count.
func (m *master) disconnected(f *framework, q *queue) {
	if f.stream != q || m.ending {
		return
	}
	f.disconnectNow(closed)
	m.takeOffersBack(f)
	f.failover = m.after(seconds(f.info.GetFailoverTimeout()), func() { m.removeFramework(f) })
}

func (f *framework) disconnectNow(how ending) {
	if f.stream != nil {
		f.stream.end(how)
		f.stream, f.streamID = nil, ""
	}
}
