package kubelet

import (
	"fmt"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubernetes-mesos/kubernetes-mesos/podtask"
)

func pod(name string, grace int64) *v1.Pod {
	return &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID("uid-" + name)},
		Spec:       v1.PodSpec{TerminationGracePeriodSeconds: &grace},
	}
}

// taps is a source with ears on both its ends.
func taps() (s *source, toKubelet, toExecutor *[][]*v1.Pod) {
	var k, e [][]*v1.Pod
	s = &source{
		set:     func(pods []*v1.Pod) { k = append(k, pods) },
		observe: func(pods []*v1.Pod) { e = append(e, pods) },
	}
	return s, &k, &e
}

// Kubelet and executor are given the same pods, in the same order of changes, and
// what the kubelet writes into its pods the executor does not see.
func TestSourceGivesBothTheSame(t *testing.T) {
	t.Parallel()
	s, k, e := taps()
	s.push([]any{})
	s.push([]any{pod("a", 30), pod("b", 30)})
	s.push([]any{pod("b", 30)})
	if len(*k) != 3 || len(*e) != 3 {
		t.Fatalf("the kubelet was given %d sets, the executor %d, want 3", len(*k), len(*e))
	}
	for i, want := range []int{0, 2, 1} {
		if len((*k)[i]) != want || len((*e)[i]) != want {
			t.Errorf("change %d: %d and %d pods, want %d", i, len((*k)[i]), len((*e)[i]), want)
		}
	}
	(*k)[2][0].Name = "written by the kubelet"
	if (*e)[2][0].Name != "b" {
		t.Error("the kubelet writes into the executor's pods")
	}
}

// A node that has changed hands: each executor runs the pods of its own agent, and
// those whose binding names none.
func TestPodsOfAnotherAgent(t *testing.T) {
	t.Parallel()
	s, k, e := taps()
	s.agent = "S1"
	own, other, anybodys := pod("own", 1), pod("other", 1), pod("anybodys", 1)
	own.Annotations = map[string]string{podtask.AgentAnnotation: "S1"}
	other.Annotations = map[string]string{podtask.AgentAnnotation: "S0"}
	s.push([]any{own, other, anybodys})
	for _, given := range [][]*v1.Pod{(*k)[0], (*e)[0]} {
		if len(given) != 2 || given[0].Name != "own" || given[1].Name != "anybodys" {
			t.Errorf("given: %v, want own and anybodys", given)
		}
	}
}

// A drained source marks every pod as being deleted, each with the least of the
// time that there is, that it asks for, and that it has been given already; and
// what an API server may still say changes nothing any more.
func TestDrain(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	deleted := pod("deleted", 30)
	deleted.DeletionGracePeriodSeconds = new(int64(2))
	deleted.DeletionTimestamp = &metav1.Time{Time: now.Add(-time.Hour)}
	unsaid := pod("unsaid", 0)
	unsaid.Spec.TerminationGracePeriodSeconds = nil

	s, k, e := taps()
	s.push([]any{pod("patient", 30), pod("quick", 3), pod("at-once", 0), deleted, unsaid})
	s.drain(now, 5500*time.Millisecond)
	s.push([]any{pod("late", 30)})
	if len(*k) != 2 || len(*e) != 1 {
		t.Fatalf("the kubelet was given %d sets and the executor %d, want 2 and 1", len(*k), len(*e))
	}
	want := map[string]int64{"patient": 5, "quick": 3, "at-once": 1, "deleted": 2, "unsaid": 5}
	for _, p := range (*k)[1] {
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
	if (*e)[0][0].DeletionTimestamp != nil {
		t.Error("the executor's pods are marked, too")
	}
}

// A pod that the drain interrupts has failed, whatever its containers' exit
// codes; one that was wanted to end, or had ended, is told as it is.
func TestDrainedPodsHaveFailed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	running, done, deleted := pod("running", 1), pod("done", 1), pod("deleted", 1)
	running.Status.Phase = v1.PodRunning
	done.Status.Phase = v1.PodSucceeded
	deleted.Status.Phase = v1.PodRunning
	deleted.DeletionTimestamp = &metav1.Time{Time: now}

	s, k, _ := taps()
	s.push([]any{running, done, deleted})
	s.drain(now, time.Second)
	want := map[string]v1.PodPhase{"running": v1.PodFailed, "done": v1.PodSucceeded, "deleted": v1.PodRunning}
	for _, p := range (*k)[1] {
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
	s := &source{} // as before the kubelet is up
	s.drain(time.Now(), time.Second)
	s.push([]any{pod("late", 30)}) // must not reach a kubelet that is not there
}

// The type of the kubelet's channel has no name outside of its package; this one
// has the same shape.
func TestSend(t *testing.T) {
	t.Parallel()
	type unnamed struct{ Pods []*v1.Pod }
	c := make(chan unnamed, 1)
	send(t.Context(), c, []*v1.Pod{pod("a", 1)})
	if got := (<-c).Pods; len(got) != 1 || got[0].Name != "a" {
		t.Errorf("got %v", fmt.Sprint(got))
	}
}
