package executor

import (
	"context"
	"errors"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/podtask"
)

// Mesos is the connection to the agent. *mesos.Executor is one.
type Mesos interface {
	// Run stays subscribed and hands events to h until ctx ends, or the agent
	// has told the executor to shut down, or is gone for good.
	Run(ctx context.Context, h mesos.ExecutorHandler) error
	// Update sends a status, again and again until it is acknowledged.
	Update(*mesospb.TaskStatus)
	// Flush waits until every status is acknowledged.
	Flush(ctx context.Context) error
	// Detach ends Run, with mesos.ErrDetached once h has been given all events
	// that were read. The agent goes on counting on this executor.
	Detach()
	// Owed is, after Run, what Resume needs to go on in its place.
	Owed() ([]byte, error)
	// Resume comes before Run.
	Resume(owed []byte) error
}

// Programs gets other programs and puts them in the place of this one.
type Programs interface {
	// Fetch gets a program ready to be started and returns its path; "" if it is
	// the one that runs.
	Fetch(ctx context.Context, p podtask.Program) (path string, err error)

	// Start makes the program at path go on as this process, with memory as
	// Config.Memory. When it fails, this program has gone on in the same way. It
	// returns only when not even that succeeds.
	Start(path string, memory []byte) error
}

// Config holds what an executor works with.
type Config struct {
	Mesos Mesos
	Node  Node
	// Grace is how long the agent waits after SHUTDOWN before it kills the
	// executor. Cleaning up takes no longer than that, less a margin.
	Grace time.Duration
	// Programs: nil if this program is never replaced.
	Programs Programs
	// Memory is what the program before this one has handed over; nil: there was
	// none, and the agent has started this one.
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
	asked  chan answer   // what was asked of the node has come true
	node   chan error    // the node has failed, or ended
	ready  chan fetched  // another program is there, or not
	closed chan struct{} // nothing is left to be done
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

// Event takes an event of the agent. It returns from SHUTDOWN when everything is
// cleaned up and reported, as package mesos asks for.
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

// sight takes what the node tells. What the loop has not read yet is replaced by
// what is told later.
type sight struct{ *Executor }

// Up implements Observer.
func (s sight) Up() { latest(s.up, struct{}{}) }

// Pods implements Observer.
func (s sight) Pods(pods []Pod) { latest(s.pods, pods) }

// Waits implements Observer.
func (s sight) Waits(reason string) { latest(s.waits, reason) }

// latest puts v into a channel for one, which only this goroutine writes to.
func latest[T any](c chan T, v T) {
	select {
	case <-c:
	default:
	}
	c <- v
}
