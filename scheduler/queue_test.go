package scheduler

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// reservationLog is the agents' side of a queue.
type reservationLog []string

func (l *reservationLog) reserve(c *class)      { *l = append(*l, "reserve "+c.agent) }
func (l *reservationLog) unreserve(c *class)    { *l = append(*l, "unreserve "+c.agent) }
func (l *reservationLog) roomGrew(agent string) { *l = append(*l, "room grew on "+agent) }

func newTestQueue() (*queue, *reservationLog) {
	c := &clock{now: at(0)}
	log := &reservationLog{}
	ch := &changes{clock: c, report: alarm{ring: func() {}}}
	return &queue{clock: c, changes: ch, agents: log, classes: map[string]*class{}}, log
}

// newPod returns the pod that arrived as number seq.
func newPod(seq uint64, class string, a Amount) *pod {
	return &pod{Pod: Pod{UID: fmt.Sprint("p", seq), Class: class, Amount: a}, seq: seq}
}

func everything(c *class) bool { return true }

// drain takes all ready pods in the order in which they would be placed.
func drain(q *queue) string {
	var uids []string
	for {
		c := q.oldest(search{room: Amount{CPU: 1e9, Mem: 1e9}, high: 65535, fits: everything})
		if c == nil {
			return strings.Join(uids, " ")
		}
		uids = append(uids, q.take(c).UID)
	}
}

func TestQueueKeepsTheOrderOfArrival(t *testing.T) {
	t.Parallel()
	q, _ := newTestQueue()
	for _, seq := range []uint64{4, 1, 5, 3, 2} {
		q.add(newPod(seq, fmt.Sprint("class", seq%2), Amount{CPU: 1}))
	}
	removed := newPod(6, "class0", Amount{CPU: 1})
	q.add(removed)
	q.remove(removed)
	q.remove(removed)
	if removed.state != leftAlone || removed.class != nil {
		t.Errorf("removed: %+v", removed)
	}
	if got := drain(q); got != "p1 p2 p3 p4 p5" {
		t.Error("placed in order", got)
	}
	if !q.empty() || q.hasReady() || len(q.lines.of("").index.free) != len(q.lines.classes()) {
		t.Error("something is left of an empty queue")
	}
}

func TestQueueBackoff(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		pinned *pinned
		free   bool
		waits  []time.Duration // of consecutive attempts, in seconds
	}{
		{name: "of any pod", waits: []time.Duration{1, 2, 4, 8, 16, 32, 60, 60}},
		{name: "the first is free", free: true, waits: []time.Duration{0, 2, 4, 8}},
		{name: "of a bound pod", pinned: &pinned{}, waits: []time.Duration{1, 2, 4, 8, 15, 15}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			q, _ := newTestQueue()
			p := newPod(1, "", Amount{})
			p.pinned = row.pinned
			for i, seconds := range row.waits {
				p.task, p.state = &task{}, placed
				q.retry(p, "it burnt", row.free)
				if p.task != nil || p.trouble != "it burnt" || p.failures != i+1 {
					t.Fatalf("after attempt %d: %+v", i+1, p)
				}
				if seconds > 0 {
					if p.state != backingOff || q.hasReady() || q.empty() {
						t.Fatalf("attempt %d follows at once", i+2)
					}
					q.clock.advance(q.clock.now.Add(seconds*time.Second - 1))
					if q.clock.ring(); p.state != backingOff {
						t.Fatalf("attempt %d follows within %d s", i+2, seconds)
					}
					q.clock.advance(q.clock.now.Add(1))
					q.clock.ring()
				}
				if p.state != ready || len(q.late) > 0 {
					t.Fatalf("attempt %d does not follow after %d s: %+v", i+2, seconds, p)
				}
				q.take(p.class)
			}
		})
	}
}

// A pod that is changed while it waits keeps its age and its backoff.
func TestQueueReplace(t *testing.T) {
	t.Parallel()
	q, _ := newTestQueue()
	first, second, late := newPod(1, "a", Amount{CPU: 1}), newPod(2, "a", Amount{CPU: 1}), newPod(3, "a", Amount{CPU: 1})
	q.add(first)
	q.add(second)
	q.addAt(late, at(5))
	q.replace(first, Pod{UID: "p1", Class: "b", Amount: Amount{CPU: 2}})
	q.replace(late, Pod{UID: "p3", Class: "b", Amount: Amount{CPU: 2}})
	if late.state != backingOff || !late.backoff.at.Equal(at(5)) || first.class != late.class || first.class.amount.CPU != 2 {
		t.Errorf("%+v, %+v", first, late)
	}
	q.clock.advance(at(5))
	q.clock.ring()
	if got := drain(q); got != "p1 p2 p3" {
		t.Error("placed in order", got)
	}
}

// Only a class that had no ready pod can make a difference to offers.
func TestQueueMarksWhatMayFit(t *testing.T) {
	t.Parallel()
	q, _ := newTestQueue()
	for i, row := range []struct {
		class string
		want  bool
	}{{"a", true}, {"a", false}, {"b", true}, {"", true}, {"", true}, {"a", false}} {
		q.changes.fit = false
		if q.add(newPod(uint64(i), row.class, Amount{})); q.changes.fit != row.want {
			t.Errorf("pod %d of class %q may fit: %v", i, row.class, q.changes.fit)
		}
	}
}

func TestQueueReservesForBoundPods(t *testing.T) {
	t.Parallel()
	q, log := newTestQueue()
	p := newPod(1, "a", Amount{})
	p.pinned = &pinned{last: Task{Agent: "A1"}}
	q.add(p)
	if p.class.agent != "A1" || p.class.key != "pod p1" {
		t.Errorf("its class is %+v", p.class)
	}
	q.take(p.class)
	q.retry(p, "", false)
	q.changes.fit = false
	q.remove(p)
	want := []string{"reserve A1", "unreserve A1", "reserve A1", "unreserve A1", "room grew on A1"}
	if !slices.Equal(*log, want) || !q.changes.fit {
		t.Errorf("got %q", *log)
	}
}

func TestClassKey(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		p    pod
		want string
	}{
		{pod{Pod: Pod{UID: "x", Class: "web"}}, "class web"},
		{pod{Pod: Pod{UID: "x"}}, "pod x"},
		{pod{Pod: Pod{UID: "x", Class: "web"}, superseded: 1}, "pod x"},
		{pod{Pod: Pod{UID: "x", Class: "web"}, pinned: &pinned{}}, "pod x"},
	} {
		if got := row.p.classKey(""); got != row.want {
			t.Errorf("%+v: %q, want %q", row.p, got, row.want)
		}
	}
}

// The index finds what a look at every class finds, whatever has been added,
// taken and removed before.
func TestIndexAgainstAllClasses(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 2))
		q, _ := newTestQueue()
		var waiting []*pod
		amount := func(n int) Amount { return Amount{CPU: rng.Int64N(int64(n)), Mem: rng.Int64N(int64(n))} }
		for seq := range uint64(400) {
			if rng.IntN(3) > 0 || len(waiting) == 0 {
				p := newPod(seq, "", amount(20))
				if rng.IntN(2) == 0 {
					p.Class, p.Amount = fmt.Sprint(seq%7), Amount{CPU: int64(seq % 7), Mem: 5}
				} else if rng.IntN(2) == 0 {
					p.Ports = []uint16{uint16(rng.IntN(10)), uint16(10 + rng.IntN(10))}
				}
				waiting = append(waiting, p)
				q.add(p)
			} else {
				i := rng.IntN(len(waiting))
				q.remove(waiting[i])
				waiting = slices.Delete(waiting, i, i+1)
			}
			s := search{room: amount(25), low: uint16(rng.IntN(5)), high: uint16(15 + rng.IntN(5)), after: rng.Uint64N(50), fits: func(c *class) bool { return c.amount.CPU != 7 }}
			var want *class
			oldest := uint64(never)
			for _, p := range waiting {
				c := p.class
				if c.ready[0] != p || p.seq <= s.after || p.seq >= oldest || !s.fits(c) || !c.amount.within(s.room) {
					continue
				}
				if len(c.ports) > 0 && (c.ports[0] < s.low || c.ports[1] > s.high) {
					continue
				}
				want, oldest = c, p.seq
			}
			if got := q.oldest(s); got != want {
				t.Fatalf("seed %d, after %d pods: found %+v, want %+v", seed, seq, got, want)
			}
		}
	}
}
