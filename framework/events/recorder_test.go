package events

import (
	"context"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
)

var pod = &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "php", UID: "u"}}

// Events are written with what they are about and who says so.
func TestEventsAreWritten(t *testing.T) {
	t.Parallel()
	client := fake.NewSimpleClientset()
	written := make(chan *v1.Event, 10)
	client.PrependReactor("create", "events", func(a k8stesting.Action) (bool, runtime.Object, error) {
		e := a.(k8stesting.CreateAction).GetObject().(*v1.Event)
		written <- e
		return true, e, nil
	})
	r := NewRecorder(client, "kubernetes-mesos")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); r.Run(ctx) }()
	r.Event(pod, v1.EventTypeWarning, "FailedScheduling", "no offer")
	e := <-written
	if e.InvolvedObject.Name != "php" || e.Type != v1.EventTypeWarning || e.Reason != "FailedScheduling" || e.Message != "no offer" || e.Source.Component != "kubernetes-mesos" {
		t.Errorf("written: %+v", e)
	}
	stop()
	<-ended
}

// Nothing waits for events: when there are too many some are dropped.
func TestEventsNeverBlock(t *testing.T) {
	t.Parallel()
	r := NewRecorder(fake.NewSimpleClientset(), "test") // which nothing runs
	for range waiting + 1 {
		r.Event(pod, v1.EventTypeNormal, "Scheduled", "")
	}
	if len(r.queue) != waiting {
		t.Errorf("%d events wait", len(r.queue))
	}
}
