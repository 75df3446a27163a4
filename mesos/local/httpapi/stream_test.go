package httpapi

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gogo/protobuf/proto"
	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest/pipenet"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/recordio"
)

func event(kind pb.SchedulerEvent_Type) *pb.SchedulerEvent { return &pb.SchedulerEvent{Type: &kind} }

// reader reads the stream that a queue feeds.
type reader struct {
	t       *testing.T
	records *recordio.Reader
	body    io.ReadCloser
}

func openStream(t *testing.T, q *Queue, beat proto.Message) *reader {
	t.Helper()
	n := pipenet.New(t)
	c, _ := codecOf(Protobuf)
	n.Serve("m:1", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { ServeStream(w, r, c, q, beat, 15*time.Second) }))
	client := &http.Client{Transport: &http.Transport{DialContext: n.Dial}}
	t.Cleanup(client.CloseIdleConnections)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://m:1/", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return &reader{t, recordio.NewReader(answer.Body, 0), answer.Body}
}

// next returns the type of the next event, or why there is none.
func (r *reader) next() (string, error) {
	r.t.Helper()
	b, err := r.records.ReadRecord()
	if err != nil {
		return "", err
	}
	e := new(pb.SchedulerEvent)
	if err := e.Unmarshal(b); err != nil {
		r.t.Fatal(err)
	}
	return e.GetType().String(), nil
}

func (r *reader) expect(want ...string) {
	r.t.Helper()
	for _, w := range want {
		if got, err := r.next(); got != w || err != nil {
			r.t.Fatalf("read %s, %v; want %s", got, err, w)
		}
	}
}

// The first heartbeat follows the first event, and then there is one each interval.
func TestHeartbeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue()
		q.Send(event(pb.SchedulerEvent_SUBSCRIBED), event(pb.SchedulerEvent_OFFERS))
		r := openStream(t, q, event(pb.SchedulerEvent_HEARTBEAT))
		r.expect("SUBSCRIBED", "HEARTBEAT", "OFFERS")
		began := time.Now()
		r.expect("HEARTBEAT", "HEARTBEAT")
		if d := time.Since(began); d != 30*time.Second {
			t.Errorf("two heartbeats took %v", d)
		}
		q.Send(event(pb.SchedulerEvent_UPDATE))
		r.expect("UPDATE")
		q.End(Closed)
	})
}

// A stream ends as its queue does: in order, at once, or within a record.
func TestEndings(t *testing.T) {
	t.Parallel()
	for how, c := range map[Ending]struct {
		last bool // events that wait arrive
		end  error
	}{Closed: {true, io.EOF}, Cut: {false, io.ErrUnexpectedEOF}, Torn: {true, io.ErrUnexpectedEOF}} {
		synctest.Test(t, func(t *testing.T) {
			q := NewQueue()
			q.Send(event(pb.SchedulerEvent_SUBSCRIBED))
			r := openStream(t, q, nil)
			r.expect("SUBSCRIBED")
			synctest.Wait()
			q.mu.Lock() // the handler sees both at once
			q.events, q.ending = append(q.events, event(pb.SchedulerEvent_UPDATE)), how
			q.mu.Unlock()
			q.signal()
			q.Send(event(pb.SchedulerEvent_OFFERS)) // after the end
			q.End(Closed)                           // only the first counts
			if c.last {
				r.expect("UPDATE")
			}
			if got, err := r.next(); !errors.Is(err, c.end) {
				t.Errorf("ending %d: %s, %v; want %v", how, got, err, c.end)
			}
		})
	}
}

// A queue whose reader is away is cut when it is full, so that it holds no more memory.
func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	q := NewQueue()
	for range queueLimit {
		q.Send(event(pb.SchedulerEvent_UPDATE))
	}
	if events, ending := q.take(); len(events) != queueLimit || ending != open {
		t.Fatalf("%d events, ending %d", len(events), ending)
	}
	for range queueLimit + 1 {
		q.Send(event(pb.SchedulerEvent_UPDATE))
	}
	if _, ending := q.take(); ending != Cut {
		t.Errorf("a full queue ends as %d", ending)
	}
}

// While a gate is shut, connections break and new ones end; afterwards they work again.
func TestGate(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gate := NewGate(l)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "here") }))
	server.Listener.Close()
	server.Listener = gate
	server.Start()
	defer server.Close()
	ask := func(c net.Conn) error {
		if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			return err
		}
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			return err
		}
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err == nil {
			_, err = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
		}
		return err
	}
	dial := func() net.Conn {
		c, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	before := dial()
	if err := ask(before); err != nil {
		t.Fatal(err)
	}
	gate.Shut()
	if ask(before) == nil {
		t.Error("a connection outlives the shutting of the gate")
	}
	if ask(dial()) == nil {
		t.Error("a shut gate lets a connection in")
	}
	gate.Open()
	if err := ask(dial()); err != nil {
		t.Errorf("after the gate is open again: %v", err)
	}
}

// An endpoint keeps its port while it does not serve, and serves there again.
func TestEndpoint(t *testing.T) {
	t.Parallel()
	e, err := NewEndpoint("")
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func() (string, error) {
		answer, err := client.Get("http://" + e.Addr)
		if err != nil {
			return "", err
		}
		defer answer.Body.Close()
		b, err := io.ReadAll(answer.Body)
		return string(b), err
	}
	says := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) })
	}
	port := e.Port()
	for _, text := range []string{"first", "second"} {
		e.Serve(says(text))
		if got, err := get(); got != text || err != nil || e.Server() == nil {
			t.Errorf("%q, %v; want %q", got, err, text)
		}
		e.Stop()
		if got, err := get(); err == nil || e.Server() != nil {
			t.Errorf("stopped, it answers %q", got)
		}
		if err := e.Listen(); err != nil {
			t.Fatal(err)
		}
		if e.Port() != port {
			t.Errorf("port %d, before %d", e.Port(), port)
		}
	}
	e.Wait()
	e.Close()
}
