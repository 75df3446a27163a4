package mesos

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest/faultproxy"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest/pipenet"
)

// behind serves h at address, through a proxy that plays the script.
func behind(n *pipenet.Network, address string, h http.Handler, script faultproxy.Script) *faultproxy.Proxy {
	n.Serve("real-"+address, h)
	p := faultproxy.New("real-"+address, n.Dial, script)
	n.Serve(address, p)
	n.T.Cleanup(p.Close)
	return p
}

// first plays a fault on the first requests of a type.
func first(count int, call string, f faultproxy.Fault) faultproxy.Script {
	return func(c string, n int) faultproxy.Fault {
		if c == call && n < count {
			return f
		}
		return faultproxy.Fault{}
	}
}

// beating is a master that sends a heartbeat each 15 s.
func beating(_ int, s *events) {
	s.open(15)
	for s.pause(15 * time.Second) {
		s.send(heartbeat())
	}
}

// Faults of the stream between master and scheduler, and when there is a
// subscription again.
func TestStreamFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		promise string
		fault   faultproxy.Fault // of the first count subscriptions
		count   int
		quiet   time.Duration // until then the handler has received nothing but SUBSCRIBED
		back    time.Duration // by then it is subscribed again
		why     string
	}{
		{promise: "a half-open connection is borne for 4.9 heartbeats after the last, noticed after 5",
			fault: faultproxy.Fault{Stream: faultproxy.Stream{For: 61 * time.Second, End: faultproxy.Hang}}, count: 1,
			quiet: 60*time.Second + 73500*time.Millisecond, back: 60*time.Second + 76*time.Second, why: "silent for five heartbeats"},
		{promise: "a stream that is reset is opened again within half a second",
			fault: faultproxy.Fault{Stream: faultproxy.Stream{For: 31 * time.Second, End: faultproxy.Cut}}, count: 1,
			quiet: 30 * time.Second, back: 32 * time.Second, why: "unexpected EOF"},
		{promise: "a stream that ends in order is, too",
			fault: faultproxy.Fault{Stream: faultproxy.Stream{For: 31 * time.Second}}, count: 1,
			quiet: 30 * time.Second, back: 32 * time.Second, why: "EOF"},
		{promise: "a garbage length ends the subscription, not the program",
			fault: faultproxy.Fault{Stream: faultproxy.Stream{For: 31 * time.Second, Garbage: "99999999999999999999\n", End: faultproxy.Hang}}, count: 1,
			quiet: 30 * time.Second, back: 32 * time.Second, why: "recordio"},
		{promise: "so does a record that is cut in the middle",
			fault: faultproxy.Fault{Stream: faultproxy.Stream{For: 31 * time.Second, Garbage: "9\n\x08\x03", End: faultproxy.Cut}}, count: 1,
			quiet: 30 * time.Second, back: 32 * time.Second, why: "unexpected EOF"},
		{promise: "a stream of one byte a second is slow, and alive",
			fault: faultproxy.Fault{Stream: faultproxy.Stream{Pace: time.Second}}, count: 1,
			quiet: time.Hour},
		{promise: "a first event that is cut does not count as a subscription",
			fault: faultproxy.Fault{Stream: faultproxy.Stream{Bytes: 5, End: faultproxy.Cut}}, count: 3, back: 5 * time.Second, why: "reading the first event"},
		{promise: "a master that takes SUBSCRIBE and stays silent is left after 75 s",
			fault: faultproxy.Fault{Stream: faultproxy.Stream{Bytes: 5, End: faultproxy.Hang}}, count: 1, back: 77 * time.Second, why: "silent for five heartbeats"},
		{promise: "503 for a minute, while a new master recovers, is waited out",
			fault: faultproxy.Fault{Status: 503}, count: 9, back: 2 * time.Minute, why: "503 Service Unavailable"},
		{promise: "404 of a master that has just started is waited out",
			fault: faultproxy.Fault{Status: 404}, count: 2, back: 3 * time.Second, why: "404 Not Found"},
		{promise: "500 is waited out",
			fault: faultproxy.Fault{Status: 500}, count: 2, back: 3 * time.Second, why: "500 Internal"},
		{promise: "masters that name each other as leader are asked again until they agree",
			fault: faultproxy.Fault{Status: 307, Location: "//m:5050"}, count: 12, back: 5 * time.Second, why: "have not agreed on a leader"},
		{promise: "a SUBSCRIBE that vanishes is given up after 30 s",
			fault: faultproxy.Fault{Drop: faultproxy.Hang}, count: 1, back: 32 * time.Second, why: "timeout awaiting response headers"},
		{promise: "a SUBSCRIBE that was carried out but not answered is sent again",
			fault: faultproxy.Fault{LoseAnswer: faultproxy.Cut}, count: 1, back: 2 * time.Second, why: "EOF"},
	} {
		t.Run(tt.promise, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := pipenet.New(t)
				p := behind(n, "m:5050", &fakeMaster{stream: beating}, first(tt.count, "SUBSCRIBE", tt.fault))
				l := live(t, n, SchedulerConfig{Master: "m:5050"})
				if tt.quiet > 0 {
					time.Sleep(tt.quiet)
					synctest.Wait()
					if got := l.heard(); !slices.Equal(got, []string{"SUBSCRIBED"}) {
						t.Errorf("told %q by %v", got, tt.quiet)
					}
				}
				if tt.back == 0 {
					return
				}
				time.Sleep(tt.back - tt.quiet)
				synctest.Wait()
				got := l.heard()
				if len(got) < 2 || !strings.Contains(got[0], tt.why) || got[len(got)-1] != "SUBSCRIBED" {
					t.Errorf("told %q by %v, want %q and at last SUBSCRIBED", got, tt.back, tt.why)
				}
				if asked := p.Count("SUBSCRIBE"); asked > tt.count+1 {
					t.Errorf("subscribed %d times", asked)
				}
			})
		})
	}
}

// Faults of a scheduler's call: it is carried out at most once, and when the outcome
// is unknown, the subscription is begun again.
func TestCallFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		promise string
		fault   faultproxy.Fault
		done    int    // how often the master carries the call out
		err     string // part of what Send returns
		again   bool   // whether the subscription is begun again
	}{
		{"an ACCEPT whose answer is lost is not repeated", faultproxy.Fault{LoseAnswer: faultproxy.Cut}, 1, "outcome is unknown", true},
		{"nor is one whose answer never comes", faultproxy.Fault{LoseAnswer: faultproxy.Hang}, 1, "outcome is unknown", true},
		{"nor is one that is lost on the way", faultproxy.Fault{Drop: faultproxy.Cut}, 0, "outcome is unknown", true},
		{"nor is one that vanishes", faultproxy.Fault{Drop: faultproxy.Hang}, 0, "outcome is unknown", true},
		{"one that is late is waited for", faultproxy.Fault{Delay: 20 * time.Second}, 1, "", false},
		{"one that arrives twice is the master's to refuse", faultproxy.Fault{Twice: true}, 2, "", false},
		{"503 means not carried out, by a master that recovers", faultproxy.Fault{Status: 503}, 0, "503", true},
		{"307 means not carried out, by one that does not lead any more", faultproxy.Fault{Status: 307, Location: "//other:5050"}, 0, "307", true},
		{"403 means that our stream is gone", faultproxy.Fault{Status: 403}, 0, "403", true},
		{"404 means that the master has just started", faultproxy.Fault{Status: 404}, 0, "404", true},
		{"401 is for the operator, and ends no subscription", faultproxy.Fault{Status: 401}, 0, "401", false},
		{"500 ends no subscription", faultproxy.Fault{Status: 500}, 0, "500", false},
	} {
		t.Run(tt.promise, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := pipenet.New(t)
				m := &fakeMaster{stream: beating}
				p := behind(n, "m:5050", m, first(1, "ACCEPT", tt.fault))
				l := live(t, n, SchedulerConfig{Master: "m:5050"})
				synctest.Wait()
				err := l.Send(t.Context(), Accept([]string{"o"}, 0))
				if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
					t.Errorf("Send: %v, want %q", err, tt.err)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				if got := m.received(); len(got) != tt.done {
					t.Errorf("the master got %q", got)
				}
				if again := p.Count("SUBSCRIBE") > 1; again != tt.again {
					t.Errorf("subscribed again: %v", again)
				}
				if err := l.Send(t.Context(), kill("t")); err != nil {
					t.Errorf("the next call: %v", err)
				}
			})
		})
	}
}

// A call never overtakes the previous one, however slow that is: a REVIVE before its
// DECLINE would leave the filter in place.
func TestCallsDoNotOvertake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		m := &fakeMaster{stream: beating}
		behind(n, "m:5050", m, first(1, "DECLINE", faultproxy.Fault{Delay: 10 * time.Second}))
		l := live(t, n, SchedulerConfig{Master: "m:5050"})
		synctest.Wait()
		sent := make(chan error, 2)
		for _, c := range []*pb.SchedulerCall{Decline([]string{"o"}, time.Hour), Revive()} {
			go func() { sent <- l.Send(t.Context(), c) }()
			synctest.Wait()
		}
		for range 2 {
			if err := <-sent; err != nil {
				t.Error(err)
			}
		}
		if got := m.received(); !slices.Equal(got, []string{"DECLINE ", "REVIVE "}) {
			t.Errorf("received %q", got)
		}
	})
}

// The ERROR with which a master ends an old stream of ours, after we have subscribed
// again, is not mistaken for another scheduler's takeover.
func TestErrorOfAnOldStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		again := make(chan struct{})
		m := &fakeMaster{stream: func(count int, s *events) {
			s.open(15)
			if count == 0 { // it does not notice that we are gone
				<-again
				s.send(errorEvent("Framework failed over"))
				return
			}
			close(again)
			s.stay()
		}}
		behind(n, "m:5050", m, func(call string, n int) faultproxy.Fault {
			if call == "KILL" {
				return faultproxy.Fault{LoseAnswer: faultproxy.Cut}
			}
			return faultproxy.Fault{}
		})
		l := live(t, n, SchedulerConfig{Master: "m:5050"})
		synctest.Wait()
		if err := l.Send(t.Context(), kill("t")); err == nil {
			t.Error("the lost answer was not noticed")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := l.heard(); len(got) != 3 || got[2] != "SUBSCRIBED" {
			t.Errorf("told %q", got)
		}
		select {
		case err := <-l.ended:
			t.Errorf("Run: %v", err)
		default:
		}
	})
}

// Faults between an executor and its agent: each state of a task arrives, in order,
// and the executor is still subscribed.
func TestExecutorFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		promise string
		call    string
		fault   faultproxy.Fault
		count   int
	}{
		{"an UPDATE that is lost is in the next SUBSCRIBE", "UPDATE", faultproxy.Fault{Drop: faultproxy.Cut}, 1},
		{"so is one that vanishes", "UPDATE", faultproxy.Fault{Drop: faultproxy.Hang}, 1},
		{"so is one whose answer is lost", "UPDATE", faultproxy.Fault{LoseAnswer: faultproxy.Cut}, 2},
		{"one that arrives twice is the agent's to recognise", "UPDATE", faultproxy.Fault{Twice: true}, 3},
		{"one that is late holds up the next of its task", "UPDATE", faultproxy.Fault{Delay: 5 * time.Second}, 3},
		{"an agent that recovers answers 503", "UPDATE", faultproxy.Fault{Status: 503}, 3},
		{"an agent that has just started knows no path", "SUBSCRIBE", faultproxy.Fault{Status: 404}, 3},
		{"an agent that recovers refuses subscriptions", "SUBSCRIBE", faultproxy.Fault{Status: 503}, 3},
		{"a stream that is cut is opened again", "SUBSCRIBE", faultproxy.Fault{Stream: faultproxy.Stream{For: 500 * time.Millisecond, End: faultproxy.Cut}}, 2},
		{"so is one that ends in the middle of a record", "SUBSCRIBE", faultproxy.Fault{Stream: faultproxy.Stream{For: 500 * time.Millisecond, Garbage: "9\n\x08", End: faultproxy.Cut}}, 2},
	} {
		t.Run(tt.promise, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := pipenet.New(t)
				a := &fakeAgent{}
				p := behind(n, "a:5051", a, first(tt.count, tt.call, tt.fault))
				e := work(t, n, ExecutorConfig{Checkpoint: true, RecoveryTimeout: 15 * time.Minute})
				var want []string
				for _, s := range []pb.TaskState{pb.TaskState_TASK_STARTING, pb.TaskState_TASK_RUNNING, pb.TaskState_TASK_FINISHED} {
					e.Update(state("t", s))
					want = append(want, fmt.Sprint("t ", s))
				}
				time.Sleep(2 * time.Minute)
				if err := e.Flush(t.Context()); err != nil {
					t.Error(err)
				}
				if got := a.stored(); !slices.Equal(got, want) {
					t.Errorf("the agent has %q, want %q", got, want)
				}
				if p.Count(tt.call) <= tt.count-1 {
					t.Errorf("%d times %s only: the fault was not played", p.Count(tt.call), tt.call)
				}
				select {
				case err := <-e.ended:
					t.Errorf("Run: %v", err)
				default:
				}
			})
		})
	}
}
