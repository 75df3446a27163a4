package podwriter

import (
	"testing"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

var lostAgent = scheduler.Fail{PodUID: "uid-php", Reason: "TaskGone", Message: "the agent is gone"}

func TestFail(t *testing.T) {
	t.Parallel()
	running := func(p *v1.Pod) {
		p.Status.Phase = v1.PodRunning
		p.Status.Conditions = []v1.PodCondition{{Type: v1.PodReady, Status: v1.ConditionTrue}}
		p.Status.ContainerStatuses = []v1.ContainerStatus{
			{Name: "a", Ready: true, ContainerID: "docker://1", State: v1.ContainerState{Running: &v1.ContainerStateRunning{}}},
			{Name: "b", State: v1.ContainerState{Waiting: &v1.ContainerStateWaiting{}}},
			{Name: "c", State: v1.ContainerState{Terminated: &v1.ContainerStateTerminated{ExitCode: 3}}},
		}
	}
	now := metav1.Now()
	for name, c := range map[string]struct {
		change func(*v1.Pod)
		want   v1.PodPhase // empty: the pod is gone
	}{
		"running":          {running, v1.PodFailed},
		"ended by itself":  {func(p *v1.Pod) { p.Status.Phase = v1.PodSucceeded }, v1.PodSucceeded},
		"another pod":      {func(p *v1.Pod) { p.UID, p.Status.Phase = "other", v1.PodRunning }, v1.PodRunning},
		"is being deleted": {func(p *v1.Pod) { running(p); p.DeletionTimestamp = &now; p.Finalizers = []string{"a/b"} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := fake.NewSimpleClientset(makePod("php", c.change))
			if err := NewWriter(client, noEvents{}, logr.Discard()).fail(t.Context(), makePod("php"), lostAgent); err != nil {
				t.Error(err)
			}
			p, err := client.CoreV1().Pods("default").Get(t.Context(), "php", metav1.GetOptions{})
			if c.want == "" {
				if !apierrors.IsNotFound(err) {
					t.Errorf("still there: %+v, %v", p.Status, err)
				}
				return
			}
			if err != nil || p.Status.Phase != c.want {
				t.Fatalf("phase %s, %v", p.Status.Phase, err)
			}
		})
	}
	if err := NewWriter(fake.NewSimpleClientset(), noEvents{}, logr.Discard()).fail(t.Context(), makePod("php"), lostAgent); err != nil {
		t.Errorf("a pod that is gone: %v", err)
	}

	p := makePod("php", running)
	endStatus(&p.Status, lostAgent, now)
	for i, want := range []int32{137, 137, 3} {
		end := p.Status.ContainerStatuses[i].State.Terminated
		if end == nil || end.ExitCode != want || p.Status.ContainerStatuses[i].Ready {
			t.Errorf("container %d: %+v", i, p.Status.ContainerStatuses[i])
		}
	}
	if p.Status.Reason != "TaskGone" || p.Status.Conditions[0].Status != v1.ConditionFalse {
		t.Errorf("status %+v", p.Status)
	}
}
