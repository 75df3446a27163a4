package apiproxy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/outage"
)

// lookAfter probes the servers that have connections, unless there is only one server,
// and all servers while a client waits for a living one, until ctx ends. With nothing
// to do it sleeps.
func (b *Proxy) lookAfter(ctx context.Context) {
	due := time.NewTimer(0)
	defer due.Stop()
	for {
		select {
		case <-due.C:
		case <-b.wake:
		case <-ctx.Done():
			return
		}
		due.Stop()
		if next := b.look(ctx); next > 0 {
			due.Reset(next)
		}
	}
}

// look probes once and moves connections away from failing servers. It returns when
// to look again; 0 means not before a client connects or the list changes.
func (b *Proxy) look(ctx context.Context) time.Duration {
	b.mu.Lock()
	used := b.pool.used()
	stuck := b.pool.waiting > 0
	b.mu.Unlock()
	if len(used) == 0 && !stuck {
		return 0
	}
	if stuck || b.ask(ctx, used) != nil {
		b.mu.Lock()
		rest := b.pool.others(used)
		b.mu.Unlock()
		if stuck {
			rest = append(rest, used...)
		}
		err := b.ask(ctx, rest)
		if ctx.Err() != nil {
			return 0
		}
		b.report(err)
	}
	b.update(func(p *pool) []*server { return p.failing() })
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pool.waiting > 0 {
		return retryAfter
	}
	return probeEvery
}

// report logs that no server lives, and why, or that one lives again.
func (b *Proxy) report(why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if living := b.pool.pick(); living != nil {
		b.outage.Over(living.addr)
	} else if why != nil {
		_ = b.outage.Failed(why, retryAfter+probeTimeout) // to be logged
	}
}

// ask probes servers in parallel and records which live. The error has the reason for
// each one that does not.
func (b *Proxy) ask(ctx context.Context, servers []*server) error {
	errs := make([]error, len(servers))
	var all sync.WaitGroup
	for i, s := range servers {
		all.Go(func() { errs[i] = b.probe.lives(ctx, s.addr) })
	}
	all.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, s := range servers {
		b.pool.saw(s, errs[i])
	}
	return errors.Join(errs...)
}

// Await returns when a server lives, trying until ctx ends. It needs no Listen
// or Run.
func (b *Proxy) Await(ctx context.Context) error {
	var why error // of the last completed round
	none := outage.Outage{Server: "an API server"}
	for {
		b.mu.Lock()
		all := b.pool.others(nil)
		b.mu.Unlock()
		err := b.ask(ctx, all)
		if why == nil || ctx.Err() == nil {
			why = err
		}
		b.mu.Lock()
		lives := err == nil || b.pool.pick() != nil
		b.mu.Unlock()
		if lives && ctx.Err() == nil {
			none.Over("")
			return nil
		}
		if ctx.Err() == nil {
			_ = none.Failed(err, retryAfter+probeTimeout) // to be logged
		}
		pause(ctx, retryAfter)
		if ctx.Err() != nil {
			return fmt.Errorf("no API server answers: %w", why)
		}
	}
}
