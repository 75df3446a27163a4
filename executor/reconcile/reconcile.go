// Package reconcile keeps a part of the host as it should be: it is looked at when something
// changes, and now and then for no reason, since others change the host too, such as by
// reloading its firewall.
package reconcile

import (
	"context"
	"time"

	"k8s.io/client-go/tools/cache"
)

// Every is how often the host's network is looked at for no reason.
const Every = 30 * time.Second

// Loop repeats Do.
type Loop struct {
	// Do makes the host as it should be. repair says that the host may have been changed by
	// others: the first time, and each time that nothing else is the reason.
	Do func(ctx context.Context, repair bool) error
	// Every is how often Do is called at least.
	Every time.Duration
	// Changed has Do called, Settle after its signal, so that changes are gathered; nil: it
	// is called periodically alone.
	Changed <-chan struct{}
	Settle  time.Duration
	// Report is told how each call of Do went; nil: nobody is.
	Report func(error)
}

// Run calls Do until ctx ends.
func (l Loop) Run(ctx context.Context) {
	tick := time.NewTicker(l.Every)
	defer tick.Stop()
	for repair := true; ; {
		err := l.Do(ctx, repair)
		if ctx.Err() != nil {
			return
		}
		if l.Report != nil {
			l.Report(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			repair = true
		case <-l.Changed:
			repair = false
			select {
			case <-ctx.Done():
				return
			case <-time.After(l.Settle):
			}
			select {
			case <-l.Changed: // meanwhile
			default:
			}
		}
	}
}

// Signal remembers that something has changed until it is received.
type Signal chan struct{}

// NewSignal returns a signal that is not set.
func NewSignal() Signal { return make(Signal, 1) }

// Set sets the signal.
func (s Signal) Set() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// Handler returns a handler of an informer that sets the signal at every event.
func (s Signal) Handler() cache.ResourceEventHandler {
	return cache.ResourceEventHandlerFuncs{
		AddFunc: func(any) { s.Set() }, UpdateFunc: func(any, any) { s.Set() }, DeleteFunc: func(any) { s.Set() },
	}
}
