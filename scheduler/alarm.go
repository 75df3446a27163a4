package scheduler

import (
	"container/heap"
	"time"
)

// alarm calls ring at a set time; its owner may set it again at will.
type alarm struct {
	at    time.Time
	order uint64 // of setting; alarms for the same time ring in it
	place int    // in the heap, plus one; 0 while not set
	ring  func()
}

func (a *alarm) isSet() bool { return a.place > 0 }

// alarms holds the pending alarms, the earliest first.
type alarms struct {
	heap  alarmHeap
	count uint64
}

func (q *alarms) set(a *alarm, at time.Time) {
	q.count++
	a.at, a.order = at, q.count
	if a.isSet() {
		heap.Fix(&q.heap, a.place-1)
		return
	}
	heap.Push(&q.heap, a)
}

func (q *alarms) stop(a *alarm) {
	if a.isSet() {
		heap.Remove(&q.heap, a.place-1)
	}
}

// due removes and returns the next alarm whose time has come, or nil.
func (q *alarms) due(now time.Time) *alarm {
	if len(q.heap) == 0 || q.heap[0].at.After(now) {
		return nil
	}
	return heap.Pop(&q.heap).(*alarm)
}

func (q *alarms) next() time.Time {
	if len(q.heap) == 0 {
		return time.Time{}
	}
	return q.heap[0].at
}

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
