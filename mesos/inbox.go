package mesos

import (
	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// maxMessages bounds the MESSAGE events waiting for an executor's handler, in bytes.
// The other events are bounded by the tasks that the agent has room for.
const maxMessages = 16 << 20

// An inbox hands an executor's events to its handler, across all subscriptions,
// without making the reader wait.
type inbox struct {
	log      logr.Logger
	events   *backlog[*mesospb.ExecutorEvent]
	done     chan struct{}
	shutdown bool // SHUTDOWN has come; written by the reader only
}

// newInbox starts passing events to h; it calls stopped when h has returned from
// SHUTDOWN.
func newInbox(h ExecutorHandler, log logr.Logger, stopped func()) *inbox {
	in := &inbox{log: log, events: newBacklog[*mesospb.ExecutorEvent](maxMessages), done: make(chan struct{})}
	go func() {
		defer close(in.done)
		for e, ok := in.events.take(); ok; e, ok = in.events.take() {
			h.Event(e)
			if e.GetType() == mesospb.ExecutorEvent_SHUTDOWN {
				stopped()
			}
		}
	}()
	return in
}

// put adds an event of size bytes. A MESSAGE may be dropped, as Mesos does not
// guarantee its delivery. Every other event counts as delivered once read, so it
// must not be dropped. Nothing follows SHUTDOWN.
func (in *inbox) put(e *mesospb.ExecutorEvent, size int) {
	switch {
	case in.shutdown:
	case e.GetType() == mesospb.ExecutorEvent_MESSAGE:
		if !in.events.put(e, size) {
			in.log.Info("dropping a message: too many wait for the executor", "bytes", size, "limit", maxMessages)
		}
	default:
		in.shutdown = e.GetType() == mesospb.ExecutorEvent_SHUTDOWN
		in.events.add(e, 0)
	}
}

// finish waits for the handler to return and reports whether it returned from
// SHUTDOWN. Events not yet started are dropped, except SHUTDOWN, unless all is set.
func (in *inbox) finish(all bool) (shutdown bool) {
	in.events.keep(func(e *mesospb.ExecutorEvent) bool { return all || e.GetType() == mesospb.ExecutorEvent_SHUTDOWN })
	in.events.close()
	<-in.done
	return in.shutdown
}
