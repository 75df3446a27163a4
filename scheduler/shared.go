package scheduler

import (
	"container/heap"
	"time"
)

// clock holds the time of the current Step and the alarms that are set. It is the
// only source of time of all parts.
type clock struct {
	now    time.Time
	alarms alarmHeap
	count  uint64 // alarms ever set
}

// alarm calls ring at a set time; its owner may set it again at will.
type alarm struct {
	at    time.Time
	order uint64 // of setting; alarms for the same time ring in it
	place int    // in the heap, plus one; 0 while not set
	ring  func()
}

func (a *alarm) isSet() bool { return a.place > 0 }

// advance sets the time, which never runs backwards.
func (c *clock) advance(now time.Time) {
	if now.After(c.now) {
		c.now = now
	}
}

// since returns how long ago t was.
func (c *clock) since(t time.Time) time.Duration { return c.now.Sub(t) }

// after has an alarm ring after d, and not when it was to ring before.
func (c *clock) after(d time.Duration, a *alarm) { c.set(a, c.now.Add(d)) }

func (c *clock) set(a *alarm, at time.Time) {
	c.count++
	a.at, a.order = at, c.count
	if a.isSet() {
		heap.Fix(&c.alarms, a.place-1)
		return
	}
	heap.Push(&c.alarms, a)
}

func (c *clock) stop(a *alarm) {
	if a.isSet() {
		heap.Remove(&c.alarms, a.place-1)
	}
}

// ring rings the alarms whose time has come, the earliest first, including those
// that are set meanwhile.
func (c *clock) ring() {
	for len(c.alarms) > 0 && !c.alarms[0].at.After(c.now) {
		heap.Pop(&c.alarms).(*alarm).ring()
	}
}

// next returns the time of the next alarm, zero when none is set.
func (c *clock) next() time.Time {
	if len(c.alarms) == 0 {
		return time.Time{}
	}
	return c.alarms[0].at
}

// alarmHeap is a heap of alarms, the earliest on top.
type alarmHeap []*alarm

func (h alarmHeap) Len() int { return len(h) }
func (h alarmHeap) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].order < h[j].order
}
func (h alarmHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i+1, j+1
}
func (h *alarmHeap) Push(x any) {
	a := x.(*alarm)
	*h = append(*h, a)
	a.place = len(*h)
}
func (h *alarmHeap) Pop() any {
	old := *h
	a := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	a.place = 0
	return a
}

// backoff returns first, doubled for every further try, but no more than most.
func backoff(tries int, first, most time.Duration) time.Duration {
	d := first
	for range tries {
		if d *= 2; d >= most {
			return most
		}
	}
	return d
}

// session is what every part may know of the two sides that the core talks to,
// Mesos and the API server, and the calls of the current Step to them.
type session struct {
	connected bool      // to a Mesos master
	since     time.Time // of the connection
	whyNot    string    // a sentence
	listed    bool      // every pod that existed at start has been announced
	calls     []Call
}

// ready reports whether pods may be launched.
func (s *session) ready() bool { return s.connected && s.listed }

func (s *session) call(c Call) { s.calls = append(s.calls, c) }

// disconnected notes that the connection to Mesos is lost, and why.
func (s *session) disconnected(err error) {
	s.connected, s.whyNot = false, notConnected
	if err != nil {
		s.whyNot = err.Error()
	}
}

const notConnected = "not connected to a Mesos master"

// acknowledge answers an update whose effect is stored. Without a connection that
// is left for later: an update is repeated until it is acknowledged.
func (s *session) acknowledge(u Update) {
	if u.UUID != "" && s.connected {
		s.call(Acknowledge{Task: u.Task, Agent: u.Agent, UUID: u.UUID})
	}
}

// reportEvery is how often the reasons of waiting pods are computed at most.
const reportEvery = time.Second

// changes notes what must be looked at again. Parts that change something mark it
// here; those that look, [matcher], [offerDemand] and [reasons], know nothing of
// the parts that do.
type changes struct {
	clock   *clock
	fit     bool   // see mayFit
	stirred bool   // see stir
	version uint64 // of what reasons are made from
	report  alarm  // the reasons are to be computed again; rings at the reasons
}

// mayFit notes that a waiting pod may fit where none did: the offers held must be
// looked at again in this Step, and those that our filters keep from us asked for.
func (c *changes) mayFit() { c.fit = true }

// stir notes that a pod may fit that was passed over in this Step.
func (c *changes) stir() { c.fit, c.stirred = true, true }

// takeStirred reports whether that was so since it was asked last.
func (c *changes) takeStirred() bool {
	was := c.stirred
	c.stirred = false
	return was
}

// reasons notes that pods may wait for other reasons than before.
func (c *changes) reasons() {
	c.version++
	if !c.report.isSet() {
		c.clock.after(reportEvery, &c.report)
	}
}
