package volumes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/storage/volume"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/claims"
)

// The reasons of events, as Kubernetes' own provisioners have them.
const (
	reasonProvisioned = "ProvisioningSucceeded"
	reasonFailed      = "ProvisioningFailed"
)

// order is what a claim asks for, on the node that was chosen for it.
type order struct {
	Volume
	claim *v1.PersistentVolumeClaim
	class *storagev1.StorageClass
}

// order returns what a claim asks for; nil: nothing of us now. The error says why it cannot
// have that.
func (c *Controller) order(claim *v1.PersistentVolumeClaim) (*order, error) {
	class, err := c.classes.Get(volume.GetPersistentVolumeClaimClass(claim))
	node := claim.Annotations[volume.AnnSelectedNode]
	switch {
	case err != nil, class.Provisioner != c.cfg.Provisioner, claim.Spec.VolumeName != "", claim.DeletionTimestamp != nil:
		return nil, nil
	case class.VolumeBindingMode == nil || *class.VolumeBindingMode != storagev1.VolumeBindingWaitForFirstConsumer:
		return nil, fmt.Errorf("storage class %s must have volumeBindingMode WaitForFirstConsumer: where the volume is to be is known with its first pod", class.Name)
	case node == "":
		return nil, nil
	}
	o := &order{claim: claim, class: class, Volume: Volume{Name: claims.VolumeName(claim), Node: node}}
	o.Bytes = claims.Size(claim.Spec.Resources.Requests.Storage())
	if err := check(claim); err != nil {
		return nil, err
	}
	return o, c.findSource(o)
}

// check returns what claims cannot have.
func check(claim *v1.PersistentVolumeClaim) error {
	switch s := claim.Spec; {
	case s.VolumeMode != nil && *s.VolumeMode != v1.PersistentVolumeFilesystem:
		return fmt.Errorf("volumeMode %s is not possible: the volumes of this class are directories", *s.VolumeMode)
	case s.Selector != nil:
		return errors.New("a selector is not possible: the volume is made for this claim")
	case slices.Contains(s.AccessModes, v1.ReadWriteMany), slices.Contains(s.AccessModes, v1.ReadOnlyMany):
		return errors.New("access by pods of several nodes is not possible: the volumes of this class are on one node; ReadWriteOnce lets all pods of that node use it")
	case s.DataSourceRef != nil && claims.Source(claim) == "":
		return fmt.Errorf("a volume cannot be made from a %s: name another claim of this namespace", s.DataSourceRef.Kind)
	}
	return claims.TooLarge(claim)
}

// findSource finds the volume of which a new one is to be a copy.
func (c *Controller) findSource(o *order) error {
	name := claims.Source(o.claim)
	if name == "" {
		return nil
	}
	from, err := c.claims.PersistentVolumeClaims(o.claim.Namespace).Get(name)
	if err != nil || from.Spec.VolumeName == "" {
		return fmt.Errorf("claim %s, of whose volume it is to be a copy, is not bound", name)
	}
	v, err := c.volumes.Get(from.Spec.VolumeName)
	switch {
	case err != nil:
		return fmt.Errorf("volume %s, of which it is to be a copy: %w", from.Spec.VolumeName, err)
	case !claims.MadeBy(v, c.cfg.Provisioner):
		return fmt.Errorf("volume %s, of which it is to be a copy, is of another provisioner", v.Name)
	case claims.NodeOf(v) != o.Node:
		return fmt.Errorf("volume %s, of which it is to be a copy, is on node %s", v.Name, claims.NodeOf(v))
	case claims.Size(v.Spec.Capacity.Storage()) > o.Bytes:
		return fmt.Errorf("volume %s, of which it is to be a copy, is larger: ask for %s at least", v.Name, v.Spec.Capacity.Storage())
	}
	o.From = v.Name
	return nil
}

// claim goes on with a claim that has no volume.
func (c *Controller) claim(ctx context.Context, claim *v1.PersistentVolumeClaim) error {
	if _, err := c.volumes.Get(claims.VolumeName(claim)); err == nil {
		return nil // it is about to be bound
	}
	o, err := c.order(claim)
	if err != nil {
		return c.giveUp(ctx, claim, err)
	}
	name := claims.VolumeName(claim)
	switch {
	case o == nil && c.asked[name]:
		return c.forget(ctx, name)
	case o == nil:
		return nil
	}
	c.asked[name] = true
	state, err := c.cfg.Space.Have(o.Volume)
	if err == nil && !state.Ready {
		err = c.await(o, state)
	}
	if err != nil {
		return c.giveUp(ctx, claim, err)
	}
	if !state.Ready {
		return nil
	}
	delete(c.since, name)
	v := o.volume(c.cfg.Provisioner, state)
	if _, err := c.cfg.Client.CoreV1().PersistentVolumes().Create(ctx, v, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("volume %s: %w", v.Name, err)
	}
	message := fmt.Sprintf("volume %s is on node %s", v.Name, o.Node)
	if state.Unlimited != "" {
		message += "; its size is not enforced: " + state.Unlimited
	}
	c.tell(claim, claim.UID, v1.EventTypeNormal, reasonProvisioned, message)
	return nil
}

// patience is how long a volume may wait to be begun: the executor that was to make it may
// be gone, and the agent full since.
const patience = 5 * time.Minute

// await returns an error if nobody has begun to make a volume for too long.
func (c *Controller) await(o *order, state State) error {
	name := o.Name
	since, waits := c.since[name]
	switch {
	case state.Begun:
		delete(c.since, name)
	case !waits:
		c.since[name] = time.Now()
		c.queue.AddAfter(key{aClaim, o.claim.Namespace + "/" + o.claim.Name}, patience)
	case time.Since(since) >= patience:
		return fmt.Errorf("no executor on node %s has begun to make volume %s within %v", o.Node, o.Name, patience)
	}
	return nil
}

// giveUp takes the node away from a claim that cannot have a volume there: the pod goes
// elsewhere, or waits.
func (c *Controller) giveUp(ctx context.Context, claim *v1.PersistentVolumeClaim, why error) error {
	if exists, err := c.exists(ctx, claims.VolumeName(claim)); exists || err != nil {
		return err // it is about to be bound
	}
	c.tell(claim, claim.UID, v1.EventTypeWarning, reasonFailed, why.Error())
	delete(c.since, claims.VolumeName(claim))
	if claim.Annotations[volume.AnnSelectedNode] == "" {
		return nil
	}
	claim = claim.DeepCopy()
	delete(claim.Annotations, volume.AnnSelectedNode)
	if _, err := c.cfg.Client.CoreV1().PersistentVolumeClaims(claim.Namespace).Update(ctx, claim, metav1.UpdateOptions{}); err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("claim %s/%s: %w", claim.Namespace, claim.Name, err)
	}
	c.cfg.Space.Forget(claims.VolumeName(claim))
	delete(c.asked, claims.VolumeName(claim))
	return nil
}

// forget lets go of a volume that was not handed to a claim, or that is gone.
func (c *Controller) forget(ctx context.Context, name string) error {
	delete(c.since, name)
	if claim := c.claimOf(name); claim != nil {
		if o, err := c.order(claim); o != nil && err == nil {
			return nil
		}
	}
	exists, err := c.exists(ctx, name)
	if !exists && err == nil {
		c.cfg.Space.Forget(name)
		delete(c.asked, name)
	}
	return err
}

// exists reports whether there is a volume, which the lister may not know yet.
func (c *Controller) exists(ctx context.Context, name string) (bool, error) {
	_, err := c.cfg.Client.CoreV1().PersistentVolumes().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// finalizer is on volumes until their data is removed, or is retained.
const finalizer = "kubernetes-mesos/volume"

// UnlimitedAnnotation is on a volume whose size is not enforced, and says why.
const UnlimitedAnnotation = "kubernetes-mesos/size-not-enforced"

// volume returns the PersistentVolume of an order.
func (o *order) volume(provisioner string, state State) *v1.PersistentVolume {
	v := &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{
			Name: o.Name, Finalizers: []string{finalizer},
			Annotations: map[string]string{volume.AnnDynamicallyProvisioned: provisioner},
		},
		Spec: v1.PersistentVolumeSpec{
			Capacity:                      v1.ResourceList{v1.ResourceStorage: *resource.NewQuantity(state.Bytes, resource.BinarySI)},
			AccessModes:                   o.claim.Spec.AccessModes,
			PersistentVolumeReclaimPolicy: v1.PersistentVolumeReclaimDelete,
			StorageClassName:              o.class.Name,
			PersistentVolumeSource:        state.Source,
			ClaimRef: &v1.ObjectReference{
				APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: o.claim.Namespace, Name: o.claim.Name, UID: o.claim.UID,
			},
			NodeAffinity: &v1.VolumeNodeAffinity{Required: &v1.NodeSelector{NodeSelectorTerms: []v1.NodeSelectorTerm{{
				MatchExpressions: []v1.NodeSelectorRequirement{{Key: v1.LabelHostname, Operator: v1.NodeSelectorOpIn, Values: []string{o.Node}}},
			}}}},
		},
	}
	if p := o.class.ReclaimPolicy; p != nil {
		v.Spec.PersistentVolumeReclaimPolicy = *p
	}
	if state.Unlimited != "" {
		v.Annotations[UnlimitedAnnotation] = state.Unlimited
	}
	return v
}
