package kubelet

import (
	"context"
	"fmt"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

func pod(name string, grace int64) *v1.Pod {
	return &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID("uid-" + name)},
		Spec:       v1.PodSpec{TerminationGracePeriodSeconds: &grace},
	}
}

// taps is a source whose two outputs the test reads.
type taps struct {
	*source
	kubelet, executor [][]*v1.Pod
	relisted          []types.UID
}

func newTaps() *taps {
	t := &taps{}
	t.source = newSource("", func(pods []*v1.Pod) { t.executor = append(t.executor, pods) })
	t.relist = func(uid types.UID) { t.relisted = append(t.relisted, uid) }
	return t
}

// push pushes pods, and the kubelet takes them at once.
func (t *taps) push(objs []any) {
	t.source.push(objs)
	t.take()
}

func (t *taps) drain(now time.Time, grace time.Duration) {
	t.source.drain(now, grace)
	t.take()
}

func (t *taps) take() {
	select {
	case pods := <-t.latest:
		t.kubelet = append(t.kubelet, pods)
	default:
	}
}

// Kubelet and executor get the same pods, with changes in the same order, and the
// executor does not see the kubelet's modifications of its pods.
func TestSourceGivesBothTheSame(t *testing.T) {
	t.Parallel()
	s := newTaps()
	s.push([]any{})
	s.push([]any{pod("a", 30), pod("b", 30)})
	s.push([]any{pod("b", 30)})
	if len(s.kubelet) != 3 || len(s.executor) != 3 {
		t.Fatalf("the kubelet was given %d sets, the executor %d, want 3", len(s.kubelet), len(s.executor))
	}
	for i, want := range []int{0, 2, 1} {
		if len(s.kubelet[i]) != want || len(s.executor[i]) != want {
			t.Errorf("change %d: %d and %d pods, want %d", i, len(s.kubelet[i]), len(s.executor[i]), want)
		}
	}
	s.kubelet[2][0].Name = "written by the kubelet"
	if s.executor[2][0].Name != "b" {
		t.Error("the kubelet writes into the executor's pods")
	}
}

// The kubelet is to look at the containers of a pod at each step of the pod's end, and at no
// other time.
func TestSourceRelistsEndingPods(t *testing.T) {
	t.Parallel()
	s := newTaps()
	at := func(version string, change func(*v1.Pod)) *v1.Pod {
		p := pod("a", 30)
		p.ResourceVersion = version
		change(p)
		return p
	}
	runs := func(p *v1.Pod) { p.Status.Phase = v1.PodRunning }
	deleted := func(p *v1.Pod) { runs(p); p.DeletionTimestamp = &metav1.Time{} }
	failed := func(p *v1.Pod) { p.Status.Phase = v1.PodFailed }
	for _, c := range []struct {
		pod  *v1.Pod
		want int
	}{
		{at("1", func(*v1.Pod) {}), 0}, {at("2", runs), 0}, {at("3", deleted), 1}, {at("3", deleted), 1}, {at("4", failed), 2},
	} {
		s.push([]any{c.pod, pod("b", 30)})
		if len(s.relisted) != c.want {
			t.Errorf("at version %s: %v", c.pod.ResourceVersion, s.relisted)
		}
	}
}

// A node that has changed agents: each executor runs the pods of its own agent. A pod
// that names none has been bound by others, and waits until the framework names one.
func TestPodsOfAnotherAgent(t *testing.T) {
	t.Parallel()
	s := newTaps()
	s.agent = "S1"
	own, other, waits := pod("own", 1), pod("other", 1), pod("waits", 1)
	own.Annotations = map[string]string{taskdata.AgentAnnotation: "S1"}
	other.Annotations = map[string]string{taskdata.AgentAnnotation: "S0"}
	s.push([]any{own, other, waits})
	for _, given := range [][]*v1.Pod{s.kubelet[0], s.executor[0]} {
		if len(given) != 1 || given[0].Name != "own" {
			t.Errorf("given: %v, want own", given)
		}
	}
}

// A drained source marks every pod as being deleted, each with the shortest of the time
// left, its own grace period, and that of a deletion in progress; later changes from an
// API server have no effect.
func TestDrain(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	deleted := pod("deleted", 30)
	deleted.DeletionGracePeriodSeconds = new(int64(2))
	deleted.DeletionTimestamp = &metav1.Time{Time: now.Add(-time.Hour)}
	unsaid := pod("unsaid", 0)
	unsaid.Spec.TerminationGracePeriodSeconds = nil

	s := newTaps()
	s.push([]any{pod("patient", 30), pod("quick", 3), pod("at-once", 0), deleted, unsaid})
	s.drain(now, 5500*time.Millisecond)
	s.push([]any{pod("late", 30)})
	if len(s.kubelet) != 2 || len(s.executor) != 1 {
		t.Fatalf("the kubelet was given %d sets and the executor %d, want 2 and 1", len(s.kubelet), len(s.executor))
	}
	want := map[string]int64{"patient": 5, "quick": 3, "at-once": 1, "deleted": 2, "unsaid": 5}
	for _, p := range s.kubelet[1] {
		if p.DeletionTimestamp == nil || p.DeletionGracePeriodSeconds == nil {
			t.Errorf("pod %s is not marked as being deleted", p.Name)
			continue
		}
		if got := *p.DeletionGracePeriodSeconds; got != want[p.Name] {
			t.Errorf("pod %s has %d s, want %d", p.Name, got, want[p.Name])
		}
		if end := now.Add(time.Duration(want[p.Name]) * time.Second); !p.DeletionTimestamp.Time.Equal(end) {
			t.Errorf("pod %s is to end at %v, want %v", p.Name, p.DeletionTimestamp, end)
		}
		delete(want, p.Name)
	}
	if len(want) > 0 {
		t.Errorf("not drained: %v", want)
	}
	if s.executor[0][0].DeletionTimestamp != nil {
		t.Error("the executor's pods are marked, too")
	}
}

// A pod that the drain interrupts has failed, whatever its containers' exit codes; one
// that was being deleted, or had ended, is reported as it is.
func TestDrainedPodsHaveFailed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	running, done, deleted := pod("running", 1), pod("done", 1), pod("deleted", 1)
	running.Status.Phase = v1.PodRunning
	done.Status.Phase = v1.PodSucceeded
	deleted.Status.Phase = v1.PodRunning
	deleted.DeletionTimestamp = &metav1.Time{Time: now}

	s := newTaps()
	s.push([]any{running, done, deleted})
	s.drain(now, time.Second)
	want := map[string]v1.PodPhase{"running": v1.PodFailed, "done": v1.PodSucceeded, "deleted": v1.PodRunning}
	for _, p := range s.kubelet[1] {
		if p.Status.Phase != want[p.Name] || (p.Status.Phase == v1.PodFailed) != (p.Status.Reason != "") {
			t.Errorf("pod %s is %s because of %q, want %s", p.Name, p.Status.Phase, p.Status.Reason, want[p.Name])
		}
	}
	if running.Status.Phase != v1.PodRunning {
		t.Error("the watch's own pod was changed")
	}
}

func TestDrainOfNothing(t *testing.T) {
	t.Parallel()
	s := newTaps()
	s.drain(time.Now(), time.Second)
	s.push([]any{pod("late", 30)})
	if len(s.kubelet)+len(s.executor) > 0 {
		t.Errorf("the kubelet was given %v, the executor %v", s.kubelet, s.executor)
	}
}

// A kubelet that takes no pods, as when its runtime is away, blocks neither the watch
// nor the drain, and gets the latest pods when it takes some again.
func TestDrainOfAKubeletThatHangs(t *testing.T) {
	t.Parallel()
	s := newSource("", nil)
	taken := make(chan []*v1.Pod)
	ctx, stop := context.WithCancel(t.Context())
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		s.feed(ctx, func(pods []*v1.Pod) { taken <- pods })
	}()
	for range 100 {
		s.push([]any{pod("a", 30)})
	}
	s.drain(time.Now(), time.Minute)
	for last := []*v1.Pod(nil); len(last) == 0 || last[0].DeletionTimestamp == nil; {
		last = <-taken
	}
	stop()
	<-fed
}

// The element type of the kubelet's channel cannot be named outside of its package; this
// one has the same shape.
func TestSend(t *testing.T) {
	t.Parallel()
	type unnamed struct{ Pods []*v1.Pod }
	c := make(chan unnamed, 1)
	send(t.Context(), c, []*v1.Pod{pod("a", 1)})
	if got := (<-c).Pods; len(got) != 1 || got[0].Name != "a" {
		t.Errorf("got %v", fmt.Sprint(got))
	}
}
