package kubelet

import (
	"testing"

	v1 "k8s.io/api/core/v1"
	upstream "k8s.io/kubernetes/pkg/kubelet"
	"k8s.io/kubernetes/pkg/kubelet/cm"
	"k8s.io/kubernetes/pkg/kubelet/container"
)

// runtime has a container manager as the kubelet's runtime has.
type runtime struct {
	container.Runtime
	containerManager cm.ContainerManager
}

// A pod without a control group of its own can be resized: there are values to compare with.
func TestPodsWithoutGroupsHaveLimits(t *testing.T) {
	t.Parallel()
	var u upstream.Kubelet
	if groups(&u) != nil {
		t.Error("a kubelet without a runtime has a container manager")
	}
	*part[container.Runtime](&u, "containerRuntime") = &runtime{containerManager: cm.NewStubContainerManager()}
	place := groups(&u)
	if place == nil {
		t.Fatal("the container manager of the runtime is not found")
	}
	*place = noGroups{*place}
	c, err := (*place).NewPodContainerManager().GetPodCgroupConfig(&v1.Pod{}, v1.ResourceMemory)
	if err != nil || c.Memory == nil || c.CPUQuota == nil || c.CPUShares == nil {
		t.Errorf("a pod has the limits %+v, %v", c, err)
	}
}
