package kubelet

import (
	"reflect"
	"unsafe"

	upstream "k8s.io/kubernetes/pkg/kubelet"
	"k8s.io/kubernetes/pkg/kubelet/allocation"
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

// part returns the place of a part of a kubelet, nil if there is none of that name and type.
func part[T any](u *upstream.Kubelet, name string) *T {
	f := reflect.ValueOf(u).Elem().FieldByName(name)
	if !f.IsValid() || f.Type() != reflect.TypeFor[T]() {
		return nil
	}
	return (*T)(unsafe.Pointer(f.UnsafeAddr()))
}
