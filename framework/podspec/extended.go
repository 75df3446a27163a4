package podspec

import (
	"strings"

	v1 "k8s.io/api/core/v1"
)

// Extended reports whether a resource is none of Kubernetes' own: a device plugin or an
// administrator states on a Node how much of it there is, and Mesos knows nothing of it.
func Extended(name v1.ResourceName) bool {
	return strings.Contains(string(name), "/") && !strings.Contains(string(name), v1.ResourceDefaultNamespacePrefix)
}

// UsesExtended reports whether a pod requests such a resource, or has it as overhead.
func UsesExtended(p *v1.Pod) bool {
	for _, cs := range [][]v1.Container{p.Spec.InitContainers, p.Spec.Containers} {
		for _, c := range cs {
			if anyExtended(c.Resources.Requests) {
				return true
			}
		}
	}
	return anyExtended(p.Spec.Overhead)
}

func anyExtended(l v1.ResourceList) bool {
	for name, q := range l {
		if Extended(name) && !q.IsZero() {
			return true
		}
	}
	return false
}
