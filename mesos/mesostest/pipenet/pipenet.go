// Package pipenet is a network of named hosts within a process, for tests: connections
// over pipes work inside a testing/synctest bubble, sockets do not. Everything that it
// serves has ended when the test does.
package pipenet

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
)

// A Network connects named hosts. Dialling a host that does not listen is refused.
type Network struct {
	T testing.TB // the test it belongs to

	mu    sync.Mutex
	hosts map[string]*Host
	dials map[string]int
}

// A Host accepts the connections to one address. It is a net.Listener.
type Host struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// New returns a network without hosts.
func New(t testing.TB) *Network {
	return &Network{T: t, hosts: map[string]*Host{}, dials: map[string]int{}}
}

// Serve makes h answer at address until the test ends or stop is called, which
// breaks all its connections.
func (n *Network) Serve(address string, h http.Handler) (stop func()) {
	at := n.Listen(address)
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
	n.T.Cleanup(stop)
	return stop
}

// Listen makes address accept connections.
func (n *Network) Listen(address string) *Host {
	at := &Host{conns: make(chan net.Conn), closed: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[address] = at
	return at
}

// Dial connects to an address, as net.Dialer.DialContext does.
func (n *Network) Dial(ctx context.Context, _, address string) (net.Conn, error) {
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

// Dialled returns how often an address was dialled.
func (n *Network) Dialled(address string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dials[address]
}

// Accept waits for a connection.
func (h *Host) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

// Close refuses further connections; accepted ones stay.
func (h *Host) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

// Addr returns an address of no meaning.
func (h *Host) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }
