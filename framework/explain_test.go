package framework

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
)

// A pod that waits says why, in its condition and by an event; what no agent
// can provide is named at once.
func TestExplained(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cpu, gpu string
		want     string
	}{
		"too large":   {cpu: "64", want: "cpu"},
		"unsupported": {cpu: "1", gpu: "2", want: "No agent can give 2 nvidia.com/gpu"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).start()
			w.post(makePod("big", func(p *v1.Pod) {
				p.Spec.Containers[0].Resources.Requests["cpu"] = quantity(c.cpu)
				if c.gpu != "" {
					p.Spec.Containers[0].Resources.Requests["nvidia.com/gpu"] = quantity(c.gpu)
				}
			}))
			w.offers(has("S1", four))
			w.eventually("a condition with the reason", func() bool {
				for _, cond := range w.pod("big").Status.Conditions {
					if cond.Type == v1.PodScheduled && cond.Status == v1.ConditionFalse && cond.Reason == v1.PodReasonUnschedulable {
						return strings.Contains(cond.Message, c.want)
					}
				}
				return false
			})
			w.eventually("an event", func() bool {
				events, err := w.client.CoreV1().Events("default").List(t.Context(), metav1.ListOptions{})
				return err == nil && slices.ContainsFunc(events.Items, func(e v1.Event) bool {
					return e.Reason == "FailedScheduling" && strings.Contains(e.Message, c.want)
				})
			})
			s, err := w.frame.Status(t.Context())
			if err != nil || len(s.Waiting) != 1 || !strings.Contains(s.Waiting[0].Reason, c.want) {
				t.Errorf("status %+v, %v", s, err)
			}
		})
	}
}

// say puts a reason into words for the API server: rarely, the latest only, and
// none for a pod that waits no longer. New figures are told more rarely than
// new reasons, and cause no event.
func TestExplainerIsQuiet(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		message    string // of a number
		last       string
		want       []time.Duration
		wantEvents int
	}{
		"figures": {"2 offers: 2 lack 901.6 to %d.5 cpu", "2 lack 901.6 to 5999.5 cpu", []time.Duration{1e9, 11e9, 31e9, 71e9, 151e9, 311e9, 611e9}, 1},
		"reasons": {"reason %c", "reason ", []time.Duration{1e9, 11e9, 31e9, 71e9, 131e9, 191e9, 251e9, 311e9, 371e9, 431e9, 491e9, 551e9, 611e9}, 13},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := fake.NewSimpleClientset(makePod("a"), makePod("b"))
				x := newExplainer(client, cache.NewStore(cache.MetaNamespaceKeyFunc), newRecorder(client))
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan struct{})
				go func() { x.run(ctx); close(ended) }()
				start := time.Now()
				var times []time.Duration
				var last string
				client.PrependReactor("patch", "pods", func(a k8stesting.Action) (bool, runtime.Object, error) {
					times, last = append(times, time.Since(start).Round(time.Second)), string(a.(k8stesting.PatchAction).GetPatch())
					return false, nil, nil
				})
				x.say(makePod("b"), "no offer yet")
				for i := range 6000 { // for ten minutes
					x.say(makePod("a"), fmt.Sprintf(c.message, i))
					if i == 5 {
						x.drop("uid-b")
					}
					wait(ctx, 100*time.Millisecond)
				}
				wait(ctx, time.Hour)
				if !slices.Equal(times, c.want) {
					t.Errorf("written after %v, want %v", times, c.want)
				}
				if n := len(x.recorder.queue); n != c.wantEvents {
					t.Errorf("%d events, want %d", n, c.wantEvents)
				}
				if !strings.Contains(last, c.last) || !strings.Contains(last, "resourceVersion") {
					t.Errorf("last written: %s", last)
				}
				stop()
				<-ended
			})
		})
	}
}

func TestConditionPatch(t *testing.T) {
	t.Parallel()
	now := metav1.Now()
	p := makePod("a")
	if conditionPatch(p, "no offer", now) == nil {
		t.Error("no patch for a pod that says nothing")
	}
	p.Status.Conditions = []v1.PodCondition{{Type: v1.PodScheduled, Status: v1.ConditionFalse, Reason: v1.PodReasonUnschedulable, Message: "no offer"}}
	if patch := conditionPatch(p, "no offer", now); patch != nil {
		t.Errorf("a patch that changes nothing: %s", patch)
	}
}
