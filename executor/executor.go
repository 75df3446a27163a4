package executor

import (
	"context"
	"errors"
	"time"

	"github.com/go-logr/logr"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Mesos is the connection to the agent. *mesos.Executor is one.
type Mesos interface {
	// Run stays subscribed and hands events to h until ctx ends, the agent has
	// told the executor to shut down, or the agent is gone for good.
	Run(ctx context.Context, h mesos.ExecutorHandler) error
	// Update sends a status, again and again until it is acknowledged.
	Update(*mesospb.TaskStatus)
	// Flush waits until every status is acknowledged.
	Flush(ctx context.Context) error
	// Detach makes Run return mesos.ErrDetached once h has all events that were
	// read. The agent still counts on this executor.
	Detach()
	// Unacknowledged returns, after Run, what Resume needs to continue from there.
	Unacknowledged() ([]byte, error)
	// Resume is called before Run.
	Resume(owed []byte) error
}

// Programs fetches other programs and replaces this one by them.
type Programs interface {
	// Fetch makes a program ready to be started and returns its path, or "" if it
	// is the running one.
	Fetch(ctx context.Context, p taskdata.Program) (path string, err error)

	// Start replaces this process's program by the one at path, with state as
	// Config.State. If that fails, this program starts again in the same way. Start
	// returns only if that fails too.
	Start(path string, state []byte) error
}

// Config configures an executor.
type Config struct {
	Mesos  Mesos
	Runner PodRunner
	// Grace is how long the agent waits after SHUTDOWN before it kills the
	// executor. Cleanup takes no longer than that, less a margin.
	Grace time.Duration
	// Programs: nil if this program is never replaced.
	Programs Programs
	// State is what the previous program handed over; nil: there was none, and the
	// agent started this one.
	State []byte
	// Log receives what happens. The zero Logger discards it.
	Log logr.Logger
}

// Executor is our Mesos executor on one agent.
type Executor struct {
	cfg    Config
	core   *core // belongs to Run
	events chan *mesospb.ExecutorEvent
	closed chan struct{} // nothing is left to do
}

// ErrNode is in the error of an executor that ends because its node failed.
var ErrNode = errors.New("the node failed")

// New returns an executor that does nothing yet.
func New(cfg Config) (*Executor, error) {
	switch {
	case cfg.Mesos == nil || cfg.Runner == nil:
		return nil, errors.New("executor: a connection to Mesos and a runner of pods are needed")
	case cfg.Grace <= 0:
		return nil, errors.New("executor: there must be some time to clean up in")
	}
	core := newCore()
	if cfg.State != nil {
		var owed []byte
		var err error
		if core, owed, err = restore(cfg.State); err != nil {
			return nil, err
		}
		if err := cfg.Mesos.Resume(owed); err != nil {
			return nil, err
		}
	}
	return &Executor{cfg: cfg, core: core, events: make(chan *mesospb.ExecutorEvent), closed: make(chan struct{})}, nil
}

// Event handles an event of the agent. For SHUTDOWN it returns when everything is
// cleaned up and reported, as package mesos requires.
func (e *Executor) Event(event *mesospb.ExecutorEvent) {
	select {
	case e.events <- event:
	case <-e.closed:
		return
	}
	if event.GetType() == mesospb.ExecutorEvent_SHUTDOWN {
		<-e.closed
	}
}

var _ mesos.ExecutorHandler = (*Executor)(nil)
