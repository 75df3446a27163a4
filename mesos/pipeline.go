package mesos

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// A pipeline is a connection on which requests do not wait for the answers to earlier
// ones: many cost one round trip and few system calls. Servers, including Mesos,
// answer them in order (RFC 9112, section 9.3.2). Go's client offers no such thing.
type pipeline struct {
	dial   Dialer
	config *tls.Config

	mu      sync.Mutex
	conn    net.Conn // nil if none is open
	to      string   // its address
	answers *bufio.Reader
}

var errHungUp = errors.New("the connection is closed after this answer")

// send sends requests to one address and passes each answer to f, in order. Requests
// may arrive twice: when a connection ends, those without an answer are sent again
// on another one. The error is that of a new connection that yielded not a single
// answer.
func (p *pipeline) send(ctx context.Context, to *url.URL, requests []*http.Request, f func(*http.Response)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(requests) > 0 {
		used, err := p.connect(ctx, to)
		if err != nil {
			return err
		}
		n, err := p.exchange(ctx, requests, f)
		requests = requests[n:]
		if err == nil {
			return nil
		}
		p.conn = nil
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case n == 0 && !used:
			return err
		}
		for _, r := range requests { // whose bodies may have been read already
			if r.Body, err = r.GetBody(); err != nil {
				return err
			}
		}
	}
	return nil
}

// connect connects to the address unless there is a connection to it already; used
// reports whether there was one.
func (p *pipeline) connect(ctx context.Context, to *url.URL) (used bool, err error) {
	if p.conn != nil && p.to == to.Host {
		return true, nil
	}
	p.hangUp()
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	port := to.Port()
	if port == "" {
		port = to.Scheme // the service name of the default port
	}
	conn, err := p.dial(ctx, "tcp", net.JoinHostPort(to.Hostname(), port))
	if err != nil {
		return false, err
	}
	if to.Scheme == "https" {
		config := p.config.Clone() // a clone of nil is nil
		if config == nil {
			config = &tls.Config{}
		}
		if config.ServerName == "" {
			config.ServerName = to.Hostname()
		}
		secure := tls.Client(conn, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			conn.Close()
			return false, err
		}
		conn = secure
	}
	p.conn, p.to, p.answers = conn, to.Host, bufio.NewReader(conn)
	return false, nil
}

// exchange returns how many requests were answered. Unless all were, it also returns
// an error and the connection is closed.
func (p *pipeline) exchange(ctx context.Context, requests []*http.Request, f func(*http.Response)) (answered int, err error) {
	conn := p.conn
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	var writing sync.WaitGroup
	defer writing.Wait()
	if err := conn.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		conn.Close()
		return 0, err
	}
	writing.Go(func() {
		out := bufio.NewWriterSize(conn, 64<<10)
		for _, r := range requests {
			if r.Write(out) != nil {
				break
			}
		}
		if out.Flush() != nil {
			conn.Close() // there will be no more answers
		}
	})
	for i, r := range requests {
		resp, err := http.ReadResponse(p.answers, r)
		if err != nil {
			conn.Close()
			return i, err
		}
		f(resp)
		if resp.Close && i < len(requests)-1 {
			conn.Close()
			return i + 1, errHungUp
		}
	}
	return len(requests), nil
}

// close closes the connection; the next send opens another.
func (p *pipeline) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hangUp()
}

func (p *pipeline) hangUp() {
	if p.conn != nil {
		p.conn.Close()
		p.conn = nil
	}
}
