// Package mailbox has an unbounded queue with many writers and one reader.
package mailbox

import "sync"

// Mailbox is an unbounded queue: putting something in never blocks, so its reader holds
// up neither the stream from Mesos nor a watch.
type Mailbox[T any] struct {
	ready chan struct{} // holds a token while there is something to take

	mu    sync.Mutex
	items []T
}

// New returns an empty mailbox.
func New[T any]() *Mailbox[T] { return &Mailbox[T]{ready: make(chan struct{}, 1)} }

// Put adds an item at the end.
func (m *Mailbox[T]) Put(item T) {
	m.mu.Lock()
	m.items = append(m.items, item)
	m.mu.Unlock()
	select {
	case m.ready <- struct{}{}:
	default:
	}
}

// Ready yields a value when there may be something to take.
func (m *Mailbox[T]) Ready() <-chan struct{} { return m.ready }

// Take returns everything put in since the last time, in order.
func (m *Mailbox[T]) Take() []T {
	m.mu.Lock()
	defer m.mu.Unlock()
	items := m.items
	m.items = nil
	return items
}

// Len returns how many items wait to be taken.
func (m *Mailbox[T]) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.items)
}
