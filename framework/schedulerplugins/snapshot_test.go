package schedulerplugins

import (
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Of a node nothing is left once both its Node and the last pod are gone, in whichever
// order they go.
func TestSnapshotForgetsNodes(t *testing.T) {
	t.Parallel()
	r, err := newRules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.wake()
	for _, name := range []string{"a", "b"} {
		r.Node(name, &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}})
		r.Settled(specOf(&v1.Pod{ObjectMeta: metav1.ObjectMeta{UID: types.UID(name)}}), name)
	}
	for _, step := range []struct {
		do   func()
		want int
	}{
		{func() { r.Node("a", nil) }, 2},
		{func() { r.Left(scheduler.Pod{Object: &v1.Pod{ObjectMeta: metav1.ObjectMeta{UID: "a"}}}, "a") }, 1},
		{func() { r.Left(scheduler.Pod{Object: &v1.Pod{ObjectMeta: metav1.ObjectMeta{UID: "b"}}}, "b") }, 1},
		{func() { r.Node("b", nil) }, 0},
		{func() { r.Node("never seen", nil) }, 0},
	} {
		if step.do(); len(r.snapshot.byName) != step.want {
			t.Errorf("%d nodes are known, want %d", len(r.snapshot.byName), step.want)
		}
	}
}
