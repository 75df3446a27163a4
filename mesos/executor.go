package mesos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// registrationTimeout is how long an agent waits for a new executor by default.
// Without checkpointing it limits the first subscription.
const registrationTimeout = time.Minute

// An ExecutorHandler handles the agent's events.
type ExecutorHandler interface {
	// Event is called with each event in order, one at a time: SUBSCRIBED (again
	// after each reconnection), LAUNCH, LAUNCH_GROUP, KILL, MESSAGE, ERROR and
	// SHUTDOWN. Acknowledgements are handled internally and not passed to it.
	//
	// SHUTDOWN comes once and is the last. The connection stays until the handler
	// has returned from it: this is the time to stop the tasks, report their end and
	// Flush, within ExecutorConfig.ShutdownGrace, after which the agent kills the
	// executor.
	Event(*mesospb.ExecutorEvent)
}

// An Executor keeps an executor subscribed to its agent, and keeps its status
// updates until they are acknowledged.
type Executor struct {
	cfg       ExecutorConfig
	agent     *url.URL
	transport *transport
	over      chan struct{} // closed when Run has given up the connection

	mu     sync.Mutex
	detach context.CancelCauseFunc // ends Run; nil before Run
	ledger ledger
	change chan struct{} // closed and replaced when ledger changes
}

// NewExecutor returns an Executor that is not yet subscribed.
func NewExecutor(cfg ExecutorConfig) *Executor {
	agent := &url.URL{Scheme: "http", Host: cfg.Endpoint, Path: "/api/v1/executor"}
	if cfg.HTTPS {
		agent.Scheme = "https"
	}
	if cfg.Socket != "" {
		// The socket knows only the path with the agent's process in it.
		process := cfg.Process
		if process == "" {
			process = "slave(1)"
		}
		path := "/" + process + "/api/v1/executor"
		agent = &url.URL{Scheme: "http", Host: "agent", Path: path, RawPath: path}
		if cfg.Dial == nil {
			cfg.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "unix", cfg.Socket)
			}
		}
	}
	authorization := ""
	if cfg.Token != "" {
		authorization = "Bearer " + cfg.Token
	}
	return &Executor{
		cfg: cfg, agent: agent, transport: newTransport(cfg.Dial, cfg.TLS, authorization),
		over: make(chan struct{}), change: make(chan struct{}),
	}
}

// Run subscribes, passes events to h and sends updates. When the stream ends, it
// subscribes again with everything unacknowledged, for RecoveryTimeout, but not
// without checkpointing. It must be called only once.
//
// It returns when ctx ends, ErrShutdown after SHUTDOWN, ErrDetached after Detach,
// ErrAgentGone if the agent did not come back in time, or a *RejectedError, such as
// from an agent that has forgotten this executor. Unless detached, the executor has
// been given up by the agent and should stop its tasks and exit.
func (e *Executor) Run(ctx context.Context, h ExecutorHandler) error {
	defer e.transport.close()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	e.mu.Lock()
	e.detach = end
	e.mu.Unlock()

	inbox := newInbox(h, e.cfg.Log, func() { end(ErrShutdown) })
	err := e.keepSubscribed(ctx, inbox)
	close(e.over)
	if inbox.finish(errors.Is(err, ErrDetached)) {
		return ErrShutdown
	}
	return err
}

// keepSubscribed subscribes until ctx ends or the agent is gone, and returns why.
func (e *Executor) keepSubscribed(ctx context.Context, in *inbox) error {
	limit := e.cfg.RecoveryTimeout
	if !e.cfg.Checkpoint {
		limit = registrationTimeout
	}
	deadline := time.Now().Add(limit)
	for {
		subscribed, err := e.subscribe(ctx, deadline, in)
		var final *RejectedError
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.As(err, &final):
			return final
		case subscribed && !e.cfg.Checkpoint:
			return fmt.Errorf("%w, and without checkpointing does not want this executor back: %w", ErrAgentGone, err)
		case subscribed:
			deadline = time.Now().Add(limit)
			e.cfg.Log.Info("connection to the agent lost; subscribing again", "agent", e.cfg.AgentID, "for", limit.String(), "reason", err.Error())
		case !time.Now().Before(deadline):
			return fmt.Errorf("%w: no subscription for %v: %w", ErrAgentGone, limit, err)
		}
		wait(ctx, min(e.pause(), time.Until(deadline)))
	}
}

// pause returns a random pause between two attempts. A restarted agent kills
// executors that are not back within SubscribeWithin of its start, so several
// attempts must fit into that time.
func (e *Executor) pause() time.Duration {
	return rand.N(e.cfg.SubscribeWithin/4 + time.Millisecond)
}
