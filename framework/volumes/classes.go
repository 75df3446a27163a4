package volumes

import (
	"context"
	"fmt"
	"slices"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Class is a storage class of ours.
type Class struct {
	Name    string
	Reclaim v1.PersistentVolumeReclaimPolicy
	Default bool // if there is no other default class
	Fixed   bool // its volumes cannot grow
}

// LocalClasses are those whose volumes are directories of agents.
var LocalClasses = []Class{
	{Name: "local", Reclaim: v1.PersistentVolumeReclaimDelete, Default: true},
	{Name: "local-retain", Reclaim: v1.PersistentVolumeReclaimRetain},
}

// MesosClasses are those whose volumes Mesos keeps.
var MesosClasses = []Class{
	{Name: "mesos", Reclaim: v1.PersistentVolumeReclaimDelete, Fixed: true},
	{Name: "mesos-retain", Reclaim: v1.PersistentVolumeReclaimRetain, Fixed: true},
}

const defaultAnnotation = "storageclass.kubernetes.io/is-default-class"

// makeClasses makes the classes that are missing. It leaves existing ones alone: a change
// to them was intended.
func (c *Controller) makeClasses(ctx context.Context) error {
	client := c.cfg.Client.StorageV1().StorageClasses()
	all, err := client.List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("storage classes: %w", err)
	}
	hasDefault := slices.ContainsFunc(all.Items, func(s storagev1.StorageClass) bool { return s.Annotations[defaultAnnotation] == "true" })
	for _, class := range c.cfg.Classes {
		wanted := &storagev1.StorageClass{
			ObjectMeta:           metav1.ObjectMeta{Name: class.Name},
			Provisioner:          c.cfg.Provisioner,
			ReclaimPolicy:        &class.Reclaim,
			AllowVolumeExpansion: new(!class.Fixed),
			VolumeBindingMode:    new(storagev1.VolumeBindingWaitForFirstConsumer),
		}
		if class.Default && !hasDefault {
			wanted.Annotations = map[string]string{defaultAnnotation: "true"}
		}
		if _, err := client.Create(ctx, wanted, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("storage class %s: %w", class.Name, err)
		}
	}
	return nil
}
