package node

import (
	"errors"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
)

func terminated(name string, code int32, reason, message string) v1.ContainerStatus {
	return v1.ContainerStatus{Name: name, State: v1.ContainerState{
		Terminated: &v1.ContainerStateTerminated{ExitCode: code, Reason: reason, Message: message}}}
}

func TestPodsOf(t *testing.T) {
	t.Parallel()
	meta := metav1.ObjectMeta{Namespace: "ns", Name: "a", UID: "u"}
	ref := executor.Ref{Namespace: "ns", Name: "a", UID: "u"}
	deleted := meta
	deleted.DeletionTimestamp = &metav1.Time{}
	for name, c := range map[string]struct {
		pod  v1.Pod
		want executor.Pod
	}{
		"pending": {v1.Pod{ObjectMeta: meta, Status: v1.PodStatus{Phase: v1.PodPending}},
			executor.Pod{Ref: ref, Phase: executor.Pending}},
		"ready": {v1.Pod{ObjectMeta: meta, Status: v1.PodStatus{Phase: v1.PodRunning, PodIP: "172.17.0.2",
			Conditions: []v1.PodCondition{{Type: v1.PodScheduled, Status: v1.ConditionTrue}, {Type: v1.PodReady, Status: v1.ConditionTrue}}}},
			executor.Pod{Ref: ref, Phase: executor.Running, Ready: true, IP: "172.17.0.2"}},
		"not ready": {v1.Pod{ObjectMeta: meta, Status: v1.PodStatus{Phase: v1.PodRunning,
			Conditions: []v1.PodCondition{{Type: v1.PodReady, Status: v1.ConditionFalse}}}},
			executor.Pod{Ref: ref, Phase: executor.Running}},
		"deleting": {v1.Pod{ObjectMeta: deleted, Status: v1.PodStatus{Phase: v1.PodRunning}},
			executor.Pod{Ref: ref, Phase: executor.Running, Deleting: true}},
		"failed by a container": {v1.Pod{ObjectMeta: meta, Status: v1.PodStatus{Phase: v1.PodFailed,
			ContainerStatuses: []v1.ContainerStatus{terminated("side", 0, "Completed", ""), terminated("web", 137, "OOMKilled", "")}}},
			executor.Pod{Ref: ref, Phase: executor.Failed, Reason: "container web: exit code 137: OOMKilled"}},
		"failed by an init container": {v1.Pod{ObjectMeta: meta, Status: v1.PodStatus{Phase: v1.PodFailed,
			InitContainerStatuses: []v1.ContainerStatus{terminated("init", 3, "Error", "no such table")}}},
			executor.Pod{Ref: ref, Phase: executor.Failed, Reason: "container init: exit code 3: Error: no such table"}},
		"rejected": {v1.Pod{ObjectMeta: meta, Status: v1.PodStatus{Phase: v1.PodFailed, Reason: "OutOfcpu", Message: "Pod was rejected"}},
			executor.Pod{Ref: ref, Phase: executor.Failed, Reason: "OutOfcpu: Pod was rejected"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := podsOf([]*v1.Pod{&c.pod}); len(got) != 1 || got[0] != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// A deletion names the uid, so a new pod of the same name is safe. If there is nothing
// to delete, that is no error; anything else is, so it is tried again.
func TestDeletePod(t *testing.T) {
	t.Parallel()
	pods := schema.GroupResource{Resource: "pods"}
	for name, c := range map[string]struct {
		answer error
		grace  *time.Duration
		failed bool
	}{
		"agreed":                   {nil, nil, false},
		"agreed, with a grace":     {nil, new(90 * time.Second), false},
		"not there":                {apierrors.NewNotFound(pods, "a"), nil, false},
		"another of its name":      {apierrors.NewConflict(pods, "a", errors.New("uid")), nil, false},
		"not bound to this node":   {apierrors.NewForbidden(pods, "a", errors.New("not yours")), nil, false},
		"the API server is ailing": {apierrors.NewInternalError(errors.New("etcd")), nil, true},
		"there is no API server":   {errors.New("connection refused"), nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := fake.NewClientset()
			var asked metav1.DeleteOptions
			client.PrependReactor("delete", "pods", func(a clienttesting.Action) (bool, apiruntime.Object, error) {
				asked = a.(clienttesting.DeleteActionImpl).DeleteOptions
				return true, nil, c.answer
			})
			err := deletePod(t.Context(), client, executor.Ref{Namespace: "ns", Name: "a", UID: "u"}, c.grace)
			if (err != nil) != c.failed {
				t.Errorf("error %v, want one: %v", err, c.failed)
			}
			if asked.Preconditions == nil || asked.Preconditions.UID == nil || *asked.Preconditions.UID != "u" {
				t.Errorf("the uid is not in %+v", asked)
			}
			switch {
			case c.grace == nil && asked.GracePeriodSeconds != nil:
				t.Errorf("grace %d, though none was asked for", *asked.GracePeriodSeconds)
			case c.grace != nil && (asked.GracePeriodSeconds == nil || *asked.GracePeriodSeconds != 90):
				t.Errorf("grace %v, want 90", asked.GracePeriodSeconds)
			}
		})
	}
}

func TestDeleteWaitsForTheNode(t *testing.T) {
	t.Parallel()
	n, err := New(Config{RootDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	err = n.Delete(t.Context(), executor.Ref{Name: "a"}, nil)
	if err == nil || !strings.Contains(err.Error(), "not up") {
		t.Errorf("got %v, want an error until the node is up", err)
	}
	if running, err := n.Running(t.Context(), "u"); running || err != nil {
		t.Errorf("something runs on a node that never came up: %v, %v", running, err)
	}
	if err := n.Drain(t.Context()); err != nil {
		t.Errorf("draining a node that never came up: %v", err)
	}
}
