package schedulerplugins

import (
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/klog/v2"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/claims"
)

// outOfReach returns why a pod cannot run anywhere as one of its volumes is on a node that
// takes no pods now; empty: there is no such volume.
func (v *volumes) outOfReach(p *v1.Pod) string {
	for _, name := range claimNames(p) {
		claim, err := v.claim(p.Namespace, name)
		if err != nil || claim.Spec.VolumeName == "" {
			continue
		}
		pv, err := v.objects.Core().V1().PersistentVolumes().Lister().Get(claim.Spec.VolumeName)
		if err != nil {
			continue
		}
		node := claims.NodeOf(pv)
		if node == "" {
			continue
		}
		if why := v.takesNone(node, p); why != "" {
			return fmt.Sprintf("volume %q of claim %q is on node %q, %s", pv.Name, name, node, why)
		}
	}
	return ""
}

// takesNone returns why a node takes no pods such as p; empty: it does, if it has room.
func (v *volumes) takesNone(node string, p *v1.Pod) string {
	n := v.nodes.info(node).Node()
	v.nodes.tidy(node)
	if n == nil {
		return "which does not exist"
	}
	for _, t := range n.Spec.Taints {
		if t.Key == v1.TaintNodeUnreachable && t.Effect == v1.TaintEffectNoExecute {
			why := "whose agent Mesos has lost"
			if t.TimeAdded != nil {
				why += ", since " + t.TimeAdded.UTC().Format(time.RFC3339)
			}
			return why
		}
	}
	cordoned := &v1.Taint{Key: v1.TaintNodeUnschedulable, Effect: v1.TaintEffectNoSchedule}
	if n.Spec.Unschedulable && !corev1.TolerationsTolerateTaint(klog.Logger{}, p.Spec.Tolerations, cordoned, false) {
		return "which is cordoned"
	}
	return ""
}
