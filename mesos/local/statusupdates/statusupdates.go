// Package statusupdates is an agent's task status update manager: it keeps the statuses of
// each task until the scheduler has acknowledged them, and sends one at a time, again and
// again. It knows nothing of tasks (T) but which one a stream is about, and belongs to one
// goroutine, that of its loop.
package statusupdates

import (
	"bytes"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/loop"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// longestRetry limits the doubling of the time between retries.
const longestRetry = 10 * time.Minute

// A Key names a task.
type Key struct{ Framework, Task string }

// A Manager keeps the statuses of an agent.
type Manager[T any] struct {
	loop    *loop.Loop
	retry   time.Duration // until a status is sent again, then doubling
	ready   func() bool
	send    func(*Stream[T])
	streams map[Key]*Stream[T]
	count   int
}

// A Stream holds the statuses of one task id. It outlives its task, as an executor may go
// on reporting after the end.
type Stream[T any] struct {
	Key
	Task    *T // nil if that id was never launched, or after its end
	number  int
	pending []*mesospb.TaskStatus
	seen    map[string]bool // uuids
	retry   *loop.Timer
	wait    time.Duration
}

// New returns a Manager without statuses. send sends the first status of a stream to the
// master; it is called only while ready reports that the master can be reached.
func New[T any](l *loop.Loop, retry time.Duration, ready func() bool, send func(*Stream[T])) *Manager[T] {
	return &Manager[T]{loop: l, retry: retry, ready: ready, send: send, streams: map[Key]*Stream[T]{}}
}

// Stream returns the stream of a key, made if there is none, about task unless it is nil.
func (m *Manager[T]) Stream(key Key, task *T) *Stream[T] {
	s := m.streams[key]
	if s == nil {
		m.count++
		s = &Stream[T]{Key: key, number: m.count, seen: map[string]bool{}}
		m.streams[key] = s
	}
	if task != nil {
		s.Task = task
	}
	return s
}

// Add stores a status that has a uuid and reports whether it is new. It is sent by Push.
func (s *Stream[T]) Add(status *mesospb.TaskStatus) (isNew bool) {
	if s.seen[string(status.Uuid)] {
		return false
	}
	s.seen[string(status.Uuid)] = true
	s.pending = append(s.pending, status)
	return true
}

// First returns the status to be acknowledged next, nil if there is none.
func (s *Stream[T]) First() *mesospb.TaskStatus {
	if len(s.pending) == 0 {
		return nil
	}
	return s.pending[0]
}

// Push sends the status that was added last if nothing waits before it.
func (m *Manager[T]) Push(s *Stream[T]) {
	if len(s.pending) == 1 {
		m.forward(s)
	}
}

// forward sends the first status and retries later.
func (m *Manager[T]) forward(s *Stream[T]) {
	s.retry.Stop()
	if len(s.pending) == 0 || !m.ready() {
		return
	}
	m.send(s)
	s.wait = min(max(2*s.wait, m.retry), longestRetry)
	s.retry = m.loop.After(s.wait, func() { m.forward(s) })
}

// Acknowledge removes the first status of a stream if it has this uuid, and returns it.
// ended is then called with the stream's task, if there is one, and says whether it has
// ended; the next status follows.
func (m *Manager[T]) Acknowledge(key Key, uuid []byte, ended func(*T, *mesospb.TaskStatus) bool) {
	s := m.streams[key]
	if s == nil || len(s.pending) == 0 || !bytes.Equal(s.pending[0].Uuid, uuid) {
		return
	}
	acknowledged := s.pending[0]
	s.pending, s.wait = s.pending[1:], 0
	s.retry.Stop()
	if s.Task != nil && ended(s.Task, acknowledged) {
		s.Task = nil
	}
	if len(s.pending) == 0 && s.Task == nil {
		delete(m.streams, s.Key)
		return
	}
	m.forward(s)
}

// Resend sends the first statuses of a framework again, those of the oldest stream first.
func (m *Manager[T]) Resend(framework string) {
	var of []*Stream[T]
	for key, s := range m.streams {
		if key.Framework == framework {
			of = append(of, s)
		}
	}
	slices.SortFunc(of, func(x, y *Stream[T]) int { return x.number - y.number })
	for _, s := range of {
		s.wait = 0
		m.forward(s)
	}
}

// Forget drops everything of a framework.
func (m *Manager[T]) Forget(framework string) {
	for key, s := range m.streams {
		if key.Framework == framework {
			s.retry.Stop()
			delete(m.streams, key)
		}
	}
}

// Pause sends nothing again by itself until Resend.
func (m *Manager[T]) Pause() {
	for _, s := range m.streams {
		s.retry.Stop()
	}
}
