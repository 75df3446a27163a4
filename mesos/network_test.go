package mesos

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
)

// A network of named hosts within a process, so connections work inside a synctest
// bubble. Dialling a host that does not serve is refused.
type network struct {
	t *testing.T

	mu    sync.Mutex
	hosts map[string]*host
	dials map[string]int
}

type host struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newNetwork(t *testing.T) *network {
	return &network{t: t, hosts: map[string]*host{}, dials: map[string]int{}}
}

// serve makes h answer at address until the test ends or stop is called, which
// breaks all its connections.
func (n *network) serve(address string, h http.Handler) (stop func()) {
	at := n.listen(address)
	server := &http.Server{Handler: h}
	var serving sync.WaitGroup
	serving.Go(func() { server.Serve(at) })
	stop = func() {
		n.mu.Lock()
		if n.hosts[address] == at {
			delete(n.hosts, address)
		}
		n.mu.Unlock()
		server.Close()
		serving.Wait()
	}
	n.t.Cleanup(stop)
	return stop
}

// listen makes address accept connections.
func (n *network) listen(address string) *host {
	at := &host{conns: make(chan net.Conn), closed: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[address] = at
	return at
}

func (n *network) dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	at := n.hosts[address]
	n.dials[address]++
	n.mu.Unlock()
	if at == nil {
		return nil, errors.New("connection refused")
	}
	ours, theirs := net.Pipe()
	select {
	case at.conns <- theirs:
		return ours, nil
	case <-at.closed:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (n *network) dialled(address string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dials[address]
}

// Accept, Close and Addr make a host a net.Listener.
func (h *host) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

func (h *host) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

func (h *host) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }
