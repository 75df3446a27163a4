package local

import (
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// framework holds what the master knows about one framework.
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

// lost returns the state to report in place of aware, which f may not know.
func (f *framework) lost(aware mesospb.TaskState) mesospb.TaskState {
	if f.partitionAware() {
		return aware
	}
	return mesospb.TaskState_TASK_LOST
}

// send passes an event to the scheduler, if it is connected.
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

// seconds converts seconds in a message to a duration; an invalid value counts as 0.
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
