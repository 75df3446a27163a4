// Package loop is one goroutine that owns state: it runs functions and timers one after
// another. Nothing that only they touch needs a lock; in exchange none of them may block.
package loop

import (
	"container/heap"
	"time"
)

// A Loop runs functions and timers one after another.
type Loop struct {
	inbox  chan func()
	ended  chan struct{}
	timers timers
	order  uint64
}

// New returns a Loop that does nothing until Run.
func New() *Loop {
	return &Loop{inbox: make(chan func()), ended: make(chan struct{})}
}

// Do runs f in the loop, waits for it, and reports whether it ran: false if the loop
// has ended. It must not be called from within the loop.
func (l *Loop) Do(f func()) bool {
	done := make(chan struct{})
	select {
	case l.inbox <- func() { f(); close(done) }:
		<-done
		return true
	case <-l.ended:
		return false
	}
}

// Run runs the loop until stop is closed. Timers that are not due by then never fire.
func (l *Loop) Run(stop <-chan struct{}) {
	defer close(l.ended)
	clock := time.NewTimer(0)
	defer clock.Stop()
	for {
		clock.Reset(l.fire(time.Now()))
		select {
		case f := <-l.inbox:
			f()
		case <-clock.C:
		case <-stop:
			return
		}
	}
}

// fire runs the timers that are due and returns the time until the next one.
func (l *Loop) fire(now time.Time) time.Duration {
	for len(l.timers) > 0 {
		t := l.timers[0]
		if wait := t.due.Sub(now); wait > 0 {
			return wait
		}
		heap.Pop(&l.timers)
		t.f()
	}
	return time.Hour
}

// After runs f in the loop when d has passed, unless stopped. Timers due at the same
// time fire in the order in which they were set. It must be called from within the loop.
func (l *Loop) After(d time.Duration, f func()) *Timer {
	l.order++
	t := &Timer{loop: l, due: time.Now().Add(d), order: l.order, f: f}
	heap.Push(&l.timers, t)
	return t
}

// A Timer is something that is due later; nil is one that was never set.
type Timer struct {
	loop  *Loop
	due   time.Time
	order uint64 // among those due at the same time the oldest goes first
	index int    // in the heap; -1 once fired or stopped
	f     func()
}

// Stop keeps a timer from firing. It must be called from within the loop.
func (t *Timer) Stop() {
	if t != nil && t.index >= 0 {
		heap.Remove(&t.loop.timers, t.index)
	}
}
