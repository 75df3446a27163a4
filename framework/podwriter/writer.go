package podwriter

import (
	"context"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/retryqueue"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
)

const (
	workers     = 32 // operations at a time
	attemptTime = 30 * time.Second
)

// Events takes events for people; it does not block.
type Events interface {
	Event(about runtime.Object, eventType, reason, message string)
}

// Writer does operations on pods. Each is repeated until it succeeds, is certain never
// to, or the Writer ends; between attempts it holds up no other, so a namespace whose
// webhook fails does not stop the pods of others.
type Writer struct {
	client kubernetes.Interface
	events Events
	queue  *retryqueue.Queue[*operation]
	log    logr.Logger

	mu      sync.Mutex
	pending map[string]bool // keys of startOnce
}

// operation is something to do to a pod.
type operation struct {
	what string // for the log
	pod  *v1.Pod

	// try makes one attempt. An error is permanent, hopeless or a reason to try again.
	try func(context.Context) error

	// done is called when try has succeeded or never will; not at the end of the
	// Writer. May be nil.
	done func(error)
}

// NewWriter returns a writer that writes while Run does.
func NewWriter(client kubernetes.Interface, events Events, log logr.Logger) *Writer {
	return &Writer{client: client, events: events, queue: retryqueue.New[*operation](logr.Discard()), log: log, pending: map[string]bool{}}
}

// Run does operations until ctx ends and those begun have returned.
func (w *Writer) Run(ctx context.Context) { w.queue.Run(ctx, workers, w.attempt) }

// start has an operation begun as soon as a worker is free.
func (w *Writer) start(op *operation) { w.queue.Add(op) }

// startOnce is like start, but does nothing while an operation of the same key is
// unfinished.
func (w *Writer) startOnce(key string, op *operation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pending[key] {
		return
	}
	w.pending[key] = true
	op.done = func(error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.pending, key)
	}
	w.start(op)
}

// attempt makes one attempt; an error means that there is to be another.
func (w *Writer) attempt(ctx context.Context, op *operation) error {
	bounded, cancel := context.WithTimeout(ctx, attemptTime)
	err, again := verdict(op.try(bounded))
	cancel()
	switch {
	case ctx.Err() != nil:
		return nil
	case again:
		w.log.Info("writing to a pod failed and will be repeated", "pod", name(op.pod), "operation", op.what, "reason", err)
		return err
	case op.done != nil:
		op.done(err)
	}
	return nil
}

func name(p *v1.Pod) string { return p.Namespace + "/" + p.Name }
