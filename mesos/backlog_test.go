package mesos

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest/pipenet"
)

// A handler that hangs neither stops the reading nor lets memory grow: events it has
// not started are dropped, and the next subscription waits for it.
func TestSlowHandler(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		events     int
		subscribes int
		told       int
	}{
		{"within the bound", 80, 1, 81}, // 81 × 11 bytes and SUBSCRIBED are less than 1000
		{"beyond it", 1000, 2, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := pipenet.New(t)
				var wrote time.Duration
				m := &fakeMaster{stream: func(count int, s *events) {
					s.open(15)
					s.pause(time.Second) // the handler gets SUBSCRIBED
					began := time.Now()
					for range tt.events {
						if count == 0 {
							s.send(rescind("123"))
						}
					}
					wrote = max(wrote, time.Since(began))
					s.stay()
				}}
				n.Serve("m:5050", m)
				l := live(t, n, SchedulerConfig{Master: "m:5050", MaxBacklog: 1000},
					func(l *runningScheduler) { l.block = make(chan struct{}) })
				time.Sleep(time.Minute)
				synctest.Wait()
				if got := l.heard(); len(got) != 1 || len(m.subscribes()) != 1 {
					t.Errorf("told %q by %d subscriptions while the handler hangs", got, len(m.subscribes()))
				}
				if wrote != 0 {
					t.Errorf("the master's writes took %v", wrote)
				}
				close(l.block)
				time.Sleep(2 * time.Second)
				synctest.Wait()
				told := l.heard()
				if got := len(m.subscribes()); got != tt.subscribes {
					t.Errorf("%d subscriptions, want %d", got, tt.subscribes)
				}
				if tt.told > 0 && len(told)+1 != tt.told {
					t.Errorf("told %d events, want %d", len(told)+1, tt.told)
				}
				if tt.subscribes > 1 && (len(told) < 2 || !strings.Contains(told[0], errBehind.Error()) || told[1] != "SUBSCRIBED") {
					t.Errorf("told %q", told)
				}
			})
		})
	}
}

// A single event is accepted, however large, and taking events makes room.
func TestBacklogBound(t *testing.T) {
	t.Parallel()
	b := newBacklog[string](10)
	for _, step := range []struct {
		event string
		size  int
		fits  bool
	}{{"a", 100, true}, {"b", 1, false}} {
		if got := b.put(step.event, step.size); got != step.fits {
			t.Errorf("%s of %d bytes fits: %v", step.event, step.size, got)
		}
	}
	b.add("c", 50)
	for _, want := range []string{"a", "c"} {
		if got, ok := b.take(); got != want || !ok {
			t.Errorf("took %q, %v, want %q", got, ok, want)
		}
	}
	if !b.put("d", 5) || !b.put("e", 5) || b.put("f", 1) {
		t.Error("ten bytes do not fit into ten, or eleven do")
	}
	b.keep(func(e string) bool { return e == "e" })
	b.close()
	if got, ok := b.take(); got != "e" || !ok {
		t.Errorf("took %q, %v", got, ok)
	}
	if got, ok := b.take(); ok {
		t.Errorf("took %q from a backlog that is closed and empty", got)
	}
}

// Decoding survives any bytes; every accepted event has its body, so handlers may
// rely on it.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"", "\x08\x08", "\x08\x03\x22\x05\x0a\x03\x0a\x01O", "\x08\x02", "\x08\x04\x1a\x09\x0a\x03\x0a\x01T\x12\x02\x01\x02", "\x22\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if e, err := decodeSchedulerEvent(b, logr.Discard()); err == nil {
			again, err := e.Marshal()
			if err != nil {
				t.Fatalf("%v does not encode: %v", e, err)
			}
			if e.GetType() == pb.SchedulerEvent_UPDATE && e.Update.Status == nil {
				t.Errorf("%x: an UPDATE without status", again)
			}
		}
		if e, err := decodeExecutorEvent(b); err == nil {
			if _, err := e.Marshal(); err != nil {
				t.Fatalf("%v does not encode: %v", e, err)
			}
			if e.GetType() == pb.ExecutorEvent_LAUNCH && e.Launch.Task == nil {
				t.Errorf("%x: a LAUNCH without task", b)
			}
		}
	})
}
