package framework

import (
	"context"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"
)

// recorder writes events about pods and nodes, similar ones merged. No
// goroutine waits for it: when there are too many, some are dropped.
type recorder struct {
	client kubernetes.Interface
	queue  chan event
}

type event struct {
	about                      runtime.Object
	eventType, reason, message string
}

func newRecorder(client kubernetes.Interface) *recorder {
	return &recorder{client: client, queue: make(chan event, 1000)}
}

func (r *recorder) event(about runtime.Object, eventType, reason, message string) {
	select {
	case r.queue <- event{about, eventType, reason, message}:
	default:
	}
}

func (r *recorder) run(ctx context.Context) {
	broadcaster := record.NewBroadcaster(record.WithContext(ctx))
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&typedv1.EventSinkImpl{Interface: r.client.CoreV1().Events("")})
	out := broadcaster.NewRecorder(scheme.Scheme, v1.EventSource{Component: SchedulerName})
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-r.queue:
			out.Event(e.about, e.eventType, e.reason, e.message)
		}
	}
}
