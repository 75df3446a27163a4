package mesos

import (
	"bytes"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest/pipenet"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/recordio"
)

// memory returns how many bytes f allocates.
func memory(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A record that is too large or has no end costs only its subscription. Not
// parallel, as memory is measured.
func TestHugeRecords(t *testing.T) {
	chunk := strings.Repeat("x", 1<<20)
	for _, tt := range []struct {
		name string
		send func(s *events)
		says string
		most uint64
	}{
		{"100 MiB", func(s *events) {
			s.raw("104857600\n")
			for range 100 {
				if s.raw(chunk); s.ctx.Err() != nil {
					return
				}
			}
		}, "67108864 is the most", 16 << 20},
		{"an endless length", func(s *events) {
			for s.ctx.Err() == nil {
				s.raw("1111111111")
			}
		}, "more than 20 digits", 16 << 20},
		{"a length that is never met", func(s *events) { s.raw("67108864\n" + chunk) }, "unexpected EOF", 32 << 20},
		{"no record at all", func(s *events) { s.raw(strings.Repeat("<html>", 1000)) }, "where the length", 16 << 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := pipenet.New(t)
				n.Serve("m:5050", &fakeMaster{stream: func(count int, s *events) {
					s.open(15)
					if count == 0 {
						tt.send(s)
						return
					}
					s.send(rescind("after"))
					s.stay()
				}})
				var l *runningScheduler
				used := memory(func() {
					l = live(t, n, SchedulerConfig{Master: "m:5050"})
					time.Sleep(10 * time.Second)
					synctest.Wait()
				})
				told := l.heard()
				if len(told) != 4 || !strings.Contains(told[1], tt.says) || told[3] != "RESCINDafter" {
					t.Errorf("told %q", told)
				}
				if used > tt.most {
					t.Errorf("%d MiB were allocated", used>>20)
				}
			})
		})
	}
}

// A record that goes on without end, a little at a time, ends the subscription too.
func TestEndlessRecord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		n.Serve("m:5050", &fakeMaster{stream: func(count int, s *events) {
			s.open(15)
			if count > 0 {
				s.stay()
				return
			}
			for s.raw("67108864\n"); s.pause(10 * time.Second); {
				s.raw("x")
			}
		}})
		l := live(t, n, SchedulerConfig{Master: "m:5050"})
		time.Sleep(recordTimeout + time.Minute)
		synctest.Wait()
		if told := l.heard(); len(told) < 3 || !strings.Contains(told[1], errEndless.Error()) {
			t.Errorf("told %q", told)
		}
	})
}

// A master that repeatedly fails this way at once is not contacted more and more
// often.
func TestHugeRecordsWithoutEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		m := &fakeMaster{stream: func(_ int, s *events) {
			s.open(15)
			s.raw("104857600\n")
			s.stay()
		}}
		n.Serve("m:5050", m)
		live(t, n, SchedulerConfig{Master: "m:5050"})
		time.Sleep(time.Hour)
		if got := len(m.subscribes()); got < 10 || got > 3600 {
			t.Errorf("%d subscriptions in an hour", got)
		}
	})
}

// Endless events, while the handler is busy, are kept up to a limit; then the
// subscription ends. Repeated events are handed on twice: telling them apart is the
// handler's business.
func TestEndlessEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		sent := make(chan int, 100)
		n.Serve("m:5050", &fakeMaster{stream: func(count int, s *events) {
			s.open(15)
			if count > 0 {
				s.send(rescind("after"), rescind("after"))
				s.stay()
				return
			}
			b, err := rescind("same").Marshal()
			if err != nil {
				panic(err)
			}
			records := bytes.Repeat(recordio.Append(nil, b), 100)
			i := 0
			for ; s.ctx.Err() == nil; i++ {
				s.raw(string(records))
			}
			sent <- i * len(records)
		}})
		block := make(chan struct{})
		l := live(t, n, SchedulerConfig{Master: "m:5050", MaxBacklog: 1 << 20}, func(l *runningScheduler) { l.block = block })
		if got := <-sent; got > 64<<20 {
			t.Errorf("%d bytes were read before the end", got)
		}
		close(block)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		told := l.heard()
		if n := len(told); n < 4 || !strings.Contains(told[n-4], "too far behind") || !slices.Equal(told[n-2:], []string{"RESCINDafter", "RESCINDafter"}) {
			t.Errorf("told %q at last", told[max(0, len(told)-4):])
		}
	})
}

// An error's text is truncated, however long it is.
func TestEndlessError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		n.Serve("m:5050", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			for r.Context().Err() == nil {
				if _, err := w.Write(bytes.Repeat([]byte("no "), 1000)); err != nil {
					return
				}
			}
		}))
		l := live(t, n, SchedulerConfig{Master: "m:5050"})
		if err := <-l.ended; err == nil || len(err.Error()) > 8<<10 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	})
}

// Decoding a message of very small parts takes many times its size, so the limit of
// a record also limits memory. Package resources judges the amounts in offers. Not
// parallel, as memory is measured.
func TestDenseOffers(t *testing.T) {
	var dense []byte // very many very small resources: offers[0].resources = {name:"", type:SCALAR}
	for range 10_000 {
		dense = append(dense, 0x2a, 4, 0x0a, 0, 0x10, 0)
	}
	record := append([]byte{0x08, byte(pb.SchedulerEvent_OFFERS)}, nested(3, nested(1, bytes.Join([][]byte{
		nested(1, nested(1, []byte("o"))), nested(2, nested(1, []byte("F"))), nested(3, nested(1, []byte("A"))), nested(4, []byte("h")), dense}, nil)))...)
	var e *pb.SchedulerEvent
	used := memory(func() {
		var err error
		if e, err = decodeSchedulerEvent(record, logr.Discard()); err != nil {
			t.Fatal(err)
		}
	})
	if got := len(e.Offers.Offers[0].Resources); got != 10_000 {
		t.Errorf("%d resources", got)
	}
	if times := used / uint64(len(record)); times > 100 {
		t.Errorf("%d bytes took %d when decoded, %d times as much", len(record), used, times)
	}
}

// Offers without a unique id are skipped; the others of their record are not.
func TestImpossibleOffers(t *testing.T) {
	t.Parallel()
	var all []*pb.Offer
	for _, x := range [][3]string{{"o1", "S1", "h"}, {"", "S1", "h"}, {"o2", "", "h"}, {"o3", "S1", ""}, {"o1", "S2", "h"}, {"o4", "S1", "h"}} {
		all = append(all, &pb.Offer{Id: &pb.OfferID{Value: &x[0]}, FrameworkId: &pb.FrameworkID{Value: &x[0]}, AgentId: &pb.AgentID{Value: &x[1]}, Hostname: &x[2]})
	}
	b, err := (&pb.SchedulerEvent{Type: pb.SchedulerEvent_OFFERS.Enum(), Offers: &pb.SchedulerEvent_Offers{Offers: all}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	e, err := decodeSchedulerEvent(b, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range e.Offers.Offers {
		got = append(got, o.Id.GetValue()+" "+o.AgentId.GetValue())
	}
	if !slices.Equal(got, []string{"o1 S1", "o4 S1"}) {
		t.Errorf("offers %q", got)
	}
}

// nested is a field of bytes in protobuf's encoding.
func nested(field byte, content []byte) []byte {
	out := []byte{field<<3 | 2}
	n := len(content)
	for ; n >= 0x80; n >>= 7 {
		out = append(out, byte(n)|0x80)
	}
	return append(append(out, byte(n)), content...)
}
