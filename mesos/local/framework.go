package local

import (
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/faults"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/httpapi"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/loop"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// framework holds what the master knows about one framework.
type framework struct {
	id        string
	info      *mesospb.FrameworkInfo
	principal string // as authenticated; empty without authentication
	faults    *faults.Player

	// The stream of the subscribed scheduler; nil while there is none. onCut is called
	// when a fault cuts it.
	stream   *httpapi.Queue
	streamID string
	onCut    func(*httpapi.Queue)

	roles      []string
	suppressed map[string]bool // by role
	filters    map[*agent][]*filter
	offers     map[string]*offer
	tasks      *taskSet

	registered, ended time.Time
	failover          *loop.Timer
}

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
func (f *framework) send(e *mesospb.SchedulerEvent) {
	if f.stream == nil {
		return
	}
	f.stream.Send(e)
	if f.faults.Happens(f.faults.CutStreams) {
		q := f.stream
		q.End(httpapi.Torn)
		f.onCut(q)
	}
}

// update sends a status to the scheduler.
func (f *framework) update(status *mesospb.TaskStatus) {
	e := &mesospb.SchedulerEvent{
		Type:   mesospb.SchedulerEvent_UPDATE.Enum(),
		Update: &mesospb.SchedulerEvent_Update{Status: status},
	}
	if len(status.Uuid) > 0 && f.faults.Happens(f.faults.SwallowUpdates) {
		return
	}
	f.send(e)
	if len(status.Uuid) > 0 && f.faults.Happens(f.faults.DuplicateUpdates) {
		f.send(e)
	}
}

// fail tells the scheduler that an agent or executor has failed.
func (f *framework) fail(failure *mesospb.SchedulerEvent_Failure) {
	f.send(&mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_FAILURE.Enum(), Failure: failure})
}

// endStream ends the scheduler's stream, if there is one.
func (f *framework) endStream(how httpapi.Ending) {
	if f.stream != nil {
		f.stream.End(how)
		f.stream, f.streamID = nil, ""
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
