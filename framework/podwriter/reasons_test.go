package podwriter

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
)

// Reasons are written rarely, the latest only, and none for a pod that waits no longer. New figures are told more rarely than
// new reasons, and cause no event.
func TestReasonsAreWrittenRarely(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		message    string // of a number
		last       string
		want       []time.Duration
		wantEvents int
	}{
		"figures": {"0/2 nodes are available: 2 Insufficient cpu (lacking 901.6 to %d.5 cpu).", "2 Insufficient cpu (lacking 901.6 to 5999.5 cpu)", []time.Duration{1e9, 11e9, 31e9, 71e9, 151e9, 311e9, 611e9}, 1},
		"reasons": {"reason %c", "reason ", []time.Duration{1e9, 11e9, 31e9, 71e9, 131e9, 191e9, 251e9, 311e9, 371e9, 431e9, 491e9, 551e9, 611e9}, 13},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := fake.NewSimpleClientset(makePod("a"), makePod("b"))
				events := &recorded{}
				rs := NewReasons(client, cache.NewStore(cache.MetaNamespaceKeyFunc), events, logr.Discard())
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan struct{})
				go func() { rs.Run(ctx); close(ended) }()
				start := time.Now()
				var times []time.Duration
				var last string
				client.PrependReactor("patch", "pods", func(a k8stesting.Action) (bool, runtime.Object, error) {
					times, last = append(times, time.Since(start).Round(time.Second)), string(a.(k8stesting.PatchAction).GetPatch())
					return false, nil, nil
				})
				rs.Set(makePod("b"), "no offer yet")
				for i := range 6000 { // for ten minutes
					rs.Set(makePod("a"), fmt.Sprintf(c.message, i))
					if i == 5 {
						rs.Clear("uid-b")
					}
					time.Sleep(100 * time.Millisecond) // of the bubble's time
				}
				time.Sleep(time.Hour)
				stop()
				<-ended
				if !slices.Equal(times, c.want) {
					t.Errorf("written after %v, want %v", times, c.want)
				}
				if n := len(events.messages); n != c.wantEvents {
					t.Errorf("%d events, want %d", n, c.wantEvents)
				}
				if !strings.Contains(last, c.last) || !strings.Contains(last, "resourceVersion") {
					t.Errorf("last written: %s", last)
				}
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

// A pod that is bound by now, as the watch has it, gets no reason.
func TestNoReasonForABoundPod(t *testing.T) {
	t.Parallel()
	for bound, want := range map[bool]int{false: 1, true: 0} {
		client := fake.NewSimpleClientset(makePod("a"))
		patches := 0
		client.PrependReactor("patch", "pods", func(k8stesting.Action) (bool, runtime.Object, error) {
			patches++
			return false, nil, nil
		})
		store := cache.NewStore(cache.MetaNamespaceKeyFunc)
		if err := store.Add(makePod("a", func(p *v1.Pod) {
			if bound {
				p.Spec.NodeName, p.Annotations = "n1", map[string]string{taskdata.AgentAnnotation: "S1"}
			}
		})); err != nil {
			t.Fatal(err)
		}
		events := &recorded{}
		rs := NewReasons(client, store, events, logr.Discard())
		if err := rs.patch(t.Context(), makePod("a"), "no offer", true); err != nil {
			t.Error(err)
		}
		if patches != want || len(events.messages) != want {
			t.Errorf("bound %t: %d patches, events %q", bound, patches, events.messages)
		}
	}
}
