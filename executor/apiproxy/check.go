package apiproxy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/outage"
)

// checkServers probes the servers that have connections, unless there is only one server,
// and all servers while a client waits for a living one, until ctx ends. With nothing
// to do it sleeps.
func (p *Proxy) checkServers(ctx context.Context) {
	due := time.NewTimer(0)
	defer due.Stop()
	for {
		select {
		case <-due.C:
		case <-p.wake:
		case <-ctx.Done():
			return
		}
		due.Stop()
		if next := p.check(ctx); next > 0 {
			due.Reset(next)
		}
	}
}

// check probes once and moves connections away from failing servers. It returns when
// to look again; 0 means not before a client connects or the list changes.
func (p *Proxy) check(ctx context.Context) time.Duration {
	p.mu.Lock()
	used := p.pool.used()
	stuck := p.pool.waiting > 0
	p.mu.Unlock()
	if len(used) == 0 && !stuck {
		return 0
	}
	if stuck || p.probeAll(ctx, used) != nil {
		p.mu.Lock()
		rest := p.pool.others(used)
		p.mu.Unlock()
		if stuck {
			rest = append(rest, used...)
		}
		err := p.probeAll(ctx, rest)
		if ctx.Err() != nil {
			return 0
		}
		p.report(err)
	}
	p.update(func(all *pool) []*server { return all.failing() })
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pool.waiting > 0 {
		return retryAfter
	}
	return probeEvery
}

// report logs that no server lives, and why, or that one lives again.
func (p *Proxy) report(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if living := p.pool.pick(); living != nil {
		p.outage.Over(living.addr)
	} else if why != nil {
		_ = p.outage.Failed(why, retryAfter+probeTimeout) // to be logged
	}
}

// probeAll probes servers in parallel and records which live. The error has the reason for
// each one that does not.
func (p *Proxy) probeAll(ctx context.Context, servers []*server) error {
	errs := make([]error, len(servers))
	var all sync.WaitGroup
	for i, s := range servers {
		all.Go(func() { errs[i] = p.probe.lives(ctx, s.addr) })
	}
	all.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, s := range servers {
		p.pool.record(s, errs[i])
	}
	return errors.Join(errs...)
}

// Await returns when a server lives, trying until ctx ends. It needs no Listen
// or Run.
func (p *Proxy) Await(ctx context.Context) error {
	var why error // of the last completed round
	none := outage.Outage{Server: "an API server", Log: p.log}
	err := wait.Backoff{Duration: retryAfter}.DelayFunc().Until(ctx, true, true, func(context.Context) (bool, error) {
		p.mu.Lock()
		all := p.pool.others(nil)
		p.mu.Unlock()
		err := p.probeAll(ctx, all)
		if why == nil || ctx.Err() == nil {
			why = err
		}
		if ctx.Err() != nil {
			return false, nil // Until returns
		}
		p.mu.Lock()
		lives := err == nil || p.pool.pick() != nil
		p.mu.Unlock()
		if !lives {
			_ = none.Failed(err, retryAfter+probeTimeout) // to be logged
			return false, nil
		}
		none.Over("")
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("no API server answers: %w", why)
	}
	return nil
}
