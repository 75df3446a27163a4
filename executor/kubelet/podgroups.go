package kubelet

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/kubelet/cm"
)

// noGroups is a container manager whose pods have no control groups of their own. The
// kubelet's, when it is told to make none, answers nothing where one is asked for, and the
// kubelet would end with a nil pointer as soon as a pod is resized.
type noGroups struct{ cm.ContainerManager }

// NewPodContainerManager returns what stands for the groups of pods.
func (n noGroups) NewPodContainerManager() cm.PodContainerManager {
	return noPodGroups{n.ContainerManager.NewPodContainerManager()}
}

type noPodGroups struct{ cm.PodContainerManager }

// GetPodCgroupConfig returns limits of zero: what is set instead is set nowhere.
func (noPodGroups) GetPodCgroupConfig(*v1.Pod, v1.ResourceName) (*cm.ResourceConfig, error) {
	return &cm.ResourceConfig{Memory: new(int64), CPUQuota: new(int64), CPUShares: new(uint64), CPUPeriod: new(uint64)}, nil
}
