package schedulerplugins

import (
	"fmt"
	"slices"

	v1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/storage/volume"
	fwk "k8s.io/kube-scheduler/framework"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/claims"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// Volumes of ours take of the disk that Mesos has for tasks, whether or not a pod uses
// them. Of those that Mesos keeps it knows. Of directories of agents it does not, so what it
// offers is taken to be less.

// disk is what volumes have of a node's disk, in bytes, by who makes them.
type disk map[string]int64 // by provisioner

// on returns what volumes have of a node's disk: those that there are, and those that are
// about to be made.
func (v *volumes) on(node string) disk {
	if v.space == nil {
		v.space = v.measure()
	}
	return v.space[node]
}

func (v *volumes) measure() map[string]disk {
	on := map[string]disk{}
	add := func(node, provisioner string, size int64) {
		if on[node] == nil {
			on[node] = disk{}
		}
		on[node][provisioner] += size
	}
	made := map[string]bool{}
	for _, o := range storeOf(v.objects, &v1.PersistentVolume{}).List() {
		pv := o.(*v1.PersistentVolume)
		for _, p := range provisioners {
			if claims.MadeBy(pv, p) {
				made[pv.Name] = true
				add(claims.NodeOf(pv), p, claims.Size(pv.Spec.Capacity.Storage()))
			}
		}
	}
	for _, o := range storeOf(v.objects, &v1.PersistentVolumeClaim{}).List() {
		c := o.(*v1.PersistentVolumeClaim)
		if node := c.Annotations[volume.AnnSelectedNode]; node != "" && c.Spec.VolumeName == "" && !made[claims.VolumeName(c)] {
			if p := v.provisioner(c); p != "" {
				add(node, p, claims.Size(c.Spec.Resources.Requests.Storage()))
			}
		}
	}
	return on
}

// provisioners are those of volumes on agents' disks.
var provisioners = []string{taskdata.LocalProvisioner, taskdata.MesosProvisioner}

// provisioner returns which of these has made, or will make, the volume of a claim; empty:
// none.
func (v *volumes) provisioner(c *v1.PersistentVolumeClaim) string {
	class, err := v.objects.Storage().V1().StorageClasses().Lister().Get(volume.GetPersistentVolumeClaimClass(c))
	if err != nil || !slices.Contains(provisioners, class.Provisioner) {
		return ""
	}
	return class.Provisioner
}

// Plan returns what must become of the claims of a pod before it can be bound to a node.
func (r *Rules) Plan(p *v1.Pod, node string) claims.Plan { return r.volumes.plan(p, node) }

// VolumesOn returns how much of a node's disk is kept for volumes that Mesos does not know
// of, in bytes.
func (r *Rules) VolumesOn(node string) int64 { return r.volumes.on(node)[taskdata.LocalProvisioner] }

// unmakeable returns why volumes that a pod needs cannot be made on a node, which may be one with
// other pods than there are; empty: they can, or none is needed.
func (v *volumes) unmakeable(p *v1.Pod, n fwk.NodeInfo) string {
	node, need := n.Node().Name, int64(0)
	for _, c := range v.plan(p, node).Claims {
		claim, err := v.claim(p.Namespace, c.Name)
		if err != nil || c.Volume != nil || v.provisioner(claim) == "" {
			continue
		}
		if on := v.sourceNode(claim); on != "" && on != node {
			return fmt.Sprintf("node(s) did not have the volume that claim %q is to be a copy of", c.Name)
		}
		if claim.Annotations[volume.AnnSelectedNode] != node { // else it counts as there
			need += claims.Size(claim.Spec.Resources.Requests.Storage())
		}
	}
	if need == 0 {
		return ""
	}
	free := n.GetAllocatable().GetEphemeralStorage() - n.GetRequested().GetEphemeralStorage()
	for _, size := range v.on(node) {
		free -= size
	}
	if need > free {
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
