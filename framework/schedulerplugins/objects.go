package schedulerplugins

import (
	"maps"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
)

// Observe tells what an object that is neither a pod nor a Node is now, or that it is
// gone: a namespace, a volume, a claim, a storage class, or what CSI drivers announce; or
// what comes from Answers. It reports whether any Rule may answer otherwise.
func (r *Rules) Observe(object any, gone bool) bool {
	switch said := object.(type) {
	case *opinion:
		said.of.heard(said)
		return true
	case outdated:
		return said.of.consulted.outdated(said.opinion)
	}
	store := storeOf(r.objects, object)
	if store == nil {
		return false
	}
	old, known, _ := store.Get(object)
	if gone {
		_ = store.Delete(object) // these stores are maps, and fail for objects without a name only
	} else {
		_ = store.Update(object)
	}
	if gone && !known || !gone && known && same(old, object) {
		r.volumes.confirmed(object)
		return false
	}
	r.volumes.observed(object)
	if _, is := object.(*v1.Namespace); is {
		return r.forget(func(*rule) bool { return true })
	}
	return r.forget(func(kind *rule) bool { return kind.volumes })
}

// same reports whether two states of an object make no difference for the plugins, which
// of a namespace look at the labels.
func same(a, b any) bool {
	if ns, is := a.(*v1.Namespace); is {
		return maps.Equal(ns.Labels, b.(*v1.Namespace).Labels)
	}
	return equality.Semantic.DeepEqual(content(a), content(b))
}

// content returns an object without what each write changes.
func content(object any) runtime.Object {
	o := object.(runtime.Object).DeepCopyObject()
	if m, err := meta.Accessor(o); err == nil {
		m.SetResourceVersion("")
		m.SetManagedFields(nil)
	}
	return o
}

// storeOf returns the store of an object's kind; nil: there is none.
func storeOf(objects informers.SharedInformerFactory, object any) cache.Store {
	core, storage := objects.Core().V1(), objects.Storage().V1()
	switch object.(type) {
	case *v1.Namespace:
		return core.Namespaces().Informer().GetStore()
	case *v1.PersistentVolume:
		return core.PersistentVolumes().Informer().GetStore()
	case *v1.PersistentVolumeClaim:
		return core.PersistentVolumeClaims().Informer().GetStore()
	case *storagev1.StorageClass:
		return storage.StorageClasses().Informer().GetStore()
	case *storagev1.CSINode:
		return storage.CSINodes().Informer().GetStore()
	case *storagev1.CSIDriver:
		return storage.CSIDrivers().Informer().GetStore()
	case *storagev1.VolumeAttachment:
		return storage.VolumeAttachments().Informer().GetStore()
	}
	return nil
}
