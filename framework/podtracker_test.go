package framework

import (
	"slices"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/fake"
)

// Nothing is decided before all existing pods have been seen: one that changes
// or goes meanwhile is not taken for one that exists.
func TestPodsBeforeSync(t *testing.T) {
	t.Parallel()
	f, err := New(Config{
		Client: fake.NewSimpleClientset(), Store: newMemory(&journal{}), Mesos: newMaster(&journal{}), Executor: Executor{URI: "/x"},
	})
	if err != nil {
		t.Fatal(err)
	}
	l := f.newLoop(records.Records{}, &recordedJobs{})
	old := func(p *v1.Pod) { p.CreationTimestamp.Time = p.CreationTimestamp.Add(-60e9) }
	handle(l, podSeen{makePod("young")})
	handle(l, podSeen{makePod("gone", old)})
	handle(l, podSeen{makePod("old", old)})
	handle(l, podSeen{makePod("old", old, func(p *v1.Pod) { p.Generation = 2 })})
	handle(l, podGone{makePod("gone")})
	handle(l, podsSynced{})
	l.subscribed("F-1")
	l.offered([]*mesospb.Offer{makeOffer("o1", "S1", four)})
	var names []string
	for _, c := range sent(l, mesospb.SchedulerCall_ACCEPT) {
		for _, task := range c.GetAccept().GetOperations()[0].GetLaunch().GetTaskInfos() {
			names = append(names, task.GetName())
		}
	}
	if want := []string{"old.default", "young.default"}; !slices.Equal(names, want) {
		t.Errorf("launched %q, want %q", names, want)
	}
}

// A pod whose phase says that it has finished, or that becomes another's, is no
// longer ours.
func TestPodLeaves(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*v1.Pod){
		"finished":         func(p *v1.Pod) { p.Status.Phase = v1.PodSucceeded },
		"deleted, waiting": func(p *v1.Pod) { p.DeletionTimestamp = &p.CreationTimestamp },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := quietLoop(t)
			handle(l, podSeen{makePod("php")})
			handle(l, podSeen{makePod("php", change)})
			l.offered([]*mesospb.Offer{makeOffer("o1", "S1", four)})
			if calls := sent(l, mesospb.SchedulerCall_ACCEPT); len(calls) > 0 || len(l.pods.pods) > 0 {
				t.Errorf("launched %v", calls)
			}
		})
	}
}
