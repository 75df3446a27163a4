package events

import (
	"context"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"
)

// waiting is how many events may wait to be written.
const waiting = 1000

// Recorder writes events in the name of one component.
type Recorder struct {
	client    kubernetes.Interface
	component string
	queue     chan event
}

type event struct {
	about                      runtime.Object
	eventType, reason, message string
}

// NewRecorder returns a recorder that writes while Run does.
func NewRecorder(client kubernetes.Interface, component string) *Recorder {
	return &Recorder{client: client, component: component, queue: make(chan event, waiting)}
}

// Event has an event written. It never blocks.
func (r *Recorder) Event(about runtime.Object, eventType, reason, message string) {
	select {
	case r.queue <- event{about, eventType, reason, message}:
	default:
	}
}

// Run writes events until ctx ends.
func (r *Recorder) Run(ctx context.Context) {
	broadcaster := record.NewBroadcaster(record.WithContext(ctx))
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&typedv1.EventSinkImpl{Interface: r.client.CoreV1().Events("")})
	out := broadcaster.NewRecorder(scheme.Scheme, v1.EventSource{Component: r.component})
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-r.queue:
			out.Event(e.about, e.eventType, e.reason, e.message)
		}
	}
}
