package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	docker "github.com/fsouza/go-dockerclient"
)

// daemon is a Docker daemon that answers as the test says, at a socket of its own.
type daemon struct {
	t        *testing.T
	path     string
	versions atomic.Int32 // how often it was asked for its version
	handler  http.Handler
	server   *httptest.Server
}

func newDaemon(t *testing.T, handler http.HandlerFunc) *daemon {
	t.Helper()
	d := &daemon{t: t, path: filepath.Join(t.TempDir(), "docker.sock")}
	mux := http.NewServeMux()
	const version = `{"Version":"28.0.1","ApiVersion":"1.48","MinAPIVersion":"1.24","Arch":"amd64"}`
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) {
		d.versions.Add(1)
		fmt.Fprint(w, version)
	})
	mux.HandleFunc("GET /v1.44/version", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, version) })
	mux.HandleFunc("GET /v1.44/info", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"DockerRootDir":"/data/docker","CgroupDriver":"systemd"}`)
	})
	mux.Handle("/v1.44/", handler)
	d.handler = mux
	d.up()
	t.Cleanup(d.down)
	return d
}

func (d *daemon) endpoint() string { return "unix://" + d.path }

func (d *daemon) up() {
	d.t.Helper()
	l, err := net.Listen("unix", d.path)
	if err != nil {
		d.t.Fatal(err)
	}
	d.server = httptest.NewUnstartedServer(d.handler)
	d.server.Listener = l
	d.server.Start()
}

func (d *daemon) down() {
	d.server.CloseClientConnections()
	d.server.Close()
}

func nothing() {}

func TestDaemon(t *testing.T) {
	t.Parallel()
	d := newDaemon(t, http.NotFound)
	e := New(d.endpoint(), nothing)
	if e.Known() != nil {
		t.Error("a daemon is known before any call")
	}
	for range 3 {
		got, err := e.Daemon(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got.Version != "28.0.1" || got.Arch != "amd64" || got.Root != "/data/docker" || !got.SystemdCgroup || e.Known() != got {
			t.Errorf("got %+v", got)
		}
		if file := got.LogFile("c1"); file != "/data/docker/containers/c1/c1-json.log" {
			t.Errorf("its logs are in %s", file)
		}
	}
	if asked := d.versions.Load(); asked != 1 {
		t.Errorf("it was looked for %d times", asked)
	}
}

// A daemon that comes late, or comes back, is found by the next call.
func TestDaemonComesAndGoes(t *testing.T) {
	t.Parallel()
	d := newDaemon(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "OK") })
	e := New(d.endpoint(), nothing)
	ping := func() error {
		client, err := e.Client(t.Context())
		if err != nil {
			return err
		}
		return client.PingWithContext(t.Context())
	}
	d.down()
	if err := ping(); err == nil || !strings.Contains(err.Error(), d.path) {
		t.Errorf("no daemon: %v, want an error with its address", err)
	}
	d.up()
	if err := ping(); err != nil {
		t.Fatal(err)
	}
	d.down()
	if err := ping(); err == nil || e.Known() != nil {
		t.Errorf("it has gone: %v, and is still known: %v", err, e.Known())
	}
	d.up()
	if err := ping(); err != nil {
		t.Errorf("it is back: %v", err)
	}
}

// A call ends with its context, whether the daemon is being looked for or hangs later; a
// caller's end says nothing of the daemon.
func TestCallsEndWithTheirContext(t *testing.T) {
	t.Parallel()
	hangs := make(chan struct{})
	d := newDaemon(t, func(_ http.ResponseWriter, r *http.Request) { close(hangs); <-r.Context().Done() })
	e := New(d.endpoint(), nothing)
	ctx, cancel := context.WithCancel(t.Context())
	client, err := e.Client(ctx)
	if err != nil {
		t.Fatal(err)
	}
	go func() { <-hangs; cancel() }()
	if _, err := client.NetworkInfo("bridge"); !errors.Is(err, context.Canceled) { // a method without a context
		t.Errorf("got %v", err)
	}
	if e.Known() == nil {
		t.Error("the daemon is forgotten")
	}

	busy := New(d.endpoint(), nothing)
	<-busy.dialing // another call looks for it
	within, done := context.WithTimeout(t.Context(), time.Millisecond)
	defer done()
	if _, err := busy.Daemon(within); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// Calls that may change a container are reported; those that read, or run a command in a
// container, are not.
func TestChanged(t *testing.T) {
	t.Parallel()
	d := newDaemon(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	changes := 0
	e := New(d.endpoint(), func() { changes++ })
	client, err := e.Client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		call func()
		want int
	}{
		{"inspect", func() { _, _ = client.InspectContainerWithContext("c", t.Context()) }, 0},
		{"exec", func() { _, _ = client.CreateExec(docker.CreateExecOptions{Container: "c"}) }, 0},
		{"start", func() { _ = client.StartContainer("c", nil) }, 1},
		{"remove", func() { _ = client.RemoveContainer(docker.RemoveContainerOptions{ID: "c"}) }, 1},
	} {
		changes = 0
		if c.call(); changes != c.want {
			t.Errorf("%s: %d changes, want %d", c.name, changes, c.want)
		}
	}
}

// Get passes the daemon's reason on.
func TestGet(t *testing.T) {
	t.Parallel()
	d := newDaemon(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1.44/there":
			fmt.Fprint(w, r.URL.RawQuery)
		case "/v1.44/refused":
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, `{"message":"it is in use"}`)
		default:
			http.Error(w, "plain text", http.StatusTeapot)
		}
	})
	e := New(d.endpoint(), nothing)
	found, err := e.Daemon(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	answer, err := e.Get(t.Context(), found, "/there?a=b")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); string(body) != "a=b" || err != nil {
		t.Errorf("got %q, %v", body, err)
	}
	for path, want := range map[string]docker.Error{
		"/refused": {Status: http.StatusConflict, Message: "it is in use"},
		"/other":   {Status: http.StatusTeapot, Message: "plain text\n"},
	} {
		var got *docker.Error
		if _, err := e.Get(t.Context(), found, path); !errors.As(err, &got) || *got != want {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// hijackable upgrades the connection of one request, and sends its input back in capitals
// once it has ended.
func hijackable(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1.44/exec/1/start" {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"message":"no such exec"}`)
			return
		}
		if body, _ := io.ReadAll(r.Body); string(body) != `{"Tty":true}` {
			t.Errorf("body %q", body)
		}
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nfirst ")
		input, _ := io.ReadAll(buffered)
		fmt.Fprint(conn, strings.ToUpper(string(input)))
	}
}

// A stream carries bytes both ways, beginning with those that came with the answer, and
// its input ends before its output.
func TestHijack(t *testing.T) {
	t.Parallel()
	e := New(newDaemon(t, hijackable(t)).endpoint(), nothing)
	stream, err := e.Hijack(t.Context(), "/exec/1/start", map[string]bool{"Tty": true})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if _, err := stream.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := stream.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(stream); string(got) != "first HELLO" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

// A refusal is an error with the daemon's reason, and the end of a context that of a
// stream.
func TestHijackEnds(t *testing.T) {
	t.Parallel()
	e := New(newDaemon(t, hijackable(t)).endpoint(), nothing)
	var refused *docker.Error
	if _, err := e.Hijack(t.Context(), "/exec/2/start", nil); !errors.As(err, &refused) || refused.Status != http.StatusNotFound || refused.Message != "no such exec" {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stream, err := e.Hijack(ctx, "/exec/1/start", map[string]bool{"Tty": true})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.ReadAll(stream); !errors.Is(err, net.ErrClosed) {
		t.Errorf("reading after the end: %v", err)
	}
	if _, err := e.Hijack(ctx, "/exec/1/start", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a hijack after the end: %v", err)
	}
}
