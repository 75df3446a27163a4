package recording

import (
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// trimmedPod returns what scheduling looks at of a pod: no commands, environments or files.
func trimmedPod(p *v1.Pod) *v1.Pod {
	if p == nil {
		return nil
	}
	s := p.Spec
	out := &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: p.Name, Namespace: p.Namespace, UID: p.UID, Labels: p.Labels,
			CreationTimestamp: p.CreationTimestamp, DeletionTimestamp: p.DeletionTimestamp, OwnerReferences: p.OwnerReferences,
		},
		Spec: v1.PodSpec{
			NodeName: s.NodeName, NodeSelector: s.NodeSelector, Affinity: s.Affinity, Tolerations: s.Tolerations,
			TopologySpreadConstraints: s.TopologySpreadConstraints, SchedulerName: s.SchedulerName,
			Priority: s.Priority, PriorityClassName: s.PriorityClassName, PreemptionPolicy: s.PreemptionPolicy,
			HostNetwork: s.HostNetwork, Overhead: s.Overhead, Resources: s.Resources, RestartPolicy: s.RestartPolicy,
			Containers: trimmedContainers(s.Containers), InitContainers: trimmedContainers(s.InitContainers),
		},
		Status: v1.PodStatus{Phase: p.Status.Phase, StartTime: p.Status.StartTime, NominatedNodeName: p.Status.NominatedNodeName},
	}
	for _, v := range s.Volumes {
		if v.Secret == nil && v.ConfigMap == nil && v.Projected == nil && v.DownwardAPI == nil {
			out.Spec.Volumes = append(out.Spec.Volumes, v)
		}
	}
	return out
}

func trimmedContainers(all []v1.Container) []v1.Container {
	var out []v1.Container
	for _, c := range all {
		out = append(out, v1.Container{Name: c.Name, Image: c.Image, Resources: c.Resources, Ports: c.Ports, RestartPolicy: c.RestartPolicy})
	}
	return out
}

// trimmedNode returns a Node without the record of who changed which of its fields.
func trimmedNode(n *v1.Node) *v1.Node {
	if n == nil || n.ManagedFields == nil {
		return n
	}
	out := *n
	out.ManagedFields = nil
	return &out
}
