package httpapi

import (
	"net"
	"sync"
)

// A Gate is the master's listener. While it is shut, the master looks dead: its
// connections are broken, and new ones end as soon as they are made. The port stays
// ours.
type Gate struct {
	net.Listener

	mu    sync.Mutex
	shut  bool
	conns map[*gated]struct{}
}

// NewGate returns a Gate that is open.
func NewGate(l net.Listener) *Gate { return &Gate{Listener: l, conns: map[*gated]struct{}{}} }

// Accept waits for a connection while the gate is open.
func (g *Gate) Accept() (net.Conn, error) {
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

func (g *Gate) admit(c net.Conn) *gated {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return nil
	}
	in := &gated{Conn: c, gate: g}
	g.conns[in] = struct{}{}
	return in
}

// Shut breaks all connections and shuts the gate.
func (g *Gate) Shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
	for c := range g.conns {
		c.Conn.Close()
	}
}

// Open opens the gate again.
func (g *Gate) Open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = false
}

// gated is a connection accepted by a gate.
type gated struct {
	net.Conn
	gate *Gate
}

// Close closes the connection and forgets it.
func (c *gated) Close() error {
	c.gate.mu.Lock()
	delete(c.gate.conns, c)
	c.gate.mu.Unlock()
	return c.Conn.Close()
}
