package podwriter

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
)

// A pod that makes room for another is told why before it is deleted; one that has gone or
// goes already is left alone.
func TestPreempt(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*v1.Pod)
		by     func(*v1.Pod)
		calls  string
	}{
		"it runs":                  {change: func(*v1.Pod) {}, calls: "get get patch delete"},
		"it is told already":       {change: func(p *v1.Pod) { p.Status.Conditions = []v1.PodCondition{preempted} }, calls: "get get delete"},
		"it was to be evicted":     {change: func(p *v1.Pod) { p.Status.Conditions = []v1.PodCondition{evicted} }, calls: "get get patch delete"},
		"it is being deleted":      {change: func(p *v1.Pod) { p.DeletionTimestamp = new(metav1.Now()); p.Finalizers = []string{"a/b"} }, calls: "get"},
		"another has its name":     {change: func(p *v1.Pod) { p.UID = "other" }, calls: "get"},
		"another has its place":    {change: func(p *v1.Pod) { p.Name = "other" }, calls: "get"},
		"the other runs elsewhere": {change: func(*v1.Pod) {}, by: func(p *v1.Pod) { p.Spec.NodeName = "n2" }, calls: "get get"},
		"the other is gone":        {change: func(*v1.Pod) {}, by: func(p *v1.Pod) { p.Name = "gone" }, calls: "get get"},
	} {
		waiting := makePod("high")
		if row.by != nil {
			row.by(waiting)
		}
		client, events := fake.NewSimpleClientset(makePod("php", row.change), waiting), &recorded{}
		w := NewWriter(client, events, logr.Discard())
		by := makePod("high", func(p *v1.Pod) { p.Spec.SchedulerName = "default-scheduler" })
		if err, again := verdict(w.preempt(t.Context(), makePod("php"), by, "n1")); again {
			t.Errorf("%s: %v", name, err)
		}
		var calls []string
		for _, a := range client.Actions() {
			calls = append(calls, a.GetVerb())
			if patch, is := a.(k8stesting.PatchAction); is && (!strings.Contains(string(patch.GetPatch()), preempted.Message) || patch.GetSubresource() != "status") {
				t.Errorf("%s: patched by %s", name, patch.GetPatch())
			}
		}
		if got := strings.Join(calls, " "); got != row.calls {
			t.Errorf("%s: calls %s, want %s", name, got, row.calls)
		}
		if told := len(events.messages) > 0; told != strings.HasSuffix(row.calls, "delete") || told && events.messages[0] != "Preempted by pod uid-high on node n1" {
			t.Errorf("%s: events %q", name, events.messages)
		}
	}
}

// What the API server could not do for long is not done late: others have been chosen since.
func TestPreemptIsNotDoneLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewSimpleClientset(makePod("php"), makePod("high"))
		var down atomic.Bool
		down.Store(true)
		client.PrependReactor("delete", "pods", func(k8stesting.Action) (bool, runtime.Object, error) {
			return down.Load(), nil, apierrors.NewInternalError(errors.New("a webhook does not answer"))
		})
		w := NewWriter(client, &recorded{}, logr.Discard())
		ctx, end := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { w.Run(ctx); close(done) }()
		w.Preempt(makePod("php"), makePod("high"), "n1")
		time.Sleep(2 * preemptFor)
		down.Store(false)
		time.Sleep(time.Hour)
		if _, err := client.CoreV1().Pods("default").Get(t.Context(), "php", metav1.GetOptions{}); err != nil {
			t.Error(err)
		}
		end()
		<-done
	})
}

var (
	preempted = v1.PodCondition{
		Type: v1.DisruptionTarget, Status: v1.ConditionTrue, Reason: v1.PodReasonPreemptionByScheduler,
		Message: "default-scheduler: preempting to accommodate a higher priority pod",
	}
	evicted = v1.PodCondition{Type: v1.DisruptionTarget, Status: v1.ConditionTrue, Reason: "EvictionByEvictionAPI"}
)

// Of the nominations of a pod the latest is written, unless it is bound by then.
func TestNominations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewSimpleClientset(makePod("a"), makePod("b", nominatedTo("n1")), makePod("c", func(p *v1.Pod) { p.Spec.NodeName = "n1" }))
		ns := NewNominations(client, logr.Discard())
		for pod, nodes := range map[string][]string{"a": {"n1", "n2"}, "b": {""}, "c": {"n1"}, "gone": {"n1"}} {
			for _, node := range nodes {
				ns.Set(makePod(pod), node)
			}
		}
		ctx, end := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { ns.Run(ctx); close(done) }()
		synctest.Wait()
		for pod, node := range map[string]string{"a": "n2", "b": "", "c": ""} {
			p, err := client.CoreV1().Pods("default").Get(t.Context(), pod, metav1.GetOptions{})
			if err != nil || p.Status.NominatedNodeName != node {
				t.Errorf("pod %s is nominated to %q, %v", pod, p.Status.NominatedNodeName, err)
			}
		}
		ns.mu.Lock()
		if len(ns.pending) > 0 {
			t.Errorf("%d are written again and again", len(ns.pending))
		}
		ns.mu.Unlock()
		end()
		<-done
	})
}

func nominatedTo(node string) func(*v1.Pod) {
	return func(p *v1.Pod) { p.Status.NominatedNodeName = node }
}
