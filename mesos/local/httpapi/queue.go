package httpapi

import (
	"sync"

	"github.com/gogo/protobuf/proto"
)

// queueLimit is how many events may wait for a subscriber that is not reading.
const queueLimit = 100_000

// A Queue hands events from the loop to the handler of one stream. A message in it
// must not change any more. The loop never waits for the handler: a queue that
// overflows is cut.
type Queue struct {
	wake chan struct{} // holds one token while there is something new

	mu     sync.Mutex
	events []proto.Message
	ending Ending
}

// An Ending is how a stream ends, if it does.
type Ending int

// The ways in which a stream ends.
const (
	open   Ending = iota
	Closed        // after the events in it: the closing chunk
	Cut           // at once: the connection breaks, as when a process dies
	Torn          // as cut, but after the events, and within one more record
)

// NewQueue returns a Queue that is open.
func NewQueue() *Queue { return &Queue{wake: make(chan struct{}, 1)} }

// Send adds events; after the end it drops them.
func (q *Queue) Send(events ...proto.Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ending != open {
		return
	}
	if len(q.events)+len(events) > queueLimit {
		q.ending = Cut
	} else {
		q.events = append(q.events, events...)
	}
	q.signal()
}

// End ends the stream; only the first end counts.
func (q *Queue) End(how Ending) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ending == open {
		q.ending = how
	}
	q.signal()
}

func (q *Queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns the events since the last call, and how the stream goes on after them.
func (q *Queue) take() ([]proto.Message, Ending) {
	q.mu.Lock()
	defer q.mu.Unlock()
	events := q.events
	q.events = nil
	return events, q.ending
}
