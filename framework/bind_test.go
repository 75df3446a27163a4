package framework

import (
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	k8stesting "k8s.io/client-go/testing"
)

// A binding that conflicts with the pod's state is settled by looking.
func TestBindConflict(t *testing.T) {
	t.Parallel()
	conflict := apierrors.NewConflict(schema.GroupResource{Resource: "pods"}, "php", errStory)
	for _, c := range []struct {
		name    string
		node    string // where the pod is found to be bound
		agent   string // and for which agent
		expects mesospb.SchedulerCall_Type
	}{
		{"bound there already", "host-s1", "S1", mesospb.SchedulerCall_ACKNOWLEDGE},
		{"bound elsewhere", "other", "S2", mesospb.SchedulerCall_KILL},
		{"bound there for an agent of old", "host-s1", "S0", mesospb.SchedulerCall_KILL},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newHarness(t)
			w.client.PrependReactor("create", "pods", func(a k8stesting.Action) (bool, runtime.Object, error) {
				return a.GetSubresource() == "binding", nil, conflict
			})
			w.client.PrependReactor("get", "pods", func(a k8stesting.Action) (bool, runtime.Object, error) {
				return true, makePod("php", func(p *v1.Pod) {
					p.Spec.NodeName = c.node
					p.Annotations = map[string]string{taskdata.AgentAnnotation: c.agent}
				}), nil
			})
			w.start()
			w.post(makePod("php"))
			w.offers(has("S1", four))
			_, tasks := w.launch()
			w.update(tasks[0], mesospb.TaskState_TASK_STARTING)
			w.call(c.expects)
		})
	}
}

// A transient error of the API server does not undo a binding.
func TestBindTrouble(t *testing.T) {
	t.Parallel()
	w := newHarness(t)
	times := make(chan struct{}, 2)
	times <- struct{}{}
	times <- struct{}{}
	w.client.PrependReactor("create", "pods", func(a k8stesting.Action) (bool, runtime.Object, error) {
		select {
		case <-times:
			return a.GetSubresource() == "binding", nil, apierrors.NewInternalError(errStory)
		default:
			return false, nil, nil
		}
	})
	p := makePod("php")
	if err := w.client.Tracker().Add(p); err != nil {
		t.Fatal(err)
	}
	w.start()
	w.offers(has("S1", four))
	_, tasks := w.launch()
	w.update(tasks[0], mesospb.TaskState_TASK_STARTING)
	w.call(mesospb.SchedulerCall_ACKNOWLEDGE)
	if len(times) != 0 || w.pod("php").Spec.NodeName != "host-s1" {
		t.Errorf("%d failures left, bound to %q", len(times), w.pod("php").Spec.NodeName)
	}
}
