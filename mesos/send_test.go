package mesos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest/pipenet"
)

func kill(task string) *pb.SchedulerCall { return Kill(task, "", -1) }

func TestSend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		m := &fakeMaster{}
		n.Serve("m:5050", m)
		early, err := NewScheduler(SchedulerConfig{Master: "m:5050", Dial: n.Dial})
		if err != nil {
			t.Fatal(err)
		}
		if err := early.Send(t.Context(), kill("t")); !errors.Is(err, ErrNotSubscribed) {
			t.Errorf("before Run: %v", err)
		}
		l := live(t, n, SchedulerConfig{Master: "m:5050", Principal: "p", Secret: "s"})
		synctest.Wait()
		var want []string
		for i := range 100 {
			c := kill(fmt.Sprint(i))
			if err := l.Send(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if c.FrameworkId != nil {
				t.Fatal("Send changes the caller's call")
			}
			want = append(want, fmt.Sprint("KILL ", i))
		}
		if got := m.received(); !slices.Equal(got, want) {
			t.Errorf("received %q", got)
		}
		if got := n.Dialled("m:5050"); got != 2 {
			t.Errorf("%d connections, want one for events and one for all calls", got)
		}
		if h := m.headers[1]; h.Get("Mesos-Stream-Id") != "stream-1" || h.Get("Authorization") != "Basic cDpz" {
			t.Errorf("headers %v", h)
		}
		if got := m.calls[0].GetFrameworkId().GetValue(); got != "F" {
			t.Errorf("framework id %q", got)
		}
		l.stop()
		<-l.ended
		if err := l.Send(t.Context(), kill("t")); !errors.Is(err, ErrNotSubscribed) {
			t.Errorf("after Run: %v", err)
		}
	})
}

// Calls wait for each other and arrive in the order in which they were made.
func TestSendInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		m := &fakeMaster{status: func(ctx context.Context, _ *pb.SchedulerCall) int { wait(ctx, time.Second); return http.StatusAccepted }}
		n.Serve("m:5050", m)
		l := live(t, n, SchedulerConfig{Master: "m:5050"})
		synctest.Wait()
		sent := make(chan error)
		var want []string
		for i := range 20 {
			go func() { sent <- l.Send(t.Context(), kill(fmt.Sprint(i))) }()
			want = append(want, fmt.Sprint("KILL ", i))
			synctest.Wait()
		}
		for range 20 {
			if err := <-sent; err != nil {
				t.Error(err)
			}
		}
		if got := m.received(); !slices.Equal(got, want) {
			t.Errorf("received %q", got)
		}
	})
}

func TestSendRefused(t *testing.T) {
	t.Parallel()
	for status, again := range map[int]bool{400: false, 401: false, 501: false, 403: true, 503: true, 307: true, 404: true} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := pipenet.New(t)
				m := &fakeMaster{status: func(context.Context, *pb.SchedulerCall) int { return status }}
				n.Serve("m:5050", m)
				l := live(t, n, SchedulerConfig{Master: "m:5050"})
				synctest.Wait()
				err := l.Send(t.Context(), kill("t"))
				var refused *CallError
				if !errors.As(err, &refused) || *refused != (CallError{"KILL", status, "because"}) {
					t.Errorf("Send: %v", err)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				if got := len(m.subscribes()) > 1; got != again {
					t.Errorf("subscribed again: %v, want %v; told %q", got, again, l.heard())
				}
			})
		})
	}
}

// It is unknown whether a call that was cut off has been carried out. It is not
// repeated, and the subscription is begun again.
func TestSendCutOff(t *testing.T) {
	t.Parallel()
	cuts := map[string]func(context.Context, context.CancelFunc) int{
		"by the master": func(context.Context, context.CancelFunc) int { panic(http.ErrAbortHandler) },
		"by the caller": func(ctx context.Context, cancel context.CancelFunc) int {
			cancel()
			wait(ctx, time.Minute)
			return http.StatusAccepted
		},
		"by time": func(ctx context.Context, _ context.CancelFunc) int {
			wait(ctx, time.Minute)
			return http.StatusAccepted
		},
	}
	for name, cut := range cuts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := pipenet.New(t)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				m := &fakeMaster{status: func(serving context.Context, _ *pb.SchedulerCall) int { return cut(serving, cancel) }}
				n.Serve("m:5050", m)
				l := live(t, n, SchedulerConfig{Master: "m:5050"})
				synctest.Wait()
				err := l.Send(ctx, kill("t"))
				if err == nil || errors.Is(err, ErrNotSubscribed) || !strings.Contains(err.Error(), "KILL, whose outcome is unknown") {
					t.Errorf("Send: %v", err)
				}
				time.Sleep(20 * time.Second)
				synctest.Wait()
				if got := l.heard(); len(got) != 3 || !strings.Contains(got[1], "outcome is unknown") || got[2] != "SUBSCRIBED" {
					t.Errorf("told %q", got)
				}
				if got := m.received(); len(got) != 1 {
					t.Errorf("received %q", got)
				}
			})
		})
	}
}

// A call still waiting for its turn when the subscription ends is not sent on the
// next one: its offers are void.
func TestSendDoesNotCrossSubscriptions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		m := &fakeMaster{
			stream: func(count int, s *events) {
				s.open(15)
				if count == 0 {
					s.pause(time.Second)
					return
				}
				s.stay()
			},
			status: func(ctx context.Context, _ *pb.SchedulerCall) int { wait(ctx, 3*time.Second); return 202 },
		}
		n.Serve("m:5050", m)
		l := live(t, n, SchedulerConfig{Master: "m:5050"})
		synctest.Wait()
		results := make(chan error, 2)
		for i := range 2 {
			go func() { results <- l.Send(t.Context(), kill(fmt.Sprint(i))) }()
			synctest.Wait()
		}
		first, second := <-results, <-results
		if first == nil || errors.Is(first, ErrNotSubscribed) || !errors.Is(second, ErrNotSubscribed) {
			t.Errorf("Send: %v; %v", first, second)
		}
		time.Sleep(10 * time.Second)
		if got := m.received(); !slices.Equal(got, []string{"KILL 0"}) {
			t.Errorf("received %q", got)
		}
	})
}

// A handler may make calls from within Event: when the stream ends it does not
// hold up the next subscription until its call has timed out.
func TestSendFromHandler(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		m := &fakeMaster{
			stream: func(count int, s *events) {
				s.open(15)
				if count == 0 {
					s.pause(time.Second)
					return
				}
				s.stay()
			},
			status: func(ctx context.Context, _ *pb.SchedulerCall) int { wait(ctx, time.Minute); return 202 },
		}
		n.Serve("m:5050", m)
		s, err := NewScheduler(SchedulerConfig{Master: "m:5050", Dial: n.Dial})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		sender := &once{told: make(chan string, 10)}
		go func() { ended <- s.Run(ctx, frameworkInfo, sendingHandler{sender, s, ctx}) }()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if got := len(m.subscribes()); got != 2 {
			t.Errorf("%d subscriptions three seconds after the stream ended, want 2", got)
		}
		stop()
		<-ended
	})
}

// A sendingHandler makes a call upon each event.
type sendingHandler struct {
	*once
	scheduler *Scheduler
	ctx       context.Context // of the test
}

func (h sendingHandler) Event(e *pb.SchedulerEvent) {
	h.once.Event(e)
	if err := h.scheduler.Send(h.ctx, kill("t")); err != nil {
		h.tell(err.Error())
	}
}

func TestSendNonsense(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		m := &fakeMaster{}
		n.Serve("m:5050", m)
		l := live(t, n, SchedulerConfig{Master: "m:5050"})
		synctest.Wait()
		for _, c := range []*pb.SchedulerCall{{}, call(pb.SchedulerCall_UNKNOWN), call(pb.SchedulerCall_SUBSCRIBE),
			{Type: pb.SchedulerCall_KILL.Enum(), Kill: &pb.SchedulerCall_Kill{}}} {
			if err := l.Send(t.Context(), c); err == nil {
				t.Errorf("%v was sent", c)
			}
		}
		if got := m.received(); got != nil {
			t.Errorf("received %q", got)
		}
	})
}

// A call or subscription that is not permitted is not sent.
func TestPermit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		m := &fakeMaster{}
		n.Serve("m:5050", m)
		var forbidden atomic.Bool
		no := errors.New("not the leader")
		l := live(t, n, SchedulerConfig{Master: "m:5050", Permit: func() error {
			if forbidden.Load() {
				return no
			}
			return nil
		}})
		synctest.Wait()
		forbidden.Store(true)
		if err := l.Send(t.Context(), kill("t")); !errors.Is(err, no) {
			t.Errorf("a call: %v", err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if calls, subscribed := m.received(), len(m.subscribes()); len(calls) > 0 || subscribed != 1 {
			t.Errorf("the master was sent %q and %d subscriptions", calls, subscribed)
		}
		forbidden.Store(false)
		time.Sleep(maxBackoff)
		synctest.Wait()
		if subscribed := len(m.subscribes()); subscribed != 2 {
			t.Errorf("%d subscriptions once it is permitted again, want a second one", subscribed)
		}
	})
}
