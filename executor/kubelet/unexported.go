package kubelet

import (
	"reflect"
	"unsafe"

	upstream "k8s.io/kubernetes/pkg/kubelet"
	"k8s.io/kubernetes/pkg/kubelet/allocation"
	"k8s.io/kubernetes/pkg/kubelet/cm"
	"k8s.io/kubernetes/pkg/kubelet/container"
	"k8s.io/kubernetes/pkg/kubelet/volumemanager"
)

// Of all parts that this package replaces or adds to, these are the ones to which the
// kubelet gives no way from outside.

// volumeManager returns the place of a kubelet's volume manager.
func volumeManager(u *upstream.Kubelet) *volumemanager.VolumeManager {
	return part[volumemanager.VolumeManager](u, "volumeManager")
}

// allocations returns the place of what allocates a kubelet's resources to pods.
func allocations(u *upstream.Kubelet) *allocation.Manager {
	return part[allocation.Manager](u, "allocationManager")
}

// groups returns the place of what manages control groups for a kubelet's runtime.
func groups(u *upstream.Kubelet) *cm.ContainerManager {
	runtime := part[container.Runtime](u, "containerRuntime")
	if runtime == nil || *runtime == nil || reflect.TypeOf(*runtime).Kind() != reflect.Pointer {
		return nil
	}
	return part[cm.ContainerManager](*runtime, "containerManager")
}

// part returns the place of a part of what a pointer leads to, nil if there is none of that
// name and type.
func part[T any](whole any, name string) *T {
	f := reflect.ValueOf(whole).Elem().FieldByName(name)
	if !f.IsValid() || f.Type() != reflect.TypeFor[T]() {
		return nil
	}
	return (*T)(unsafe.Pointer(f.UnsafeAddr()))
}
