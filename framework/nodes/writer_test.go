package nodes

import (
	"testing"

	"github.com/go-logr/logr"
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
