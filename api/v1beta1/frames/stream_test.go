package frames

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// connection is a client's connection that records its write deadlines.
type connection struct {
	*httptest.ResponseRecorder
	deadlines []time.Time
	full      bool // writes fail
}

func (c *connection) SetWriteDeadline(t time.Time) error {
	c.deadlines = append(c.deadlines, t)
	return nil
}

func (c *connection) Write(b []byte) (int, error) {
	if c.full {
		return 0, io.ErrClosedPipe
	}
	return c.ResponseRecorder.Write(b)
}

func watchRequest(header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/watch", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// A chunked body begins at once, has an event per line, and has a deadline only while
// an event waits for the client.
func TestChunks(t *testing.T) {
	t.Parallel()
	c := &connection{ResponseRecorder: httptest.NewRecorder()}
	began := time.Now()
	s, err := Open(c, watchRequest(), func() { t.Error("the client has not left") })
	if err != nil {
		t.Fatal(err)
	}
	if c.Code != http.StatusOK || !c.Flushed || c.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %t %v", c.Code, c.Flushed, c.Header())
	}
	for i, step := range []struct {
		do   func() error
		idle bool
	}{
		{func() error { return s.Send([]byte("a\n")) }, false},
		{s.Flush, true},
		{func() error { return s.Send([]byte("b\n")) }, false},
		{func() error { s.End(); return nil }, true},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if last := c.deadlines[len(c.deadlines)-1]; last.IsZero() != step.idle || !step.idle && last.Before(began.Add(sendTimeout)) {
			t.Errorf("after step %d the deadline is %v", i, last)
		}
	}
	if got := c.Body.String(); got != "a\nb\n" {
		t.Errorf("%q", got)
	}
	c.full = true
	if err := s.Send([]byte("c\n")); err == nil {
		t.Error("a client that has left takes an event")
	}
}

// Connections without deadlines are served, too.
func TestChunksWithoutDeadlines(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	s, err := Open(w, watchRequest(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send([]byte("a\n")); err != nil || s.Flush() != nil || w.Body.String() != "a\n" {
		t.Errorf("%v %q", err, w.Body)
	}
}

// A writer that cannot flush would keep events back: it is refused.
func TestNoFlush(t *testing.T) {
	t.Parallel()
	if _, err := Open(struct{ http.ResponseWriter }{plainWriter{}}, watchRequest(), nil); err == nil {
		t.Error("a stream is opened that cannot flush")
	}
}

type plainWriter struct{}

func (plainWriter) Header() http.Header         { return http.Header{} }
func (plainWriter) Write(b []byte) (int, error) { return len(b), nil }
func (plainWriter) WriteHeader(int)             {}

func TestWantsWebSocket(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		connection, upgrade string
		want                bool
	}{
		{"Upgrade", "websocket", true}, {"keep-alive, UPGRADE", "WebSocket", true},
		{"keep-alive", "websocket", false}, {"Upgrade", "h2c", false}, {"", "", false},
	} {
		if got := wantsWebSocket(watchRequest("Connection", c.connection, "Upgrade", c.upgrade)); got != c.want {
			t.Errorf("%q %q: %t", c.connection, c.upgrade, got)
		}
	}
}

// socketServer serves one WebSocket stream.
func socketServer(t *testing.T, serve func(Stream, <-chan struct{})) *websocket.Conn {
	t.Helper()
	served := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(served)
		gone := make(chan struct{})
		s, err := Open(w, r, func() { close(gone) })
		if err != nil {
			t.Error(err)
			return
		}
		defer s.End()
		serve(s, gone)
	}))
	t.Cleanup(server.Close)
	conn, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(server.URL, "http"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); <-served })
	return conn
}

// A WebSocket has an event per message, without the line's end, and is closed in an
// orderly way.
func TestSocket(t *testing.T) {
	t.Parallel()
	conn := socketServer(t, func(s Stream, _ <-chan struct{}) {
		for _, line := range []string{"a\n", "b\n"} {
			if err := s.Send([]byte(line)); err != nil || s.Flush() != nil {
				t.Errorf("send: %v", err)
			}
		}
	})
	for _, want := range []string{"a", "b"} {
		kind, text, err := conn.ReadMessage()
		if kind != websocket.TextMessage || string(text) != want || err != nil {
			t.Errorf("%d %q %v, want %q", kind, text, err, want)
		}
	}
	if _, _, err := conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("the end: %v", err)
	}
}

// What the client of a WebSocket says is ignored; when it leaves, that is reported.
func TestSocketClientLeaves(t *testing.T) {
	t.Parallel()
	left := make(chan struct{})
	conn := socketServer(t, func(_ Stream, gone <-chan struct{}) {
		<-gone
		close(left)
	})
	if err := conn.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	<-left
}

// A handshake that fails has been answered, and nothing more may be written.
func TestBadHandshake(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	_, err := Open(w, watchRequest("Connection", "Upgrade", "Upgrade", "websocket"), func() { t.Error("a client left that was never there") })
	if err != ErrAnswered || w.Code != http.StatusBadRequest {
		t.Errorf("%v, %d", err, w.Code)
	}
}

// Over HTTP each line arrives when it is flushed, not when the stream ends.
func TestChunksArrive(t *testing.T) {
	t.Parallel()
	next := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := Open(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		for _, line := range []string{"a\n", "b\n"} {
			if err := s.Send([]byte(line)); err != nil {
				t.Error(err)
			}
			s.Flush()
			<-next // the client has read it
		}
		s.End()
	}))
	t.Cleanup(server.Close)
	resp, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewReader(resp.Body)
	for _, want := range []string{"a\n", "b\n"} {
		got, err := lines.ReadString('\n')
		if got != want || err != nil {
			t.Errorf("%q %v, want %q", got, err, want)
		}
		next <- struct{}{}
	}
}
