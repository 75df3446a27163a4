package localport

import (
	"errors"
	"net"
	"sync"
)

// tracked remembers its open connections. An http.Server forgets those that
// were hijacked for an upgrade, and they must end with it as well.
type tracked struct {
	net.Listener

	mu   sync.Mutex
	open map[*conn]struct{}
}

func track(l net.Listener) *tracked {
	return &tracked{Listener: l, open: map[*conn]struct{}{}}
}

// Accept waits for the next connection.
func (t *tracked) Accept() (net.Conn, error) {
	c, err := t.Listener.Accept()
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := &conn{c, t}
	t.open[kept] = struct{}{}
	return kept, nil
}

// closeAll closes the listener and what was accepted.
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
	by *tracked
}

// Close closes the connection and forgets it.
func (c *conn) Close() error {
	c.by.mu.Lock()
	delete(c.by.open, c)
	c.by.mu.Unlock()
	return c.Conn.Close()
}
