package podspec

import (
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestOurs(t *testing.T) {
	t.Parallel()
	now := metav1.Now()
	for name, c := range map[string]struct {
		change func(*v1.Pod)
		want   bool
	}{
		"plain":             {func(*v1.Pod) {}, true},
		"default scheduler": {func(p *v1.Pod) { p.Spec.SchedulerName = "default-scheduler" }, true},
		"by name":           {func(p *v1.Pod) { p.Spec.SchedulerName = "kubernetes-mesos" }, true},
		"another's":         {func(p *v1.Pod) { p.Spec.SchedulerName = "yunikorn" }, false},
		"gated":             {func(p *v1.Pod) { p.Spec.SchedulingGates = []v1.PodSchedulingGate{{Name: "g"}} }, false},
		"succeeded":         {func(p *v1.Pod) { p.Status.Phase = v1.PodSucceeded }, false},
		"failed":            {func(p *v1.Pod) { p.Status.Phase = v1.PodFailed }, false},
		"mirror":            {func(p *v1.Pod) { p.Annotations = map[string]string{v1.MirrorPodAnnotationKey: "x"} }, false},
		"deleted, waiting":  {func(p *v1.Pod) { p.DeletionTimestamp = &now }, false},
		"deleted, running":  {func(p *v1.Pod) { p.DeletionTimestamp, p.Spec.NodeName = &now, "n" }, true},
	} {
		if got := Ours(makePod("p", c.change)); got != c.want {
			t.Errorf("%s: ours is %v", name, got)
		}
	}
}
