package nodes

import (
	"slices"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TaintMaintenance is on the Node of an agent whose operator has announced a
// maintenance that is near.
const TaintMaintenance = "mesos.agent/maintenance"

// TaintDeactivated is on the Node of an agent that an operator of Mesos has
// deactivated or drained.
const TaintDeactivated = "mesos.agent/deactivated"

// Taints that keep pods away from a Node or make them leave it. The pods of an
// agent that Mesos has lost are deleted, and so replaced by their controllers,
// once their toleration time is over: five minutes unless they say otherwise,
// as in any Kubernetes.
var (
	taintsLost = []v1.Taint{
		{Key: v1.TaintNodeUnreachable, Effect: v1.TaintEffectNoSchedule},
		{Key: v1.TaintNodeUnreachable, Effect: v1.TaintEffectNoExecute},
	}
	taintsDeactivated = []v1.Taint{{Key: TaintDeactivated, Effect: v1.TaintEffectNoSchedule}}
	taintsMaintenance = []v1.Taint{{Key: TaintMaintenance, Effect: v1.TaintEffectNoSchedule}}
)

// withOurTaints replaces the taints that are the framework's to set by want, and
// leaves the others alone. An existing one stays as it is: it records since
// when.
func withOurTaints(taints, want []v1.Taint, now metav1.Time) []v1.Taint {
	var all []v1.Taint
	for _, t := range taints {
		if !ourTaint(t) || contains(want, t) {
			all = append(all, t)
		}
	}
	for _, t := range want {
		if !contains(all, t) {
			if t.Effect == v1.TaintEffectNoExecute {
				t.TimeAdded = &now
			}
			all = append(all, t)
		}
	}
	return all
}

// ourTaint reports whether a taint is the framework's to set.
func ourTaint(t v1.Taint) bool {
	return lifecycleTaint(t) || t.Key == TaintMaintenance || t.Key == TaintDeactivated
}

// lifecycleTaint reports whether a node controller, which does not run here,
// would manage a taint: Mesos knows whether an agent is there. Admission puts one
// of them on every new Node.
func lifecycleTaint(t v1.Taint) bool {
	return t.Key == v1.TaintNodeNotReady || t.Key == v1.TaintNodeUnreachable
}

// withoutLifecycle returns the other taints; nil if there are none.
func withoutLifecycle(taints []v1.Taint) (others []v1.Taint) {
	for _, t := range taints {
		if !lifecycleTaint(t) {
			others = append(others, t)
		}
	}
	return others
}

func contains(taints []v1.Taint, t v1.Taint) bool {
	return slices.ContainsFunc(taints, func(o v1.Taint) bool { return o.MatchTaint(&t) })
}
