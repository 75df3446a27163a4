package apiproxy

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

const (
	dialTimeout = 2 * time.Second
	// patience is how long a client waits while no server lives. Kubernetes clients
	// allow a TLS handshake ten seconds.
	patience = 15 * time.Second
)

// lead connects one client to a server and forwards data both ways.
func (b *Proxy) lead(ctx context.Context, client net.Conn) {
	defer client.Close()
	s, conn := b.connect(ctx)
	if conn == nil {
		return
	}
	defer b.leave(s, conn)
	defer context.AfterFunc(ctx, func() { conn.Close(); client.Close() })()
	var both sync.WaitGroup
	both.Go(func() { pass(conn, client) })
	pass(client, conn)
	both.Wait()
}

// pass copies until from ends, and then closes to for writing. A broken connection
// ends both directions.
func pass(to, from net.Conn) {
	_, err := io.Copy(to, from)
	if half, ok := to.(*net.TCPConn); ok && err == nil {
		_ = half.CloseWrite() // it may be gone already
		return
	}
	to.Close()
	from.Close()
}

// connect returns a connection to a living server, or nil if there is none within
// patience.
func (b *Proxy) connect(ctx context.Context) (*server, net.Conn) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for ctx.Err() == nil {
		s := b.choose(ctx)
		if s == nil {
			break
		}
		conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", s.addr)
		if err != nil {
			b.update(func(p *pool) []*server {
				p.saw(s, fmt.Errorf("API server %s: %w", s.addr, err))
				return nil
			})
			continue
		}
		if b.join(s, conn) {
			return s, conn
		}
		conn.Close()
	}
	return nil, nil
}

// choose returns the server for a new connection, waiting for a living one; nil if
// ctx ends first.
func (b *Proxy) choose(ctx context.Context) *server {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pool.waiting++
	defer func() { b.pool.waiting-- }()
	for asked := false; ; asked = true {
		if s := b.pool.pick(); s != nil {
			return s
		}
		changed := b.changed
		b.mu.Unlock()
		if !asked {
			b.lookSoon()
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
		b.mu.Lock()
		if ctx.Err() != nil {
			return nil
		}
	}
}

// join adds a connection to a server. It returns false if the server has left the list
// meanwhile.
func (b *Proxy) join(s *server, conn net.Conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.dead == errLeft {
		return false
	}
	b.outage.Over(s.addr)
	s.conns[conn] = true
	if len(s.conns) == 1 {
		b.lookSoon()
	}
	return true
}

func (b *Proxy) leave(s *server, conn net.Conn) {
	conn.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(s.conns, conn)
}
