package node

import (
	"testing"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim"
)

type fakeAPI struct {
	ready  chan struct{}
	client kubernetes.Interface
}

func (f fakeAPI) Ready() <-chan struct{}       { return f.ready }
func (f fakeAPI) Client() kubernetes.Interface { return f.client }

// A pull has one event, whose message changes; before the API server is known it has none.
func TestPullEvents(t *testing.T) {
	t.Parallel()
	api := fakeAPI{make(chan struct{}), fake.NewClientset()}
	p := newPullEvents("n1", api, logr.Discard())
	pull := dockershim.Pull{Image: "registry.example/app:1", Namespace: "default", Pod: "web", UID: "u1"}
	p.tell(t.Context(), pull, "too early")
	close(api.ready)
	p.tell(t.Context(), pull, "1 of 2 layers")
	p.tell(t.Context(), pull, "2 of 2 layers")
	events, err := api.client.CoreV1().Events("default").List(t.Context(), metav1.ListOptions{})
	if err != nil || len(events.Items) != 1 {
		t.Fatalf("events %v, %v", events, err)
	}
	e := events.Items[0]
	if e.Message != `Pulling image "registry.example/app:1": 2 of 2 layers` || e.InvolvedObject.UID != "u1" || e.Source.Host != "n1" {
		t.Errorf("event %+v", e)
	}
}
