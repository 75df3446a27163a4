package nodes

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"
)

// A taint that was written and must go before the cache shows it is removed: it
// is not taken for one that never existed.
func TestWriterWaitsForItsCache(t *testing.T) {
	t.Parallel()
	clean := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "a", ResourceVersion: "5"}}
	wanted := Desired{Name: "a", Agent: "S1", Hostname: "a"}
	wanted.describe(clean)
	tainted := clean.DeepCopy()
	tainted.ResourceVersion = "7"
	tainted.Spec.Taints = []v1.Taint{{Key: TaintMaintenance, Effect: v1.TaintEffectNoSchedule}}

	client := fake.NewSimpleClientset(tainted.DeepCopy())
	store := cache.NewStore(cache.MetaNamespaceKeyFunc)
	if err := store.Add(clean); err != nil {
		t.Fatal(err)
	}
	w := NewWriter(client, store, logr.Discard())
	w.wrote(tainted)
	if err := w.write(t.Context(), wanted); err == nil {
		t.Error("a Node that lags behind was taken for the truth")
	}
	if err := store.Update(tainted); err != nil {
		t.Fatal(err)
	}
	if err := w.write(t.Context(), wanted); err != nil {
		t.Error(err)
	}
	now, err := client.CoreV1().Nodes().Get(t.Context(), "a", metav1.GetOptions{})
	if err != nil || len(now.Spec.Taints) > 0 {
		t.Errorf("taints %v, %v", now.Spec.Taints, err)
	}
}

// written runs a writer until it has nothing to do, and returns what it sent and the Node
// it left.
func written(t *testing.T, before *v1.Node, desired ...Desired) (verbs []string, after *v1.Node) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		client, store := fake.NewSimpleClientset(), cache.NewStore(cache.MetaNamespaceKeyFunc)
		if before != nil {
			if err := client.Tracker().Add(before); err != nil {
				t.Fatal(err)
			}
			if err := store.Add(before); err != nil {
				t.Fatal(err)
			}
		}
		w := NewWriter(client, store, logr.Discard())
		for _, d := range desired {
			w.Want(d)
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		w.Run(ctx)
		for _, a := range client.Actions() {
			verbs = append(verbs, a.GetVerb()+a.GetSubresource())
		}
		var err error
		if after, err = client.CoreV1().Nodes().Get(context.Background(), "n1", metav1.GetOptions{}); err != nil {
			t.Fatal(err)
		}
	})
	return verbs, after
}

// What was desired last is written, in as few requests as it takes.
func TestWriterWritesDifferences(t *testing.T) {
	t.Parallel()
	asDesired := Desired{Name: "n1", Agent: "S1", Idle: true, Capacity: scheduler.Amount{CPU: 1000}}
	kubelet := asDesired.object(metav1.Now())
	kubelet.Status = v1.NodeStatus{NodeInfo: v1.NodeSystemInfo{KubeletVersion: "v1"}, Conditions: []v1.NodeCondition{{Type: v1.NodeReady, Status: v1.ConditionTrue, Reason: "KubeletReady"}}}
	for name, c := range map[string]struct {
		before  *v1.Node
		desired []Desired
		want    []string
		reason  string // of the Ready condition
	}{
		"a new Node":               {nil, []Desired{asDesired}, []string{"create"}, "MesosAgentOffers"},
		"an executor starts there": {nil, []Desired{{Name: "n1", Agent: "S1"}}, []string{"create"}, "MesosAgentOffers"},
		"as desired":               {asDesired.object(metav1.Now()), []Desired{asDesired}, nil, "MesosAgentOffers"},
		"the kubelet decides":      {kubelet, []Desired{{Name: "n1", Agent: "S1"}}, nil, "KubeletReady"},
		"lost":                     {kubelet, []Desired{{Name: "n1", Agent: "S1", Lost: true}}, []string{"update", "patchstatus"}, ReasonLost},
		"lost and back":            {kubelet, []Desired{{Name: "n1", Agent: "S1", Lost: true}, {Name: "n1", Agent: "S1"}}, nil, "KubeletReady"},
		"another attribute":        {kubelet, []Desired{{Name: "n1", Agent: "S1", Labels: map[string]string{LabelAttribute + "rack": "r1"}}}, []string{"update"}, "KubeletReady"},
	} {
		verbs, after := written(t, c.before, c.desired...)
		if !slices.Equal(verbs, c.want) {
			t.Errorf("%s: %q, want %q", name, verbs, c.want)
		}
		if got := after.Status.Conditions[0].Reason; got != c.reason {
			t.Errorf("%s: the Node's condition is %s, want %s", name, got, c.reason)
		}
	}
}

// A Node that was deleted is written again when it is wanted again, not before.
func TestWriterForgetsDeletedNodes(t *testing.T) {
	t.Parallel()
	w := NewWriter(fake.NewSimpleClientset(), cache.NewStore(cache.MetaNamespaceKeyFunc), logr.Discard())
	d := Desired{Name: "n1"}
	w.Want(d)
	w.wrote(&v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1", ResourceVersion: "7"}})
	w.Deleted("n1")
	if len(w.desired) > 0 {
		t.Error("a deleted Node is desired")
	}
	if w.behind(&v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1", ResourceVersion: "5"}}) {
		t.Error("a Node that is made again is compared with the one before")
	}
}
