// Package faultproxy is an HTTP proxy for tests that stands between a scheduler
// and a master, or an executor and its agent, and has calls and streams go wrong
// by a script: delayed, dropped, answered by the proxy, carried out twice or without
// an answer, overtaken; cut, silent, slow or followed by garbage. It knows a
// call's type, in protobuf and in JSON, and nothing else of Mesos. Time is that
// of package time, so that it works inside a testing/synctest bubble.
package faultproxy

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"
)

// A Loss is how something is lost.
type Loss int

// The ways to lose something.
const (
	None Loss = iota // it arrives
	Cut              // the connection is broken
	Hang             // the connection stays, and nothing comes: the other end lost power
)

// A Fault defines what happens to one request. The zero value passes it on.
type Fault struct {
	// Delay is how long to wait before anything else.
	Delay time.Duration
	// Until holds the request back until a request of this type has been answered.
	Until string
	// Status is the proxy's own answer, with Location if that is not "";
	// nothing is passed on.
	Status   int
	Location string
	// Drop loses the request, LoseAnswer the answer to it.
	Drop, LoseAnswer Loss
	// Twice passes the request on twice, one after the other; the second answer is
	// returned.
	Twice bool
	// Stream defines what happens to the body of the answer.
	Stream Stream
}

// A Script returns the fault of the nth request of a type, counted from 0. The type
// is the call's, such as SUBSCRIBE, or "" if it is not a call.
type Script func(call string, n int) Fault

// A Proxy is an http.Handler that passes requests on to one address.
type Proxy struct {
	target    string
	script    Script
	transport *http.Transport

	mu       sync.Mutex
	counts   map[string]int
	answered map[string]chan struct{} // closed when one of the type has been answered
}

// New returns a proxy to target, host:port. A nil dial means the network.
func New(target string, dial func(ctx context.Context, network, address string) (net.Conn, error), script Script) *Proxy {
	return &Proxy{
		target: target, script: script, transport: &http.Transport{DialContext: dial, DisableCompression: true},
		counts: map[string]int{}, answered: map[string]chan struct{}{},
	}
}

// Close closes idle connections to the target.
func (p *Proxy) Close() { p.transport.CloseIdleConnections() }

// Count returns how many requests of a type have arrived.
func (p *Proxy) Count(call string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counts[call]
}

func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	call := callType(r, body)
	p.mu.Lock()
	n := p.counts[call]
	p.counts[call]++
	p.mu.Unlock()
	f := p.script(call, n)

	pause(r.Context(), f.Delay)
	if f.Until != "" {
		p.await(r.Context(), f.Until)
	}
	lose(r.Context(), f.Drop)
	if f.Status != 0 {
		if f.Location != "" {
			w.Header().Set("Location", f.Location)
		}
		w.WriteHeader(f.Status)
		p.done(call)
		return
	}
	answer := p.pass(r, body)
	if f.Twice {
		answer.Body.Close()
		answer = p.pass(r, body)
	}
	defer answer.Body.Close()
	lose(r.Context(), f.LoseAnswer)
	maps.Copy(w.Header(), answer.Header)
	w.WriteHeader(answer.StatusCode)
	p.done(call)
	f.Stream.copy(r.Context(), w, answer.Body)
}

// pass passes a request on and returns its answer; without one, the client's
// connection is cut too.
func (p *Proxy) pass(r *http.Request, body []byte) *http.Response {
	out := r.Clone(r.Context())
	out.URL.Scheme, out.URL.Host, out.RequestURI = "http", p.target, ""
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer, err := p.transport.RoundTrip(out)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return answer
}

// signal returns a channel closed when a request of the type has been answered.
func (p *Proxy) signal(call string) chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.answered[call]
	if c == nil {
		c = make(chan struct{})
		p.answered[call] = c
	}
	return c
}

func (p *Proxy) await(ctx context.Context, call string) {
	select {
	case <-p.signal(call):
	case <-ctx.Done():
		panic(http.ErrAbortHandler)
	}
}

func (p *Proxy) done(call string) {
	c := p.signal(call)
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-c:
	default:
		close(c)
	}
}

// lose does not return if how is a loss.
func lose(ctx context.Context, how Loss) {
	if how == Hang {
		<-ctx.Done()
	}
	if how != None {
		panic(http.ErrAbortHandler)
	}
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
		panic(http.ErrAbortHandler)
	}
}
