package framework

import (
	"context"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"
)

// recorder writes events about pods, those alike put together. Nobody waits for
// it: when too many are to be written, some are not.
type recorder struct {
	client kubernetes.Interface
	queue  chan podEvent
}

type podEvent struct {
	pod                        *v1.Pod
	eventType, reason, message string
}

func newRecorder(client kubernetes.Interface) *recorder {
	return &recorder{client: client, queue: make(chan podEvent, 1000)}
}

func (r *recorder) event(p *v1.Pod, eventType, reason, message string) {
	select {
	case r.queue <- podEvent{p, eventType, reason, message}:
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
			out.Event(e.pod, e.eventType, e.reason, e.message)
		}
	}
}
