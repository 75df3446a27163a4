package podspec

import (
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
)

// A pod that is being resized requires what its spec says until it is bound, and from then on
// what the kubelet has allocated to it.
func TestResizedPods(t *testing.T) {
	t.Parallel()
	small := v1.ResourceList{v1.ResourceCPU: quantity("200m"), v1.ResourceMemory: quantity("64Mi")}
	for _, row := range []struct {
		name      string
		bound     bool
		allocated v1.ResourceList
		want      int64
	}{
		{"waits", false, small, 500},
		{"is bound", true, small, 200},
		{"is bound, and no kubelet has reported", true, nil, 500},
	} {
		p := makePod("p", func(p *v1.Pod) { p.Spec.Containers = []v1.Container{container("500m", "64Mi")} })
		p.Status.ContainerStatuses = []v1.ContainerStatus{{Name: p.Spec.Containers[0].Name, AllocatedResources: row.allocated}}
		if row.bound {
			p.Spec.NodeName = "n"
			p.Annotations = map[string]string{taskdata.AgentAnnotation: "a"}
		}
		got, _ := Requirements(p, scheduler.Amount{})
		if got.Amount.CPU != row.want || got.Object.Spec.Containers[0].Resources.Requests.Cpu().MilliValue() != row.want {
			t.Errorf("a pod that %s requires %+v, of %v; want %d", row.name, got.Amount, got.Object.Spec.Containers, row.want)
		}
		if p.Spec.Containers[0].Resources.Requests.Cpu().MilliValue() != 500 {
			t.Errorf("a pod that %s was changed", row.name)
		}
		if other := p.DeepCopy(); !SameAllocation(p, other) {
			t.Error("a copy has another allocation")
		} else if other.Status.ContainerStatuses[0].AllocatedResources = (v1.ResourceList{v1.ResourceCPU: quantity("1")}); SameAllocation(p, other) {
			t.Error("another allocation goes unnoticed")
		}
	}
}
