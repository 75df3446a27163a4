package recording

import (
	"container/heap"
	"time"
)

// diary holds what will happen, the earliest on top; of what happens at the same time, what
// was added first.
type diary struct {
	entries appointments
	count   int
}

type appointment struct {
	at    time.Time
	order int
	do    func()
}

func (d *diary) add(at time.Time, do func()) {
	d.count++
	heap.Push(&d.entries, appointment{at, d.count, do})
}

// next returns when the next thing happens; there is one.
func (d *diary) next() time.Time { return d.entries[0].at }

// take returns the next thing, which is not in the diary any more.
func (d *diary) take() func() { return heap.Pop(&d.entries).(appointment).do }

type appointments []appointment

func (h appointments) Len() int { return len(h) }
func (h appointments) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].order < h[j].order
}
func (h appointments) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *appointments) Push(x any)   { *h = append(*h, x.(appointment)) }
func (h *appointments) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
