package podspec

import (
	"slices"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
)

// allocated returns p, or a copy that requests what the kubelet has allocated to it. Of a
// bound pod that is being resized, the spec is a wish: it holds what the kubelet has admitted,
// which is within its Mesos task, and if it is launched again it needs no more than that.
func allocated(p *v1.Pod) *v1.Pod {
	if !Bound(p) {
		return p
	}
	containers := withAllocations(p.Spec.Containers, p.Status.ContainerStatuses)
	init := withAllocations(p.Spec.InitContainers, p.Status.InitContainerStatuses)
	if containers == nil && init == nil {
		return p
	}
	out := *p
	if containers != nil {
		out.Spec.Containers = containers
	}
	if init != nil {
		out.Spec.InitContainers = init
	}
	return &out
}

// withAllocations returns the containers with what has been allocated to them, nil if that is
// what they request.
func withAllocations(all []v1.Container, statuses []v1.ContainerStatus) (changed []v1.Container) {
	for i, c := range all {
		at := slices.IndexFunc(statuses, func(s v1.ContainerStatus) bool { return s.Name == c.Name })
		if at < 0 || statuses[at].AllocatedResources == nil || equality.Semantic.DeepEqual(statuses[at].AllocatedResources, c.Resources.Requests) {
			continue
		}
		if changed == nil {
			changed = slices.Clone(all)
		}
		changed[i].Resources.Requests = statuses[at].AllocatedResources
	}
	return changed
}

// SameAllocation reports whether kubelets have allocated the same to two states of a pod.
func SameAllocation(a, b *v1.Pod) bool {
	same := func(x, y v1.ContainerStatus) bool {
		return x.Name == y.Name && equality.Semantic.DeepEqual(x.AllocatedResources, y.AllocatedResources)
	}
	return slices.EqualFunc(a.Status.ContainerStatuses, b.Status.ContainerStatuses, same) &&
		slices.EqualFunc(a.Status.InitContainerStatuses, b.Status.InitContainerStatuses, same)
}
