// Package apiproxy forwards TCP connections to a live server among several.
//
// It listens on loopback. A client that connects there speaks TLS with a server,
// end to end: the bytes are passed on as they are, so that client certificates
// arrive and nothing has to be trusted in between. The list of servers may change
// at any time. A server counts as live as long as it completes TLS handshakes: a
// process that has been stopped, or hangs, still accepts connections. A lone server
// is not probed: its clients have no alternative.
//
// All that clients see of this is that a connection ends. That happens when its
// server has left the list, or fails while another one lives; a slow server is better
// than none.
package apiproxy

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/outage"
)

// Proxy is a listener on loopback, and the servers behind it.
type Proxy struct {
	log   logr.Logger
	probe probe
	wake  chan struct{} // makes checkServers check now

	mu       sync.Mutex
	pool     pool
	outage   outage.Outage // while no server lives
	changed  chan struct{} // closed and replaced when pool changes
	listener net.Listener
}

// New returns a proxy for servers, https URLs, whose certificates are signed by
// roots and name 127.0.0.1, the address that clients connect to. It logs to log when no
// server lives and when connections are cut.
func New(servers []string, roots *x509.CertPool, log logr.Logger) (*Proxy, error) {
	p := &Proxy{
		log: log, probe: newProbe(roots), wake: make(chan struct{}, 1), changed: make(chan struct{}),
		outage: outage.Outage{Server: "an API server", Log: log},
	}
	return p, p.SetServers(servers)
}

// SetServers replaces the list of servers. Connections to servers that are no longer
// in it are cut. An invalid list is refused as a whole.
func (p *Proxy) SetServers(servers []string) error {
	addrs, err := addresses(servers)
	if err != nil {
		return err
	}
	p.update(func(all *pool) []*server { return all.set(addrs) })
	p.checkSoon()
	return nil
}

// Listen opens the listener and returns its URL.
func (p *Proxy) Listen() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("proxy: %w", err)
	}
	p.listener = l
	return "https://" + l.Addr().String(), nil
}

// Run serves connections, after Listen, until ctx ends; then it cuts them all.
func (p *Proxy) Run(ctx context.Context) error {
	var all sync.WaitGroup
	defer all.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { p.listener.Close() })()
	all.Go(func() { p.checkServers(ctx) })
	for {
		client, err := p.listener.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("proxy: %w", err)
		case err != nil: // such as too many open files
			p.log.Error(err, "accepting a connection")
			select {
			case <-time.After(retryAfter):
			case <-ctx.Done():
			}
			continue
		}
		all.Go(func() { p.forward(ctx, client) })
	}
}

// update changes the pool, wakes the goroutines that wait for that, and cuts the
// connections to the servers that change returns.
func (p *Proxy) update(change func(*pool) (cut []*server)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range change(&p.pool) {
		if len(s.conns) > 0 {
			p.log.Error(s.dead, "cutting connections to an API server", "server", s.addr, "count", len(s.conns))
		}
		s.cut()
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// checkSoon makes checkServers check now.
func (p *Proxy) checkSoon() {
	select {
	case p.wake <- struct{}{}:
	default: // it will anyway
	}
}
