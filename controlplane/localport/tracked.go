package localport

import (
	"errors"
	"net"
	"sync"
)

// tracked records its open connections. An http.Server forgets those that were
// hijacked for an upgrade, but they must end with it as well.
type tracked struct {
	net.Listener
	most   int // connections served at a time
	counts *counts

	mu   sync.Mutex
	open map[*conn]struct{}
}

const (
	// maxConnections bounds the connections served at a time. It leaves file
	// descriptors for everything else if a process may have 20,000 or more.
	maxConnections = 10000
	// maxRefusals bounds the excess connections that get an answer; others are
	// just closed.
	maxRefusals = 100
)

func track(l net.Listener, most int, counts *counts) *tracked {
	return &tracked{Listener: l, most: most, counts: counts, open: map[*conn]struct{}{}}
}

// Accept waits for the next connection.
func (t *tracked) Accept() (net.Conn, error) {
	for {
		c, err := t.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if kept := t.keep(c); kept != nil {
			return kept, nil
		}
		c.Close() // its error is of no use
	}
}

// keep records a connection, or returns nil if there are too many even to refuse
// them.
func (t *tracked) keep(c net.Conn) *conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(t.open)
	if n >= t.most {
		t.counts.refused.Inc()
	}
	if n >= t.most+maxRefusals {
		return nil
	}
	kept := &conn{c, t, n >= t.most}
	t.open[kept] = struct{}{}
	return kept
}

// closeAll closes the listener and all accepted connections.
func (t *tracked) closeAll() error {
	err := t.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for c := range t.open {
		c.Conn.Close()
		delete(t.open, c)
	}
	return err
}

type conn struct {
	net.Conn
	by      *tracked
	tooMany bool // answer that there are too many connections
}

// Close closes the connection and forgets it.
func (c *conn) Close() error {
	c.by.mu.Lock()
	delete(c.by.open, c)
	c.by.mu.Unlock()
	return c.Conn.Close()
}
