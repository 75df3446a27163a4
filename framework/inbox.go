package framework

import "sync"

// inbox is an unbounded queue: putting something in never blocks, so the loop
// holds up neither the stream from Mesos nor a watch.
type inbox struct {
	mu    sync.Mutex
	items []any
	ready chan struct{} // holds a token while there is something to take
}

func newInbox() *inbox { return &inbox{ready: make(chan struct{}, 1)} }

func (q *inbox) put(m any) {
	q.mu.Lock()
	q.items = append(q.items, m)
	q.mu.Unlock()
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// length returns how many items wait to be taken.
func (q *inbox) length() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}

// take returns everything put in since the last time, in order.
func (q *inbox) take() []any {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items = nil
	return items
}
