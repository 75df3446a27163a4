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
