package executor

import (
	"context"
	"errors"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
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
}

// Config says what an executor works with.
type Config struct {
	Mesos Mesos
	Node  Node
	// Grace is how long the agent waits after SHUTDOWN before it kills the
	// executor. Cleaning up takes no longer than that, less a margin.
	Grace time.Duration
}

// Executor is our Mesos executor on one agent.
type Executor struct {
	cfg    Config
	events chan *mesospb.ExecutorEvent
	pods   chan []Pod    // holds the latest only
	asked  chan answer   // what was asked of the node has come true
	node   chan error    // the node has failed, or ended
	closed chan struct{} // nothing is left to be done
}

// answer says that an effect has been carried out.
type answer struct {
	uid     string
	removed bool // true: the deletion was asked for; false: no container runs
}

// ErrNode is in the error of an executor that ends since its node failed.
var ErrNode = errors.New("the node failed")

// New returns an executor that does nothing yet.
func New(cfg Config) (*Executor, error) {
	switch {
	case cfg.Mesos == nil || cfg.Node == nil:
		return nil, errors.New("executor: a connection to Mesos and a node are needed")
	case cfg.Grace <= 0:
		return nil, errors.New("executor: there must be some time to clean up in")
	}
	return &Executor{
		cfg:    cfg,
		events: make(chan *mesospb.ExecutorEvent),
		pods:   make(chan []Pod, 1),
		asked:  make(chan answer),
		node:   make(chan error, 1),
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

// seen takes the pods of the node; older ones that nobody has looked at yet are
// replaced. The node calls it from one goroutine at a time.
func (e *Executor) seen(pods []Pod) {
	select {
	case <-e.pods:
	default:
	}
	e.pods <- pods
}
