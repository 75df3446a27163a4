package dockershim

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

// engine makes calls of the Docker daemon, each under the caller's context. It finds
// the daemon at the first call, and again after the connection has failed, so the
// daemon may start late and be restarted or upgraded.
type engine struct {
	endpoint string
	changed  func()        // called after each call that may have changed a container
	dialing  chan struct{} // holds one token: its holder may look for the daemon

	mu   sync.Mutex // guards link
	link *link
}

func newEngine(endpoint string, changed func()) *engine {
	e := &engine{endpoint: dockerd.Endpoint(endpoint), changed: changed, dialing: make(chan struct{}, 1)}
	e.dialing <- struct{}{}
	return e
}

// answerTime is how long a daemon may take to identify itself or to start sending
// events; no call waits longer for a daemon that hangs.
const answerTime = 10 * time.Second

// dial returns the daemon, looking for it if none is known yet.
func (e *engine) dial(ctx context.Context) (*link, error) {
	if l := e.current(); l != nil {
		return l, nil
	}
	select {
	case <-e.dialing:
		defer func() { e.dialing <- struct{}{} }()
	case <-ctx.Done():
		return nil, fmt.Errorf("docker at %s does not answer: %w", e.endpoint, ctx.Err())
	}
	if l := e.current(); l != nil {
		return l, nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	l, err := connect(ctx, e.endpoint)
	if err != nil {
		return nil, fmt.Errorf("docker at %s: %w", e.endpoint, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.link = l
	return l, nil
}

func (e *engine) current() *link {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.link
}

// in returns a client whose calls all end when ctx does; not all of its methods take
// a context.
func (e *engine) in(ctx context.Context) (*docker.Client, error) {
	l, err := e.dial(ctx)
	if err != nil {
		return nil, err
	}
	return e.client(ctx, l), nil
}

// client returns a client of a daemon that was found before.
func (e *engine) client(ctx context.Context, l *link) *docker.Client {
	return bind(l.client, boundTransport{ctx, l.client.HTTPClient.Transport, e.changed, func() { e.forget(l) }})
}

func bind(c *docker.Client, t boundTransport) *docker.Client {
	bound := *c
	bound.HTTPClient = &http.Client{Transport: t}
	return &bound
}

// forget drops a link that failed, so the next call looks for the daemon again.
func (e *engine) forget(l *link) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.link == l {
		e.link = nil
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
