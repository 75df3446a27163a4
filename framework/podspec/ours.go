package podspec

import v1 "k8s.io/api/core/v1"

// SchedulerName is the name by which a pod asks for this scheduler. There is no
// other, so the default name means it too.
const SchedulerName = "kubernetes-mesos"

// Ours reports whether a pod is the framework's to run at all: not finished, not
// held back by a gate or by its own deletion, not another scheduler's, not the
// mirror of a kubelet's static pod.
func Ours(p *v1.Pod) bool {
	switch p.Spec.SchedulerName {
	case "", v1.DefaultSchedulerName, SchedulerName:
	default:
		return false
	}
	bound := p.Spec.NodeName != ""
	_, mirror := p.Annotations[v1.MirrorPodAnnotationKey]
	switch {
	case Finished(p), mirror:
		return false
	case !bound && (len(p.Spec.SchedulingGates) > 0 || p.DeletionTimestamp != nil):
		return false
	}
	return true
}

// Finished reports whether a pod has ended.
func Finished(p *v1.Pod) bool {
	return p.Status.Phase == v1.PodSucceeded || p.Status.Phase == v1.PodFailed
}
