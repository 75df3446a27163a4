package local

import (
	"context"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// executor is one executor on an agent, from its first task until its process has
// ended.
//
//	registering ──SUBSCRIBE──▶ running ──shutdown──▶ terminating ──▶ (removed)
//	     └───────shutdown, or its process ends───────────▶┘
type executor struct {
	agent     *agent
	framework *framework
	info      *mesospb.ExecutorInfo
	container string
	directory string // its sandbox
	token     string // which it shows its agent
	started   time.Time

	phase     phase
	abandoned bool // its framework is gone: its updates are dropped
	hadTask   bool // it has been sent one

	stream *queue  // nil while it is not subscribed
	queued []batch // tasks waiting for its first SUBSCRIBE
	tasks  []*task // all whose end is not acknowledged, including queued ones

	launched bool               // the agent has heard of the executor
	begun    bool               // its program has been started
	process  *process           // nil before that, and for simulated ones
	status   *int32             // how it ended while its agent was down
	cancel   context.CancelFunc // ends fetching, kills its processes
	timeout  *timer             // to subscribe, or to end
	verdict  *verdict           // why it was killed, if that is more than "terminated"
}

type executorKey struct{ framework, executor string }

type phase int

const (
	registering phase = iota
	running
	terminating
)

// batch holds the tasks of one LAUNCH or LAUNCH_GROUP.
type batch struct {
	tasks []*task
	group bool
}

func (ex *executor) key() executorKey {
	return executorKey{ex.framework.id, ex.info.ExecutorId.GetValue()}
}

func (ex *executor) send(e *mesospb.ExecutorEvent) {
	if ex.stream != nil {
		ex.stream.send(e)
	}
}

func (ex *executor) closeStream(how ending) {
	if ex.stream != nil {
		ex.stream.end(how)
		ex.stream = nil
	}
}
