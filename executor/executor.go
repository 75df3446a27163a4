package executor

import (
	"context"
	"errors"
	"time"

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
	// Owed returns, after Run, what Resume needs to continue from there.
	Owed() ([]byte, error)
	// Resume is called before Run.
	Resume(owed []byte) error
}

// Programs fetches other programs and replaces this one by them.
type Programs interface {
	// Fetch makes a program ready to be started and returns its path, or "" if it
	// is the running one.
	Fetch(ctx context.Context, p taskdata.Program) (path string, err error)

	// Start replaces this process's program by the one at path, with memory as
	// Config.Memory. If that fails, this program starts again in the same way. Start
	// returns only if that fails too.
	Start(path string, memory []byte) error
}

// Config configures an executor.
type Config struct {
	Mesos Mesos
	Node  Node
	// Grace is how long the agent waits after SHUTDOWN before it kills the
	// executor. Cleanup takes no longer than that, less a margin.
	Grace time.Duration
	// Programs: nil if this program is never replaced.
	Programs Programs
	// Memory is what the previous program handed over; nil: there was none, and the
	// agent started this one.
	Memory []byte
}

// Executor is our Mesos executor on one agent.
type Executor struct {
	cfg    Config
	core   *core // belongs to Run
	events chan *mesospb.ExecutorEvent
	up     chan struct{} // the node is up
	pods   chan []Pod    // holds the latest only
	waits  chan string   // holds the latest reason only
	asked  chan answer   // the node has done what it was asked to do
	node   chan error    // the node has failed, or ended
	ready  chan fetched  // the result of fetching another program
	closed chan struct{} // nothing is left to do
}

// answer says that an effect has been carried out.
type answer struct {
	uid     string
	removed bool // true: the deletion was asked for; false: no container runs
}

// ErrNode is in the error of an executor that ends because its node failed.
var ErrNode = errors.New("the node failed")

// New returns an executor that does nothing yet.
func New(cfg Config) (*Executor, error) {
	switch {
	case cfg.Mesos == nil || cfg.Node == nil:
		return nil, errors.New("executor: a connection to Mesos and a node are needed")
	case cfg.Grace <= 0:
		return nil, errors.New("executor: there must be some time to clean up in")
	}
	core := newCore()
	if cfg.Memory != nil {
		var owed []byte
		var err error
		if core, owed, err = recall(cfg.Memory); err != nil {
			return nil, err
		}
		if err := cfg.Mesos.Resume(owed); err != nil {
			return nil, err
		}
	}
	return &Executor{
		cfg:    cfg,
		core:   core,
		events: make(chan *mesospb.ExecutorEvent),
		up:     make(chan struct{}, 1),
		pods:   make(chan []Pod, 1),
		waits:  make(chan string, 1),
		asked:  make(chan answer),
		node:   make(chan error, 1),
		ready:  make(chan fetched, 1),
		closed: make(chan struct{}),
	}, nil
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

// sight receives what the node reports. A later report replaces one that the loop
// has not read yet.
type sight struct{ *Executor }

// Up implements Observer.
func (s sight) Up() { latest(s.up, struct{}{}) }

// Pods implements Observer.
func (s sight) Pods(pods []Pod) { latest(s.pods, pods) }

// Waits implements Observer.
func (s sight) Waits(reason string) { latest(s.waits, reason) }

// latest puts v into a channel of capacity 1 that only this goroutine writes to,
// replacing the value in it.
func latest[T any](c chan T, v T) {
	select {
	case <-c:
	default:
	}
	c <- v
}
