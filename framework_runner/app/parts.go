package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-logr/logr"
)

// parts are the long-lived parts of the process, in the order of their start.
// Later ones may depend on earlier ones, so they end in reverse order, one by
// one.
type parts struct {
	log     logr.Logger
	running []*part
	ended   chan *part
}

type part struct {
	name string
	stop context.CancelFunc
	done chan struct{}
	err  error // of Run; valid once done is closed
}

func newParts(log logr.Logger) *parts { return &parts{log: log, ended: make(chan *part)} }

// start runs a part until it ends by itself or the parts are stopped.
func (p *parts) start(ctx context.Context, name string, run func(context.Context) error) {
	// The part ends when its turn has come, not when the process is told to.
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	started := &part{name: name, stop: stop, done: make(chan struct{})}
	p.running = append(p.running, started)
	go func() {
		started.err = run(ctx)
		close(started.done)
		select {
		case p.ended <- started:
		case <-ctx.Done():
		}
	}()
}

// wait returns nil when ctx ends, or the failure of a part that ends unasked.
func (p *parts) wait(ctx context.Context) error { return p.waitFor(ctx, nil) }

// waitFor is like wait, but also returns nil when done is closed.
func (p *parts) waitFor(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-ctx.Done():
		return nil
	case <-done:
		return nil
	case ended := <-p.ended:
		return ended.failure()
	}
}

// stop ends all parts, the newest first, and returns what went wrong.
func (p *parts) stop() error {
	var failures []error
	for i := len(p.running) - 1; i >= 0; i-- {
		last := p.running[i]
		asked := true
		select {
		case <-last.done:
			asked = false // wait has reported it
		default:
		}
		last.stop()
		<-last.done
		if asked && last.err != nil && !errors.Is(last.err, context.Canceled) {
			failures = append(failures, last.failure())
		}
	}
	return errors.Join(failures...)
}

func (p *part) failure() error {
	if p.err == nil {
		return fmt.Errorf("%s ended unexpectedly", p.name)
	}
	return fmt.Errorf("%s: %w", p.name, p.err)
}
