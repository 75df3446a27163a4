package podspec

import (
	"cmp"
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	v1 "k8s.io/api/core/v1"
)

// SchedulerName is the name by which a pod asks for this scheduler, unless profiles have
// other names. Events are in this name.
const SchedulerName = "kubernetes-mesos"

// Schedulers are the names by which pods ask for this scheduler.
type Schedulers []string

// DefaultSchedulers returns the names where nothing else has been said.
func DefaultSchedulers() Schedulers { return Schedulers{v1.DefaultSchedulerName, SchedulerName} }

// Asked reports whether a pod asks for one of them.
func (s Schedulers) Asked(p *v1.Pod) bool {
	return slices.Contains(s, cmp.Or(p.Spec.SchedulerName, v1.DefaultSchedulerName))
}

// Ours reports whether a pod is the framework's to run at all: not finished, not
// held back by a gate or by its own deletion before a node has it, not another
// scheduler's to assign to a node, not the mirror of a kubelet's static pod.
func (s Schedulers) Ours(p *v1.Pod) bool {
	if p.Spec.NodeName == "" && !s.Asked(p) {
		return false
	}
	_, mirror := p.Annotations[v1.MirrorPodAnnotationKey]
	switch {
	case Finished(p), mirror:
		return false
	case !Bound(p) && (len(p.Spec.SchedulingGates) > 0 || p.DeletionTimestamp != nil):
		return false
	}
	return true
}

// Bound reports whether the framework has bound a pod to its node: an executor has its
// task, and a kubelet may run it.
func Bound(p *v1.Pod) bool {
	return p.Spec.NodeName != "" && p.Annotations[taskdata.AgentAnnotation] != ""
}

// Assigned reports whether others have bound a pod to a node, by its nodeName or as another
// scheduler, and the framework has not confirmed that yet.
func Assigned(p *v1.Pod) bool { return p.Spec.NodeName != "" && !Bound(p) }

// Abandoned reports whether a pod is being deleted that others have bound to a node: the
// API server waits for a kubelet to confirm that, and none has the pod.
func Abandoned(p *v1.Pod) bool {
	return Assigned(p) && !Finished(p) && p.DeletionTimestamp != nil && p.Status.StartTime == nil
}

// Finished reports whether a pod has ended.
func Finished(p *v1.Pod) bool {
	return p.Status.Phase == v1.PodSucceeded || p.Status.Phase == v1.PodFailed
}
