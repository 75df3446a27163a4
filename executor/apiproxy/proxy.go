// Package apiproxy leads TCP connections to one of several servers that lives.
//
// It listens on loopback. A client that connects there speaks TLS with a server,
// end to end: the bytes are passed on as they are, so that client certificates
// arrive and nothing has to be trusted in between. The list of servers may change
// at any time. A server counts as living as long as it completes TLS handshakes: a
// process that has been stopped, or hangs, still accepts connections. A lone server
// is not asked: its clients have nowhere else to go.
//
// All that clients see of this is that a connection ends. That happens when its
// server has left the list, or fails while another one lives; a server that is
// slow is better than none.
package apiproxy

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/outage"
)

// Proxy is a listener on loopback, and the servers behind it.
type Proxy struct {
	probe probe
	wake  chan struct{} // makes lookAfter look now

	mu       sync.Mutex
	pool     pool
	outage   outage.Outage // while no server lives
	changed  chan struct{} // closed and replaced when pool changes
	listener net.Listener
}

// New returns a proxy for servers, https URLs, whose certificates are signed by
// roots and name 127.0.0.1, the address that clients connect to.
func New(servers []string, roots *x509.CertPool) (*Proxy, error) {
	b := &Proxy{
		probe: newProbe(roots), wake: make(chan struct{}, 1), changed: make(chan struct{}),
		outage: outage.Outage{Server: "an API server"},
	}
	return b, b.SetServers(servers)
}

// SetServers replaces the list of servers. Connections to servers that are no longer
// in it are cut. An invalid list is refused as a whole.
func (b *Proxy) SetServers(servers []string) error {
	addrs, err := addresses(servers)
	if err != nil {
		return err
	}
	b.update(func(p *pool) []*server { return p.set(addrs) })
	b.lookSoon()
	return nil
}

// Listen opens the listener and returns its URL.
func (b *Proxy) Listen() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("proxy: %w", err)
	}
	b.listener = l
	return "https://" + l.Addr().String(), nil
}

// Run serves connections, after Listen, until ctx ends; then it cuts them all.
func (b *Proxy) Run(ctx context.Context) error {
	var all sync.WaitGroup
	defer all.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { b.listener.Close() })()
	all.Go(func() { b.lookAfter(ctx) })
	for {
		client, err := b.listener.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("proxy: %w", err)
		case err != nil: // such as too many open files
			glog.Warningf("proxy: %v", err)
			pause(ctx, retryAfter)
			continue
		}
		all.Go(func() { b.lead(ctx, client) })
	}
}

// update changes the pool, wakes the goroutines that wait for that, and cuts the
// connections to the servers that change returns.
func (b *Proxy) update(change func(*pool) (cut []*server)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range change(&b.pool) {
		if len(s.conns) > 0 {
			glog.Warningf("API server %s: cutting %d connections: %s", s.addr, len(s.conns), s.why())
		}
		s.cut()
	}
	close(b.changed)
	b.changed = make(chan struct{})
}

// lookSoon makes lookAfter look now.
func (b *Proxy) lookSoon() {
	select {
	case b.wake <- struct{}{}:
	default: // it will anyway
	}
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
