package volumes

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/claims"
)

const (
	reasonDeleteFailed = "VolumeFailedDelete"
	reasonWaits        = "WaitsForNode"
	reasonBroken       = "VolumeNotAvailable"
	reasonGrown        = "VolumeResizeSuccessful"
	reasonNotGrown     = "VolumeResizeFailed"

	grown types.UID = "grown " // precedes the uid of a claim in Controller.told

	// protection is Kubernetes' finalizer of volumes that have a claim.
	protection = "kubernetes.io/pv-protection"
)

// again is after how long a volume that could not grow is looked at again.
const again = time.Minute

// existing returns what a Space must have of a volume.
func existing(v *v1.PersistentVolume) Volume {
	return Volume{Name: v.Name, Node: claims.NodeOf(v), Bytes: claims.Size(v.Spec.Capacity.Storage()), Made: true}
}

// volume goes on with a volume of ours.
func (c *Controller) volume(ctx context.Context, v *v1.PersistentVolume) error {
	switch {
	case v.DeletionTimestamp != nil:
		return c.reclaim(ctx, v)
	case v.Status.Phase == v1.VolumeReleased && v.Spec.PersistentVolumeReclaimPolicy == v1.PersistentVolumeReclaimDelete:
		err := c.cfg.Client.CoreV1().PersistentVolumes().Delete(ctx, v.Name, metav1.DeleteOptions{
			Preconditions: &metav1.Preconditions{UID: &v.UID, ResourceVersion: &v.ResourceVersion},
		})
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("volume %s: %w", v.Name, err)
		}
		return nil
	}
	claim := c.boundTo(v)
	if claim == nil || !growing(v, claim) {
		if _, err := c.cfg.Space.Have(existing(v)); err != nil {
			c.tell(v, v.UID, v1.EventTypeWarning, reasonBroken, err.Error())
		}
	}
	if claim != nil {
		return c.grow(ctx, v, claim)
	}
	return nil
}

// growing reports whether a claim asks for more than its volume has, and can.
func growing(v *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) bool {
	return claims.TooLarge(claim) == nil && claims.Size(claim.Spec.Resources.Requests.Storage()) > existing(v).Bytes
}

// reclaim goes on with a volume that is being deleted: without a claim, its policy decides
// about its data.
func (c *Controller) reclaim(ctx context.Context, v *v1.PersistentVolume) error {
	if slices.Contains(v.Finalizers, protection) || !slices.Contains(v.Finalizers, finalizer) {
		return nil
	}
	if v.Spec.PersistentVolumeReclaimPolicy == v1.PersistentVolumeReclaimDelete {
		removed, err := c.cfg.Space.Remove(existing(v))
		if err != nil {
			c.tell(v, v.UID, v1.EventTypeWarning, reasonDeleteFailed, err.Error())
		}
		if !removed {
			if err == nil {
				c.tell(v, v.UID, v1.EventTypeNormal, reasonWaits, "its data is removed when "+cmp.Or(c.cfg.RemovedWhen, "an executor runs")+" on node "+claims.NodeOf(v))
			}
			return nil
		}
	}
	v = v.DeepCopy()
	v.Finalizers = slices.DeleteFunc(v.Finalizers, func(f string) bool { return f == finalizer })
	if _, err := c.cfg.Client.CoreV1().PersistentVolumes().Update(ctx, v, metav1.UpdateOptions{}); err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("volume %s: %w", v.Name, err)
	}
	delete(c.told, v.UID)
	return nil
}

// boundTo returns the claim of a volume; nil: it has none.
func (c *Controller) boundTo(v *v1.PersistentVolume) *v1.PersistentVolumeClaim {
	ref := v.Spec.ClaimRef
	if ref == nil {
		return nil
	}
	claim, err := c.claims.PersistentVolumeClaims(ref.Namespace).Get(ref.Name)
	if err != nil || claim.UID != ref.UID || claim.Spec.VolumeName != v.Name {
		return nil
	}
	return claim
}

// grow gives a claim the size that it asks for by now: first the Space, then the volume,
// then the claim's status say so.
func (c *Controller) grow(ctx context.Context, v *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) error {
	if err := claims.TooLarge(claim); err != nil {
		c.tell(claim, claim.UID, v1.EventTypeWarning, reasonNotGrown, err.Error())
		return nil
	}
	if growing(v, claim) {
		want := claims.Size(claim.Spec.Resources.Requests.Storage())
		larger := existing(v)
		larger.Bytes = want
		state, err := c.cfg.Space.Have(larger)
		if err != nil {
			c.tell(claim, claim.UID, v1.EventTypeWarning, reasonNotGrown, err.Error())
			c.queue.AddAfter(key{aVolume, v.Name}, again)
			return nil
		}
		if state.Bytes < want {
			return nil
		}
		v = v.DeepCopy()
		v.Spec.Capacity[v1.ResourceStorage] = *resource.NewQuantity(state.Bytes, resource.BinarySI)
		if v, err = c.cfg.Client.CoreV1().PersistentVolumes().Update(ctx, v, metav1.UpdateOptions{}); err != nil {
			return fmt.Errorf("volume %s: %w", claim.Spec.VolumeName, err)
		}
	}
	size := v.Spec.Capacity.Storage()
	shown, is := claim.Status.Capacity[v1.ResourceStorage]
	if claim.Status.Phase != v1.ClaimBound || !is || shown.Cmp(*size) >= 0 {
		return nil
	}
	claim = claim.DeepCopy()
	claim.Status.Capacity[v1.ResourceStorage] = *size
	delete(claim.Status.AllocatedResources, v1.ResourceStorage)
	delete(claim.Status.AllocatedResourceStatuses, v1.ResourceStorage)
	claim.Status.Conditions = slices.DeleteFunc(claim.Status.Conditions, func(x v1.PersistentVolumeClaimCondition) bool {
		return x.Type == v1.PersistentVolumeClaimResizing || x.Type == v1.PersistentVolumeClaimFileSystemResizePending
	})
	if _, err := c.cfg.Client.CoreV1().PersistentVolumeClaims(claim.Namespace).UpdateStatus(ctx, claim, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("claim %s/%s: %w", claim.Namespace, claim.Name, err)
	}
	c.tell(claim, grown+claim.UID, v1.EventTypeNormal, reasonGrown, "it may hold "+size.String()+" now")
	return nil
}
