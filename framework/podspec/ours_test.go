package podspec

import (
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func bind(p *v1.Pod) {
	p.Spec.NodeName, p.Annotations = "n", map[string]string{taskdata.AgentAnnotation: "S1"}
}

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
		"deleted, running":  {func(p *v1.Pod) { bind(p); p.DeletionTimestamp = &now }, true},
		"assigned":          {func(p *v1.Pod) { p.Spec.NodeName = "n" }, true},
		"by another":        {func(p *v1.Pod) { p.Spec.SchedulerName, p.Spec.NodeName = "yunikorn", "n" }, true},
		"deleted, assigned": {func(p *v1.Pod) { p.DeletionTimestamp, p.Spec.NodeName = &now, "n" }, false},
	} {
		if got := DefaultSchedulers().Ours(makePod("p", c.change)); got != c.want {
			t.Errorf("%s: ours is %v", name, got)
		}
	}
}

// A pod is bound when the framework has said for which agent; until then it is assigned at
// most, and nobody else would confirm its deletion.
func TestBoundOrAssigned(t *testing.T) {
	t.Parallel()
	now := metav1.Now()
	assign := func(p *v1.Pod) { p.Spec.NodeName = "n" }
	remove := func(p *v1.Pod) { p.DeletionTimestamp = &now }
	start := func(p *v1.Pod) { p.Status.StartTime = &now }
	for name, c := range map[string]struct {
		pod                        *v1.Pod
		bound, assigned, abandoned bool
	}{
		"waits":                      {pod: makePod("p")},
		"waits, deleted":             {pod: makePod("p", remove)},
		"assigned":                   {pod: makePod("p", assign), assigned: true},
		"assigned, deleted":          {pod: makePod("p", assign, remove), assigned: true, abandoned: true},
		"assigned, deleted, started": {pod: makePod("p", assign, remove, start), assigned: true},
		"bound, deleted":             {pod: makePod("p", bind, remove), bound: true},
	} {
		if b, a, x := Bound(c.pod), Assigned(c.pod), Abandoned(c.pod); b != c.bound || a != c.assigned || x != c.abandoned {
			t.Errorf("%s: bound %t, assigned %t, abandoned %t", name, b, a, x)
		}
	}
}
