package mesos

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest/pipenet"
)

// acks returns n acknowledgements, and a master's notes of them.
func acks(n int) (calls []*pb.SchedulerCall, notes []string) {
	for i := range n {
		calls = append(calls, Acknowledge(fmt.Sprint(i), "S", make([]byte, 16)))
		notes = append(notes, fmt.Sprint("ACKNOWLEDGE ", i))
	}
	return calls, notes
}

// Acknowledgements arrive in order, between the calls before and after them, and
// pipelined ones share one connection.
func TestPipeline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		m := &fakeMaster{}
		n.Serve("m:5050", m)
		l := live(t, n, SchedulerConfig{Master: "m:5050", Principal: "p", Secret: "s"})
		synctest.Wait()
		calls, notes := acks(250)
		var want []string
		for range 3 {
			for _, send := range [][]*pb.SchedulerCall{{kill("t")}, calls, nil} {
				if err := l.Send(t.Context(), send...); err != nil {
					t.Fatal(err)
				}
			}
			want = append(append(want, "KILL t"), notes...)
		}
		if got := m.received(); !slices.Equal(got, want) {
			t.Errorf("received %q", got)
		}
		if got := n.Dialled("m:5050"); got != 3 {
			t.Errorf("%d connections, want one for events, one for calls and one for the pipeline", got)
		}
		if h := m.headers[20]; h.Get("Mesos-Stream-Id") != "stream-1" || h.Get("Authorization") != "Basic cDpz" {
			t.Errorf("headers %v", h)
		}
		if got := m.calls[20].GetFrameworkId().GetValue(); got != "F" {
			t.Errorf("framework id %q", got)
		}
		for _, calls := range [][]*pb.SchedulerCall{{kill("t"), kill("u")}, {calls[0], kill("t")}, {calls[0], {}}} {
			if err := l.Send(t.Context(), calls...); err == nil {
				t.Errorf("%v were sent at once", calls)
			}
		}
	})
}

// However a pipeline is cut short, every acknowledgement arrives as long as each new
// connection gets at least one more through.
func TestPipelineCutShort(t *testing.T) {
	t.Parallel()
	breaks := func(nth int) {
		if nth%7 == 6 {
			panic(http.ErrAbortHandler)
		}
	}
	for name, c := range map[string]struct {
		header        string    // of each answer
		before, after func(int) // the nth call is noted; may be nil
		pause         time.Duration
		repeat        bool // some may arrive twice
	}{
		"a proxy that closes after each answer": {header: "close"},
		"a connection that breaks now and then": {before: breaks},
		"answers that are lost now and then":    {after: breaks, repeat: true},
		"a connection that was idle for long":   {pause: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := pipenet.New(t)
				m := &fakeMaster{stream: func(_ int, s *events) {
					s.open(3600) // no heartbeat within the pause
					s.stay()
				}}
				nth := 0
				n.Serve("m:5050", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if len(m.subscribes()) == 0 {
						m.ServeHTTP(w, r)
						return
					}
					nth++
					if c.before != nil {
						c.before(nth)
					}
					w.Header().Set("Connection", c.header)
					m.ServeHTTP(w, r)
					if c.after != nil {
						c.after(nth)
					}
				}))
				l := live(t, n, SchedulerConfig{Master: "m:5050"})
				synctest.Wait()
				calls, notes := acks(50)
				for range 2 {
					if err := l.Send(t.Context(), calls...); err != nil {
						t.Fatal(err)
					}
					got := m.received()
					if once := slices.Compact(slices.Clone(got)); !slices.Equal(once, notes) || c.repeat != (len(got) > len(once)) {
						t.Errorf("received %q", got)
					}
					m.calls = nil
					time.Sleep(c.pause)
				}
				if got := l.heard(); !slices.Equal(got, []string{"SUBSCRIBED"}) {
					t.Errorf("told %q", got)
				}
			})
		})
	}
}

// A refused one does not hold up the others; an answer that means we are not
// subscribed ends the subscription.
func TestPipelineRefused(t *testing.T) {
	t.Parallel()
	for status, again := range map[int]bool{400: false, 503: true} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := pipenet.New(t)
				m := &fakeMaster{status: func(_ context.Context, c *pb.SchedulerCall) int {
					if c.GetAcknowledge().GetTaskId().GetValue() == "3" {
						return status
					}
					return http.StatusAccepted
				}}
				n.Serve("m:5050", m)
				l := live(t, n, SchedulerConfig{Master: "m:5050"})
				synctest.Wait()
				calls, notes := acks(10)
				err := l.Send(t.Context(), calls...)
				var refused *CallError
				if !errors.As(err, &refused) || *refused != (CallError{"ACKNOWLEDGE", status, "because"}) {
					t.Errorf("Send: %v", err)
				}
				if got := m.received(); !slices.Equal(got, notes) {
					t.Errorf("received %q", got)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				if got := len(m.subscribes()) > 1; got != again {
					t.Errorf("subscribed again: %v, want %v", got, again)
				}
			})
		})
	}
}

// A master that takes no calls, or stops taking them, causes an error within the
// time allowed for an answer, and the subscription is begun again.
func TestPipelineWithoutAnswer(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]func(context.Context, *pb.SchedulerCall) int{
		"cuts": func(context.Context, *pb.SchedulerCall) int { panic(http.ErrAbortHandler) },
		"hangs": func(ctx context.Context, _ *pb.SchedulerCall) int {
			wait(ctx, time.Hour)
			return http.StatusAccepted
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := pipenet.New(t)
				n.Serve("m:5050", &fakeMaster{status: status})
				l := live(t, n, SchedulerConfig{Master: "m:5050"})
				synctest.Wait()
				began := time.Now()
				calls, _ := acks(10)
				err := l.Send(t.Context(), calls...)
				if err == nil || !strings.Contains(err.Error(), "ACKNOWLEDGE, whose outcome is unknown") || time.Since(began) > answerTimeout {
					t.Errorf("after %v: %v", time.Since(began), err)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				if got := l.heard(); len(got) != 3 || got[2] != "SUBSCRIBED" {
					t.Errorf("told %q", got)
				}
			})
		})
	}
}

// Bursts are encrypted like everything else.
func TestPipelineTLS(t *testing.T) {
	t.Parallel()
	ours := newAuthority(t, "ours")
	pair, err := tls.LoadX509KeyPair(ours.sign("master", time.Now().Add(time.Hour), "127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	m := &fakeMaster{}
	server := httptest.NewUnstartedServer(m)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	server.StartTLS()
	t.Cleanup(server.Close)
	config, err := TLSFiles{CA: ours.file}.Config()
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewScheduler(SchedulerConfig{Master: server.URL, TLS: config})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	h := &once{told: make(chan string, 1)}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, frameworkInfo, h) }()
	if told := <-h.told; told != "SUBSCRIBED" {
		t.Errorf("told %s", told)
	}
	calls, notes := acks(10)
	if err := s.Send(ctx, calls...); err != nil {
		t.Error(err)
	}
	if got := m.received(); !slices.Equal(got, notes) {
		t.Errorf("received %q", got)
	}
	stop()
	<-ended
}
