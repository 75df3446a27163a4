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

// forward connects one client to a server and forwards data both ways.
func (p *Proxy) forward(ctx context.Context, client net.Conn) {
	defer client.Close()
	s, conn := p.connect(ctx)
	if conn == nil {
		return
	}
	defer p.leave(s, conn)
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
func (p *Proxy) connect(ctx context.Context) (*server, net.Conn) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for ctx.Err() == nil {
		s := p.choose(ctx)
		if s == nil {
			break
		}
		conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", s.addr)
		if err != nil {
			p.update(func(all *pool) []*server {
				all.record(s, fmt.Errorf("API server %s: %w", s.addr, err))
				return nil
			})
			continue
		}
		if p.join(s, conn) {
			return s, conn
		}
		conn.Close()
	}
	return nil, nil
}

// choose returns the server for a new connection, waiting for a living one; nil if
// ctx ends first.
func (p *Proxy) choose(ctx context.Context) *server {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pool.waiting++
	defer func() { p.pool.waiting-- }()
	for asked := false; ; asked = true {
		if s := p.pool.pick(); s != nil {
			return s
		}
		changed := p.changed
		p.mu.Unlock()
		if !asked {
			p.checkSoon()
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
		p.mu.Lock()
		if ctx.Err() != nil {
			return nil
		}
	}
}

// join adds a connection to a server. It returns false if the server has left the list
// meanwhile.
func (p *Proxy) join(s *server, conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.dead == errLeft {
		return false
	}
	p.outage.Over(s.addr)
	s.conns[conn] = true
	if len(s.conns) == 1 {
		p.checkSoon()
	}
	return true
}

func (p *Proxy) leave(s *server, conn net.Conn) {
	conn.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(s.conns, conn)
}
