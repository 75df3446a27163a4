package kubelet

import (
	"reflect"
	"unsafe"

	upstream "k8s.io/kubernetes/pkg/kubelet"
	"k8s.io/kubernetes/pkg/kubelet/volumemanager"
)

// volumeManager returns the place of a kubelet's volume manager, nil if it has none of that
// name and type. Of all parts that this package replaces, it is the only one that the kubelet
// does not accept from outside.
func volumeManager(u *upstream.Kubelet) *volumemanager.VolumeManager {
	f := reflect.ValueOf(u).Elem().FieldByName("volumeManager")
	if !f.IsValid() || f.Type() != reflect.TypeFor[volumemanager.VolumeManager]() {
		return nil
	}
	return (*volumemanager.VolumeManager)(unsafe.Pointer(f.UnsafeAddr()))
}
