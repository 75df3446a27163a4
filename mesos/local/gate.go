package local

import (
	"net"
	"sync"
)

// gate is the master's listener. While it is shut, the master looks dead: its
// connections are broken, and new ones end as soon as they are made. The port stays
// ours.
type gate struct {
	net.Listener

	mu    sync.Mutex
	shut  bool
	conns map[*gated]struct{}
}

func newGate(l net.Listener) *gate { return &gate{Listener: l, conns: map[*gated]struct{}{}} }

// Accept waits for a connection while the gate is open.
func (g *gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if in := g.admit(c); in != nil {
			return in, nil
		}
		c.Close()
	}
}

func (g *gate) admit(c net.Conn) *gated {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return nil
	}
	in := &gated{Conn: c, gate: g}
	g.conns[in] = struct{}{}
	return in
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
	for c := range g.conns {
		c.Conn.Close()
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = false
}

// gated is a connection accepted by a gate.
type gated struct {
	net.Conn
	gate *gate
}

// Close closes the connection and forgets it.
func (c *gated) Close() error {
	c.gate.mu.Lock()
	delete(c.gate.conns, c)
	c.gate.mu.Unlock()
	return c.Conn.Close()
}
