package schedulerplugins

import (
	"crypto/sha256"
	"encoding/json"
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	v1 "k8s.io/api/core/v1"
)

// Of a pod, these decide whether it has a Rule, and which.

// dependsOnOthers reports whether where the pod may run, or is better off, depends on
// more than what the core looks at.
func dependsOnOthers(p *v1.Pod) bool {
	return len(p.Spec.TopologySpreadConstraints) > 0 || hasVolumes(p) || dependsOnPods(p) || prefersNodes(p) || podspec.UsesExtended(p)
}

// dependsOnPods reports whether the pod says near which others it must be, or must not.
func dependsOnPods(p *v1.Pod) bool {
	a := p.Spec.Affinity
	return a != nil && (a.PodAffinity != nil || a.PodAntiAffinity != nil)
}

// hasVolumes reports whether the pod has limited volumes.
func hasVolumes(p *v1.Pod) bool { return slices.ContainsFunc(p.Spec.Volumes, limited) }

// limited reports whether not every node can mount a volume any number of times.
func limited(v v1.Volume) bool {
	return v.PersistentVolumeClaim != nil || v.Ephemeral != nil || v.GCEPersistentDisk != nil ||
		v.AWSElasticBlockStore != nil || v.RBD != nil || v.ISCSI != nil || v.AzureDisk != nil ||
		v.AzureFile != nil || v.Cinder != nil || v.PortworxVolume != nil || v.VsphereVolume != nil
}

func prefersNodes(p *v1.Pod) bool {
	a := p.Spec.Affinity
	return a != nil && a.NodeAffinity != nil && len(a.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution) > 0
}

// prefers reports whether the pod itself states what it would like.
func prefers(p *v1.Pod) bool {
	a := p.Spec.Affinity
	return prefersNodes(p) ||
		a != nil && a.PodAffinity != nil && len(a.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution) > 0 ||
		a != nil && a.PodAntiAffinity != nil && len(a.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution) > 0 ||
		slices.ContainsFunc(p.Spec.TopologySpreadConstraints, func(c v1.TopologySpreadConstraint) bool {
			return c.WhenUnsatisfiable == v1.ScheduleAnyway
		})
}

// prefersNone reports whether a node asks pods that do not tolerate a taint to go
// elsewhere, if they can.
func prefersNone(n *v1.Node) bool {
	return n != nil && slices.ContainsFunc(n.Spec.Taints, func(t v1.Taint) bool { return t.Effect == v1.TaintEffectPreferNoSchedule })
}

// kind is equal for pods that no plugin tells apart, or, unless whole, none that says
// something about pods because of others. Pods that differ in more are told apart, too.
func kind(p *v1.Pod, whole bool, more ...any) string {
	type container struct {
		Image    string
		Requests v1.ResourceList
	}
	var containers []container
	for _, c := range slices.Concat(p.Spec.InitContainers, p.Spec.Containers) {
		containers = append(containers, container{c.Image, c.Resources.Requests})
	}
	all := append(more, p.Spec.SchedulerName, p.Namespace, p.Labels, p.Spec.Tolerations, containers, p.Spec.Overhead)
	if whole {
		all = append(all, p.Spec.NodeSelector, p.Spec.Affinity, p.Spec.TopologySpreadConstraints)
	}
	for _, v := range p.Spec.Volumes { // the others are each pod's own, as that of its token is
		if limited(v) {
			all = append(all, v)
		}
		if v.Ephemeral != nil {
			all = append(all, p.Name) // its claims are its own
		}
	}
	b, err := json.Marshal(all)
	if err != nil {
		return string(p.UID)
	}
	sum := sha256.Sum256(b)
	return string(sum[:16])
}
