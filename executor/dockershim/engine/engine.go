// Package engine makes calls of the Docker daemon, each under the caller's context.
//
// It finds the daemon at the first call, learns what does not change while the daemon
// runs, and finds it again after a connection has failed: a daemon may start late, and be
// restarted or upgraded. It knows nothing of pods or containers.
package engine

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockerd"
)

// Engine makes calls of one Docker daemon. It is safe for concurrent use.
type Engine struct {
	endpoint string
	changed  func()        // called after each call that may have changed a container
	dialing  chan struct{} // holds one token: its holder may look for the daemon

	mu     sync.Mutex // guards daemon
	daemon *Daemon    // nil: none is known
}

// New returns an Engine for the daemon at endpoint; empty means Docker's default. It
// calls changed after each call that may have changed a container.
func New(endpoint string, changed func()) *Engine {
	e := &Engine{endpoint: dockerd.Endpoint(endpoint), changed: changed, dialing: make(chan struct{}, 1)}
	e.dialing <- struct{}{}
	return e
}

// AnswerTime is how long a daemon may take to identify itself or to start sending
// events; no call waits longer for a daemon that hangs.
const AnswerTime = 10 * time.Second

// Daemon returns the daemon, looking for it if none is known yet.
func (e *Engine) Daemon(ctx context.Context) (*Daemon, error) {
	if d := e.Known(); d != nil {
		return d, nil
	}
	select {
	case <-e.dialing:
		defer func() { e.dialing <- struct{}{} }()
	case <-ctx.Done():
		return nil, fmt.Errorf("docker at %s does not answer: %w", e.endpoint, ctx.Err())
	}
	if d := e.Known(); d != nil {
		return d, nil
	}
	ctx, cancel := context.WithTimeout(ctx, AnswerTime)
	defer cancel()
	d, err := connect(ctx, e.endpoint)
	if err != nil {
		return nil, fmt.Errorf("docker at %s: %w", e.endpoint, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.daemon = d
	return d, nil
}

// Known returns the daemon if it is known, and otherwise nil. It makes no call.
func (e *Engine) Known() *Daemon {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.daemon
}

// Client returns a client whose calls all end when ctx does; not all of its methods take
// a context.
func (e *Engine) Client(ctx context.Context) (*docker.Client, error) {
	d, err := e.Daemon(ctx)
	if err != nil {
		return nil, err
	}
	return e.client(ctx, d), nil
}

// client returns a client of a daemon that was found before.
func (e *Engine) client(ctx context.Context, d *Daemon) *docker.Client {
	return bind(d.client, boundTransport{ctx, d.client.HTTPClient.Transport, e.changed, func() { e.forget(d) }})
}

func bind(c *docker.Client, t boundTransport) *docker.Client {
	bound := *c
	bound.HTTPClient = &http.Client{Transport: t}
	return &bound
}

// Get makes a call that the client library has no method for, to a daemon that was found
// before. An answer other than 200 is an error. The caller closes the body.
func (e *Engine) Get(ctx context.Context, d *Daemon, path string) (*http.Response, error) {
	answer, err := e.client(ctx, d).HTTPClient.Get(d.base() + path)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		defer answer.Body.Close()
		return nil, apiError(answer)
	}
	return answer, nil
}

// Endpoint returns the daemon's endpoint.
func (e *Engine) Endpoint() string { return e.endpoint }

// forget drops a daemon that failed, so the next call looks for it again.
func (e *Engine) forget(d *Daemon) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.daemon == d {
		e.daemon = nil
	}
}

// boundTransport sends requests under a context. It is used for one call.
type boundTransport struct {
	ctx     context.Context
	next    http.RoundTripper
	changed func() // called when a container may have changed
	failed  func() // called when the daemon could not be reached
}

func (t boundTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := t.next.RoundTrip(r.WithContext(t.ctx))
	if err != nil && t.ctx.Err() == nil {
		t.failed()
	}
	if r.Method != http.MethodGet && !strings.Contains(r.URL.Path, "/exec") {
		t.changed()
	}
	return answer, err
}
