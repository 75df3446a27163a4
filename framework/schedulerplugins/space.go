package schedulerplugins

import (
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/storage/volume"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/claims"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// Directories of agents take of the disk that Mesos has for tasks, whether or not a pod
// uses them. Mesos does not know of them, so what it offers is taken to be less.

// on returns how much of a node's disk is its volumes', in bytes: those that there
// are, and those that are about to be made.
func (v *volumes) on(node string) int64 {
	if v.space == nil {
		v.space = v.measure()
	}
	return v.space[node]
}

func (v *volumes) measure() map[string]int64 {
	on := map[string]int64{}
	made := map[string]bool{}
	for _, o := range storeOf(v.objects, &v1.PersistentVolume{}).List() {
		if pv := o.(*v1.PersistentVolume); claims.MadeBy(pv, taskdata.LocalProvisioner) {
			made[pv.Name] = true
			on[claims.NodeOf(pv)] += pv.Spec.Capacity.Storage().Value()
		}
	}
	for _, o := range storeOf(v.objects, &v1.PersistentVolumeClaim{}).List() {
		c := o.(*v1.PersistentVolumeClaim)
		if node := c.Annotations[volume.AnnSelectedNode]; node != "" && c.Spec.VolumeName == "" && v.isLocal(c) && !made[claims.VolumeName(c)] {
			on[node] += c.Spec.Resources.Requests.Storage().Value()
		}
	}
	return on
}

// isLocal reports whether the volume of a claim is, or will be, a directory of an agent.
func (v *volumes) isLocal(c *v1.PersistentVolumeClaim) bool {
	class, err := v.objects.Storage().V1().StorageClasses().Lister().Get(volume.GetPersistentVolumeClaimClass(c))
	return err == nil && class.Provisioner == taskdata.LocalProvisioner
}

// Plan returns what must become of the claims of a pod before it can be bound to a node.
func (r *Rules) Plan(p *v1.Pod, node string) claims.Plan { return r.volumes.plan(p, node) }

// VolumesOn returns how much of a node's disk is kept for volumes, in bytes.
func (r *Rules) VolumesOn(node string) int64 { return r.volumes.on(node) }

// unmakeable returns why volumes that a pod needs cannot be made on a node; empty: they can,
// or none is needed.
func (v *volumes) unmakeable(p *v1.Pod, node string) string {
	var need int64
	for _, c := range v.plan(p, node).Claims {
		claim, err := v.claim(p.Namespace, c.Name)
		if err != nil || c.Volume != nil || !v.isLocal(claim) {
			continue
		}
		if on := v.sourceNode(claim); on != "" && on != node {
			return fmt.Sprintf("node(s) did not have the volume that claim %q is to be a copy of", c.Name)
		}
		if claim.Annotations[volume.AnnSelectedNode] != node { // else it counts as there
			need += claim.Spec.Resources.Requests.Storage().Value()
		}
	}
	if need == 0 {
		return ""
	}
	n := v.nodes.byName[node]
	if free := n.Allocatable.EphemeralStorage - n.Requested.EphemeralStorage - v.on(node); need > free {
		return "node(s) did not have enough free storage"
	}
	return ""
}

// sourceNode returns the node of the volume of which a claim's is to be a copy; empty: of
// none, or it is on no particular one.
func (v *volumes) sourceNode(c *v1.PersistentVolumeClaim) string {
	source := claims.Source(c)
	if source == "" {
		return ""
	}
	from, err := v.claim(c.Namespace, source)
	if err != nil || from.Spec.VolumeName == "" {
		return ""
	}
	pv, err := v.objects.Core().V1().PersistentVolumes().Lister().Get(from.Spec.VolumeName)
	if err != nil {
		return ""
	}
	return claims.NodeOf(pv)
}
