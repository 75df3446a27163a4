package mesos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest/pipenet"
)

func TestSubscribe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		m := &fakeMaster{stream: func(_ int, s *events) {
			s.open(15)
			s.send(heartbeat(), rescind("o1"), &pb.SchedulerEvent{}, rescind("o2"))
			s.stay()
		}}
		n.Serve("m:5050", m)
		l := live(t, n, SchedulerConfig{Master: "m:5050", Principal: "p", Secret: "s"})
		synctest.Wait()
		if got, want := l.heard(), []string{"SUBSCRIBED", "RESCINDo1", "RESCINDo2"}; !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
		h := m.headers[0]
		for name, want := range map[string]string{
			"Content-Type": "application/x-protobuf", "Accept": "application/x-protobuf",
			"Authorization": "Basic cDpz", "Mesos-Stream-Id": "",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		l.stop()
		if err := <-l.ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
	})
}

// A quiet stream with heartbeats lives for days; a silent one dies after five of the
// master's own intervals.
func TestWatchdog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		began := time.Now()
		m := &fakeMaster{stream: func(count int, s *events) {
			s.open(20)
			for range 2 * 24 * 180 {
				if !s.pause(20 * time.Second) {
					return
				}
				s.send(heartbeat())
			}
			s.pause(98 * time.Second)
			s.raw("2\n\x08") // half a record is also a sign of life
			s.stay()
		}}
		n.Serve("m:5050", m)
		l := live(t, n, SchedulerConfig{Master: "m:5050"})
		time.Sleep(2 * 24 * time.Hour)
		if got := l.heard(); !slices.Equal(got, []string{"SUBSCRIBED"}) {
			t.Errorf("told %q", got)
		}
		time.Sleep(98*time.Second + 99*time.Second)
		synctest.Wait()
		if got := l.heard(); got != nil {
			t.Errorf("told %q after 4.9 silent intervals", got)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		got := l.heard()
		if len(got) != 2 || !strings.Contains(got[0], errSilent.Error()) || got[1] != "SUBSCRIBED" {
			t.Errorf("told %q", got)
		}
		if again := m.times[1].Sub(began); again < 48*time.Hour+198*time.Second || again > 48*time.Hour+199*time.Second {
			t.Errorf("subscribed again after %v", again)
		}
		// The second SUBSCRIBE names the id that the first one was given.
		if c := m.subscribes()[1]; c.GetFrameworkId().GetValue() != "F" || c.GetSubscribe().GetFrameworkInfo().GetId().GetValue() != "F" {
			t.Errorf("subscribed again as %v", c)
		}
	})
}

// Answers of a master instead of a stream, and their effect.
func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer func(*events)
		told   string // part of what the handler receives, if Run goes on
		err    string // part of what Run returns, if not
		is     error
	}{
		{name: "503", answer: func(s *events) { s.status(503, "recovering") }, told: "503 Service Unavailable recovering"},
		{name: "404", answer: func(s *events) { s.status(404, "") }, told: "404 Not Found"},
		{name: "500", answer: func(s *events) { s.status(500, "oops") }, told: "500 Internal Server Error oops"},
		{name: "202", answer: func(s *events) { s.status(202, "") }, told: "202 Accepted"},
		{name: "400", answer: func(s *events) { s.status(400, "no user") }, err: "as invalid (400): no user"},
		{name: "401", answer: func(s *events) { s.status(401, "who?") }, err: "credentials (401): check the principal"},
		{name: "403", answer: func(s *events) { s.status(403, "no") }, err: "does not allow them to subscribe (403)"},
		{name: "405", answer: func(s *events) { s.status(405, "") }, err: "is it a Mesos process"},
		{name: "501", answer: func(s *events) { s.status(501, "") }, err: "501 Not Implemented"},
		{name: "no stream id", answer: func(s *events) { s.raw("<html>") }, told: "not a Mesos master"},
		{name: "no recordio", answer: func(s *events) { s.head(); s.raw("<html>") }, told: "not a recordio stream"},
		{name: "empty stream", answer: func(s *events) { s.head() }, told: "EOF"},
		{name: "offers first", answer: func(s *events) { s.head(); s.send(rescind("o")) }, told: "the first event is RESCIND"},
		{name: "garbage first", answer: func(s *events) { s.head(); s.raw("1\nx") }, told: "the first event: "},
		{name: "redirect to nowhere", answer: func(s *events) { s.status(307, "") }, told: "not an address"},
		{name: "redirect to itself", answer: func(s *events) { s.redirect("m:5050") }, told: "have not agreed on a leader"},
		{name: "redirect to the dead", answer: func(s *events) { s.redirect("dead:5050") }, told: "m:5050: it names dead:5050 as the leader: connection refused"},
		{name: "half an answer", answer: func(s *events) { s.w.WriteHeader(503); s.raw("recover"); s.stay() }, told: "503 Service Unavailable recover"},
		{name: "ERROR", answer: func(s *events) { s.head(); s.send(errorEvent("bad role")) }, err: "m:5050 rejects the framework: bad role"},
		{name: "ERROR removed", answer: func(s *events) { s.head(); s.send(errorEvent("Framework has been removed")) }, err: "removed", is: ErrRemoved},
		{name: "ERROR failed over, later", answer: func(s *events) { s.open(15); s.send(errorEvent("Framework failed over")) }, err: "taken", is: ErrFailedOver},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := pipenet.New(t)
				m := &fakeMaster{stream: func(count int, s *events) {
					if count < 10 {
						tt.answer(s)
						return
					}
					s.open(15)
					s.stay()
				}}
				n.Serve("m:5050", m)
				l := live(t, n, SchedulerConfig{Master: "m:5050"})
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				told := l.heard()
				if tt.told != "" {
					if !strings.Contains(told[0], tt.told) || told[len(told)-1] != "SUBSCRIBED" {
						t.Errorf("told %q, want %q and at last SUBSCRIBED", told, tt.told)
					}
					return
				}
				err := <-l.ended
				if err == nil || !strings.Contains(err.Error(), tt.err) || tt.is != nil && !errors.Is(err, tt.is) {
					t.Errorf("Run: %v, want %q, %v", err, tt.err, tt.is)
				}
				if rejected := new(RejectedError); tt.is == nil && !errors.As(err, &rejected) {
					t.Errorf("Run: %T, want *RejectedError", err)
				}
				if len(m.subscribes()) != 1 {
					t.Errorf("subscribed %d times", len(m.subscribes()))
				}
			})
		})
	}
}

// Attempts become rarer, but never rarer than one in fifteen seconds, and a
// subscription that lasted makes them frequent again.
func TestBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		m := &fakeMaster{stream: func(count int, s *events) {
			if count != 20 {
				s.status(503, "")
				return
			}
			s.open(15)
			s.pause(time.Minute)
		}}
		n.Serve("m:5050", m)
		live(t, n, SchedulerConfig{Master: "m:5050"})
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		m.mu.Lock()
		defer m.mu.Unlock()
		want := firstBackoff
		for i := 1; i < 20; i++ {
			if gap := m.times[i].Sub(m.times[i-1]); gap < want/2 || gap > want {
				t.Errorf("attempt %d came after %v, want %v to %v", i, gap, want/2, want)
			}
			want = min(2*want, maxBackoff)
		}
		if gap := m.times[21].Sub(m.times[20]); gap < time.Minute || gap > time.Minute+firstBackoff {
			t.Errorf("after a minute's subscription the next attempt came %v after it began", gap)
		}
	})
}

// A list is tried in order; the leader is found by redirect and tried first
// afterwards; credentials go along.
func TestLeader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		follower := &fakeMaster{stream: func(_ int, s *events) { s.redirect("c:5050") }}
		leader := &fakeMaster{stream: func(count int, s *events) {
			s.open(15)
			if count == 1 {
				s.stay()
			}
		}}
		n.Serve("b:5050", follower)
		stop := n.Serve("c:5050", leader)
		l := live(t, n, SchedulerConfig{Master: "a:5050, b ,c", Principal: "p", Secret: "s"})
		time.Sleep(time.Second)
		synctest.Wait()
		if f, l := len(follower.subscribes()), len(leader.subscribes()); f != 1 || l != 2 {
			t.Errorf("%d subscriptions at the follower, %d at the leader; want 1, 2", f, l)
		}
		if got := leader.headers[0].Get("Authorization"); got != "Basic cDpz" {
			t.Errorf("the leader got credentials %q", got)
		}
		if got := l.heard(); len(got) != 3 || !strings.Contains(got[1], "reading events: EOF") {
			t.Errorf("told %q", got)
		}
		stop()
		time.Sleep(time.Second)
		synctest.Wait()
		if got := l.heard(); len(got) < 2 || !strings.Contains(got[1], "a:5050: connection refused; b:5050: it names c:5050 as the leader: connection refused") {
			t.Errorf("told %q", got)
		}
	})
}

func TestLeaderAddress(t *testing.T) {
	t.Parallel()
	tests := []struct{ from, location, want string }{
		{"http://a:1/api/v1/scheduler", "//b:2/master/api/v1/scheduler", "http://b:2/master/api/v1/scheduler"},
		{"https://a:1/api/v1/scheduler", "//b:2/master/api/v1/scheduler?x=1", "https://b:2/master/api/v1/scheduler?x=1"},
		{"http://a:1/api/v1/scheduler", "//b:2", "http://b:2/api/v1/scheduler"},
		{"http://a:1/api/v1/scheduler", "//[::1]:2/x", "http://[::1]:2/x"},
		{"https://a:1/api/v1/scheduler", "http://b:2/x", ""},
		{"http://a:1/api/v1/scheduler", "", ""},
		{"http://a:1/api/v1/scheduler", "//b:port/", ""},
	}
	for _, tt := range tests {
		m, err := http.NewRequest("POST", tt.from, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := leader(m.URL, tt.location)
		if (err != nil) != (tt.want == "") || err == nil && got.String() != tt.want {
			t.Errorf("%s redirects to %q: %v, %v; want %q", tt.from, tt.location, got, err, tt.want)
		}
	}
}

// Broken framing ends the subscription; an unreadable event does not, and affects
// nothing else.
func TestBrokenStreams(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, raw, told string }{
		{"cut in a record", "9\n\x08\x03", "unexpected EOF"},
		{"cut in a length", "9", "unexpected EOF"},
		{"alien bytes", "HTTP/1.1 202 Accepted\r\n", "not a recordio stream"},
		{"too large", "1001\n", "1001 bytes, where 1000 is the most"},
		{"undecodable", "3\nxyz", ""},
		{"lacks a required field", "2\n\x22\x00", ""},
		{"lacks its body", "2\n\x08\x03", ""},
		{"of a future type", "2\n\x08\x63", ""},
		{"of a type without our interest", "2\n\x08\x0b", ""},
		{"empty", "0\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := pipenet.New(t)
				m := &fakeMaster{stream: func(count int, s *events) {
					s.open(15)
					if count == 0 {
						s.send(rescind("o1"))
						s.raw(tt.raw)
						if tt.told != "" {
							return
						}
					}
					s.send(rescind("o2"))
					s.stay()
				}}
				n.Serve("m:5050", m)
				l := live(t, n, SchedulerConfig{Master: "m:5050", MaxRecord: 1000})
				time.Sleep(time.Second)
				synctest.Wait()
				got := fmt.Sprintf("%q", l.heard())
				want := `["SUBSCRIBED" "RESCINDo1" "RESCINDo2"]`
				if tt.told != "" {
					want = fmt.Sprintf("%q", []string{"SUBSCRIBED", "RESCINDo1", "disconnected: X", "SUBSCRIBED", "RESCINDo2"})
					before, after, _ := strings.Cut(want, "X")
					if strings.HasPrefix(got, before) && strings.Contains(got, tt.told) && strings.HasSuffix(got, after) {
						return
					}
				}
				if got != want {
					t.Errorf("told %s, want %s", got, want)
				}
			})
		})
	}
}
