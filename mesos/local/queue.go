package local

import (
	"sync"

	"github.com/gogo/protobuf/proto"
)

// queueLimit is how many events may wait for a subscriber that is not reading.
const queueLimit = 100_000

// queue hands events from the loop to the handler of one stream. A message in it
// must not change any more. The loop never waits for the handler: a queue that
// overflows is cut.
type queue struct {
	wake chan struct{} // holds one token while there is something new

	mu     sync.Mutex
	events []proto.Message
	ending ending
}

// ending is how a stream ends, if it does.
type ending int

const (
	open   ending = iota
	closed        // after the events in it: the closing chunk
	cut           // at once: the connection breaks, as when a process dies
	torn          // as cut, but after the events, and within one more record
)

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

func (q *queue) send(events ...proto.Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ending != open {
		return
	}
	if len(q.events)+len(events) > queueLimit {
		q.ending = cut
	} else {
		q.events = append(q.events, events...)
	}
	q.signal()
}

// end ends the stream; only the first end counts.
func (q *queue) end(how ending) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ending == open {
		q.ending = how
	}
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns the events since the last call, and how the stream goes on after them.
func (q *queue) take() ([]proto.Message, ending) {
	q.mu.Lock()
	defer q.mu.Unlock()
	events := q.events
	q.events = nil
	return events, q.ending
}
