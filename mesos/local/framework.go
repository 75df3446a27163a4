package local

import (
	"slices"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// framework is what the master knows of one.
type framework struct {
	id        string
	info      *mesospb.FrameworkInfo
	principal string // as authenticated; empty without authentication

	// The stream of the subscribed scheduler; nil while there is none.
	stream   *queue
	streamID string

	roles      []string
	suppressed map[string]bool // by role
	filters    map[*agent][]*filter
	offers     map[string]*offer
	tasks      map[string]*task
	taskOrder  []*task
	finished   []*task // the last ones, for the pages

	registered, ended time.Time
	failover          *timer
}

// maxCompleted frameworks are remembered, so that their ids cannot come back.
const maxCompleted = 50

func (f *framework) has(c mesospb.FrameworkInfo_Capability_Type) bool {
	return slices.ContainsFunc(f.info.Capabilities, func(x *mesospb.FrameworkInfo_Capability) bool {
		return x.GetType() == c
	})
}

func (f *framework) partitionAware() bool {
	return f.has(mesospb.FrameworkInfo_Capability_PARTITION_AWARE)
}

// lost is the state that a framework is told for aware, which it may not know.
func (f *framework) lost(aware mesospb.TaskState) mesospb.TaskState {
	if f.partitionAware() {
		return aware
	}
	return mesospb.TaskState_TASK_LOST
}

// send hands an event to the scheduler, if one listens.
func (f *framework) send(m *master, e *mesospb.SchedulerEvent) {
	if f.stream == nil {
		return
	}
	f.stream.send(e)
	if m.dice.happens(m.cfg.Faults.CutStreams) {
		q := f.stream
		q.end(torn)
		m.disconnected(f, q)
	}
}

// subscription is what a SUBSCRIBE asks for.
type subscription struct {
	call      *mesospb.SchedulerCall_Subscribe
	principal string
}

// subscribe answers a SUBSCRIBE whose form is right: with a stream that carries
// the framework's events, or one with a single ERROR.
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
	q.send(&mesospb.SchedulerEvent{
		Type: mesospb.SchedulerEvent_SUBSCRIBED.Enum(),
		Subscribed: &mesospb.SchedulerEvent_Subscribed{
			FrameworkId:              &mesospb.FrameworkID{Value: &f.id},
			HeartbeatIntervalSeconds: proto.Float64(m.cfg.HeartbeatInterval.Seconds()),
			MasterInfo:               m.info,
		}})
	m.resendUpdates(f)
	m.allocate()
	return q, f, streamID
}

// admit finds or makes the framework of a subscription, and takes over what may
// change of a known one: not user, checkpoint and principal.
func (m *master) admit(s subscription) (f *framework, problem string) {
	info := proto.Clone(s.call.FrameworkInfo).(*mesospb.FrameworkInfo)
	if problem := validateFramework(info, s.call.SuppressedRoles); problem != "" {
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
	}
	info.Id = &mesospb.FrameworkID{Value: &f.id}
	if s.principal != "" {
		info.Principal = &s.principal
	}
	f.info, f.roles = info, frameworkRoles(info)
	return f, ""
}

// disconnected is called when a subscriber has gone; an older one does not count.
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

// removeFramework ends a framework for good, with its tasks and executors.
func (m *master) removeFramework(f *framework) {
	f.failover.stop()
	f.disconnectNow(closed)
	m.takeOffersBack(f)
	for _, a := range m.agents {
		a.tell(func() { a.removeFramework(f) })
	}
	for _, t := range slices.Clone(f.taskOrder) {
		t.state, t.latest = mesospb.TaskState_TASK_KILLED, mesospb.TaskState_TASK_KILLED
		m.removeTask(t)
	}
	f.ended = time.Now()
	delete(m.frameworks, f.id)
	m.order = slices.DeleteFunc(m.order, func(x *framework) bool { return x == f })
	m.completed = append(m.completed, f)
	if n := len(m.completed); n > maxCompleted {
		m.completed = slices.Clone(m.completed[n-maxCompleted:])
	}
}

func schedulerError(text string) *mesospb.SchedulerEvent {
	return &mesospb.SchedulerEvent{
		Type:  mesospb.SchedulerEvent_ERROR.Enum(),
		Error: &mesospb.SchedulerEvent_Error{Message: &text},
	}
}

// seconds turns what a message says into a time; nonsense counts as none.
func seconds(s float64) time.Duration {
	const century = 100 * 365 * 24 * time.Hour
	switch {
	case !(s > 0):
		return 0
	case s > century.Seconds():
		return century
	}
	return time.Duration(s * float64(time.Second))
}
