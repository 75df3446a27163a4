// Package transform makes the objects that informers keep smaller: a cluster of thousands of
// nodes and pods has several informers of each, in framework_runner and in every executor.
// Its functions are for informers.WithTransform and SetTransform. They change the object
// that they get, which nobody else has seen, and pass over what is of other kinds.
package transform

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
)

// Unmanaged drops the managed fields of an object, which are much of its size and nobody's
// concern here.
func Unmanaged(o any) (any, error) {
	if m, err := meta.Accessor(o); err == nil {
		m.SetManagedFields(nil)
	}
	return o, nil
}

// Network keeps of a Node and of a Pod what a network is made of and what its state is told
// by: metadata without managed fields, addresses and ranges, conditions, a Node's kubelet,
// the ports of a Pod's containers. Other objects lose their managed fields. What it has
// changed must not be written back to the API server.
func Network(o any) (any, error) {
	switch o := o.(type) {
	case *v1.Node:
		o.Spec = v1.NodeSpec{PodCIDR: o.Spec.PodCIDR, PodCIDRs: o.Spec.PodCIDRs}
		o.Status = v1.NodeStatus{
			Conditions: o.Status.Conditions, Addresses: o.Status.Addresses, DaemonEndpoints: o.Status.DaemonEndpoints,
			NodeInfo: v1.NodeSystemInfo{KubeletVersion: o.Status.NodeInfo.KubeletVersion},
		}
	case *v1.Pod:
		o.Spec = v1.PodSpec{
			NodeName: o.Spec.NodeName, HostNetwork: o.Spec.HostNetwork,
			Containers: ports(o.Spec.Containers), InitContainers: ports(o.Spec.InitContainers),
		}
		o.Status = v1.PodStatus{Phase: o.Status.Phase, PodIP: o.Status.PodIP, PodIPs: o.Status.PodIPs}
	}
	return Unmanaged(o)
}

// ports returns containers with nothing but their names, ports, and what makes an init
// container a sidecar.
func ports(all []v1.Container) []v1.Container {
	var few []v1.Container
	for _, c := range all {
		few = append(few, v1.Container{Name: c.Name, Ports: c.Ports, RestartPolicy: c.RestartPolicy})
	}
	return few
}
