package localport

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// readBody is the result of reading one body.
type readBody struct {
	n   int
	err error
}

// serveBodies reads bodies with the given patience, and reports each.
func serveBodies(t *testing.T, patience time.Duration) (string, <-chan readBody) {
	t.Helper()
	bodies := make(chan readBody, 1)
	server := httptest.NewServer(patient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/unread" {
			return
		}
		b, err := io.ReadAll(r.Body)
		bodies <- readBody{len(b), err}
		if err == nil && r.URL.Path == "/wait" {
			<-r.Context().Done()
			bodies <- readBody{0, context.Cause(r.Context())}
		}
	}), patience))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), bodies
}

// dial sends the start of a request with the given body length.
func dial(t *testing.T, addr, path string, length int) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", path, length)
	return c
}

func TestSlowBodyEnds(t *testing.T) {
	t.Parallel()
	addr, bodies := serveBodies(t, 100*time.Millisecond)
	c := dial(t, addr, "/", 10)
	io.WriteString(c, "abc")
	if got := <-bodies; got.n != 3 || !errors.Is(got.err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes and %v, want 3 and a deadline exceeded", got.n, got.err)
	}
	if _, err := io.ReadAll(c); err != nil {
		t.Errorf("the connection stays: %v", err)
	}
}

func TestSlowBodyEndsOnHTTP2(t *testing.T) {
	t.Parallel()
	bodies := make(chan readBody, 1)
	server := httptest.NewUnstartedServer(patient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		bodies <- readBody{len(b), err}
	}), 100*time.Millisecond))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	read, write := io.Pipe()
	t.Cleanup(func() { write.Close() })
	go func() {
		if resp, err := server.Client().Post(server.URL, "text/plain", read); err == nil {
			resp.Body.Close()
		}
	}()
	io.WriteString(write, "abc")
	if got := <-bodies; got.n != 3 || !errors.Is(got.err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes and %v, want 3 and a deadline exceeded", got.n, got.err)
	}
}

// A reader that is itself slow, such as one that waits for a pod to take what it got,
// keeps reading: the caller cannot speed it up.
func TestSlowReaderReadsOn(t *testing.T) {
	t.Parallel()
	const patience = 50 * time.Millisecond
	for _, http2 := range []bool{false, true} {
		bodies := make(chan readBody, 1)
		server := httptest.NewUnstartedServer(patient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.ReadFull(r.Body, make([]byte, 1))
			<-time.After(4 * patience)
			b, err := io.ReadAll(r.Body)
			bodies <- readBody{len(b), err}
		}), patience))
		server.EnableHTTP2 = http2
		server.StartTLS()
		t.Cleanup(server.Close)
		resp, err := server.Client().Post(server.URL, "text/plain", bytes.NewReader(make([]byte, 4<<20)))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := <-bodies; got.n != 4<<20-1 || got.err != nil {
			t.Errorf("HTTP/2 is %t: %d more bytes and %v", http2, got.n, got.err)
		}
	}
}

// A body that no handler reads does not keep the connection open, either.
func TestSlowUnreadBodyEnds(t *testing.T) {
	t.Parallel()
	addr, _ := serveBodies(t, 100*time.Millisecond)
	c := dial(t, addr, "/unread", 10)
	if answer, err := io.ReadAll(c); err != nil || !strings.Contains(string(answer), "200 OK") {
		t.Errorf("%q, %v", answer, err)
	}
}

// Arriving bytes restore patience, up to its maximum; a trickle uses it up.
func TestBodyPatience(t *testing.T) {
	t.Parallel()
	const patience = 10 * time.Second
	for name, c := range map[string]struct {
		left time.Duration
		sent int
		want time.Duration
	}{
		"a trickle":      {4 * time.Second, 1, 4 * time.Second},
		"a KiB":          {4 * time.Second, 1 << 10, 5 * time.Second},
		"a lot":          {4 * time.Second, 1 << 20, patience},
		"the first byte": {patience, 1, patience},
	} {
		b := &body{
			ReadCloser: io.NopCloser(bytes.NewReader(make([]byte, c.sent))), connection: http.NewResponseController(httptest.NewRecorder()),
			most: patience, left: c.left,
		}
		if _, err := io.ReadFull(b, make([]byte, c.sent)); err != nil {
			t.Fatal(err)
		}
		if b.left > c.want+time.Millisecond || b.left < c.want-time.Second {
			t.Errorf("%s: %v are left, want %v", name, b.left, c.want)
		}
	}
}

// Once the body has arrived, the answer may take its time, and a disconnect of the
// client is noticed.
func TestAnswerOutlastsPatience(t *testing.T) {
	t.Parallel()
	const patience = 50 * time.Millisecond
	addr, bodies := serveBodies(t, patience)
	c := dial(t, addr, "/wait", 3)
	io.WriteString(c, "abc")
	if got := <-bodies; got.n != 3 || got.err != nil {
		t.Fatalf("%d bytes and %v", got.n, got.err)
	}
	select {
	case got := <-bodies:
		t.Fatalf("the request ended by itself: %v", got.err)
	case <-time.After(4 * patience):
	}
	c.Close()
	if got := <-bodies; got.err != context.Canceled {
		t.Errorf("%v", got.err)
	}
}

func TestPanicsAreAnswered(t *testing.T) {
	t.Parallel()
	n := newCounts()
	var lines strings.Builder // requests come one after the other
	log := funcr.New(func(_, line string) { lines.WriteString(line) }, funcr.Options{})
	server := httptest.NewServer(n.recovering(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/begun":
			io.WriteString(w, "half")
		case "/abort":
			panic(http.ErrAbortHandler)
		}
		panic("boom of " + r.URL.Path)
	}), log))
	t.Cleanup(server.Close)
	for path, want := range map[string]string{
		"/": `500 local port: the request made its handler panic`, "/begun": "200 half", "/abort": "EOF",
	} {
		if got := fetch(server.URL + path); !matches(got, want) {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	if got := testutil.ToFloat64(n.panics); got != 2 {
		t.Errorf("%v panics are counted, want 2", got)
	}
	for _, want := range []string{`GET \"/\": boom of /`, "boom of /begun", "slow_test.go"} {
		if !strings.Contains(lines.String(), want) {
			t.Errorf("the log has no %q:\n%s", want, lines.String())
		}
	}
}

// matches reports whether an answer has the wanted code and text.
func matches(got, want string) bool {
	code, text, _ := strings.Cut(want, " ")
	return strings.HasPrefix(got, code) && strings.Contains(got, text)
}

// fetch returns the code and body of an answer, or the error.
func fetch(url string) string {
	resp, err := http.Get(url)
	if err != nil {
		return "EOF " + err.Error()
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return fmt.Sprintf("%d %s", resp.StatusCode, b)
}

// A connection beyond the limit gets an answer that says so; closing one makes room.
func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := New(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "served") }), Users{}, time.Second, logr.Discard())
	s.listener.most = 2
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	var open []net.Conn
	for i, want := range []string{"200", "200", "503", "503"} {
		c, code := ask(t, l.Addr().String())
		if code != want {
			t.Errorf("connection %d: %s, want %s", i+1, code, want)
		}
		open = append(open, c)
	}
	if got := testutil.ToFloat64(s.listener.counts.refused); got != 2 {
		t.Errorf("%v refusals are counted, want 2", got)
	}
	open[0].Close()
	for deadline := time.Now().Add(10 * time.Second); ; {
		if _, code := ask(t, l.Addr().String()); code == "200" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a closed connection makes no room")
		}
	}
}

// ask makes one request on a new connection, and leaves it open.
func ask(t *testing.T, addr string) (net.Conn, string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return c, strings.Fields(line)[1]
}
