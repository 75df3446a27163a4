package mesos

import (
	"slices"
	"sync"
)

// A backlog holds events that have been read but not yet handled, so reading never
// waits for a handler. It is bounded by the events' size on the wire.
type backlog[E any] struct {
	max int

	mu     sync.Mutex
	change sync.Cond
	items  []item[E]
	bytes  int
	closed bool
}

type item[E any] struct {
	event E
	size  int
}

func newBacklog[E any](max int) *backlog[E] {
	b := &backlog[E]{max: max}
	b.change.L = &b.mu
	return b
}

// put adds an event of size bytes and reports whether it fits. A single event always
// fits, however large.
func (b *backlog[E]) put(e E, size int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bytes+size > b.max && len(b.items) > 0 {
		return false
	}
	b.force(e, size)
	return true
}

// add adds an event whether it fits or not.
func (b *backlog[E]) add(e E, size int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.force(e, size)
}

func (b *backlog[E]) force(e E, size int) {
	b.items = append(b.items, item[E]{e, size})
	b.bytes += size
	b.change.Signal()
}

// take waits for the next event; ok is false if there will be none.
func (b *backlog[E]) take() (e E, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.items) == 0 {
		if b.closed {
			return e, false
		}
		b.change.Wait()
	}
	first := b.items[0]
	b.items[0] = item[E]{}
	b.items = b.items[1:]
	b.bytes -= first.size
	return first.event, true
}

// keep drops all events except the wanted ones.
func (b *backlog[E]) keep(wanted func(E) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.items = slices.DeleteFunc(b.items, func(i item[E]) bool { return !wanted(i.event) })
	b.bytes = 0
	for _, i := range b.items {
		b.bytes += i.size
	}
}

// close makes take return false once all events are taken.
func (b *backlog[E]) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.change.Broadcast()
}
