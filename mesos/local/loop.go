package local

import (
	"container/heap"
	"time"
)

// loop runs functions and timers one after another, in one goroutine. These may
// touch everything in the master and its agents, and must not block.
type loop struct {
	inbox  chan func()
	ended  chan struct{}
	timers timers
	order  uint64
}

func newLoop() *loop {
	return &loop{inbox: make(chan func()), ended: make(chan struct{})}
}

// do runs f in the loop, waits for it, and reports whether it ran: false if the loop
// has ended. It must not be called from within the loop.
func (l *loop) do(f func()) bool {
	done := make(chan struct{})
	select {
	case l.inbox <- func() { f(); close(done) }:
		<-done
		return true
	case <-l.ended:
		return false
	}
}

func (l *loop) run(stop <-chan struct{}) {
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
func (l *loop) fire(now time.Time) time.Duration {
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

// after runs f in the loop when d has passed, unless stopped. It must be called
// from within the loop.
func (l *loop) after(d time.Duration, f func()) *timer {
	l.order++
	t := &timer{loop: l, due: time.Now().Add(d), order: l.order, f: f}
	heap.Push(&l.timers, t)
	return t
}

// timer is something that is due later; nil is one that was never set.
type timer struct {
	loop  *loop
	due   time.Time
	order uint64 // among those due at the same time the oldest goes first
	index int
	f     func()
}

func (t *timer) stop() {
	if t != nil && t.index >= 0 {
		heap.Remove(&t.loop.timers, t.index)
	}
}

// timers is a heap, the next due first.
type timers []*timer

func (ts timers) Len() int { return len(ts) }
func (ts timers) Less(i, j int) bool {
	if !ts[i].due.Equal(ts[j].due) {
		return ts[i].due.Before(ts[j].due)
	}
	return ts[i].order < ts[j].order
}
func (ts timers) Swap(i, j int) {
	ts[i], ts[j] = ts[j], ts[i]
	ts[i].index, ts[j].index = i, j
}
func (ts *timers) Push(x any) {
	t := x.(*timer)
	t.index = len(*ts)
	*ts = append(*ts, t)
}
func (ts *timers) Pop() any {
	last := len(*ts) - 1
	t := (*ts)[last]
	(*ts)[last] = nil
	*ts = (*ts)[:last]
	t.index = -1
	return t
}
