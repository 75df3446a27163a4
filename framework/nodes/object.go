package nodes

import (
	"maps"
	"runtime"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What the framework writes on a Node.
const (
	// LabelAttribute precedes the name of a Mesos attribute in a label.
	LabelAttribute = "mesos.attribute/"

	// AnnotationAgent holds the Mesos id of the agent that a Node stands for.
	AnnotationAgent = taskdata.AgentAnnotation

	// AnnotationHostname and AnnotationAddress are the agent's, as Mesos
	// knows them; the address is host:port.
	AnnotationHostname = "mesos.agent/hostname"
	AnnotationAddress  = "mesos.agent/address"

	// AnnotationPorts holds the ports that the agent was seen to offer to Mesos'
	// frameworks, as Mesos writes them: [31000-32000].
	AnnotationPorts = "mesos.agent/ports"

	// AnnotationCordoned says that the framework has made a Node unschedulable,
	// and why: the framework makes such a Node schedulable again.
	AnnotationCordoned = "mesos.agent/cordoned"
)

// object returns the Node as it is first created, or as the core sees it before
// the API server has it.
func (d Desired) object(now metav1.Time) *v1.Node {
	capacity := v1.ResourceList{
		v1.ResourceCPU:              *resource.NewMilliQuantity(d.Capacity.CPU, resource.DecimalSI),
		v1.ResourceMemory:           *resource.NewQuantity(d.Capacity.Mem<<20, resource.BinarySI),
		v1.ResourceEphemeralStorage: *resource.NewQuantity(d.Capacity.Disk<<20, resource.BinarySI),
		v1.ResourcePods:             *resource.NewQuantity(int64(d.MaxPods), resource.DecimalSI),
	}
	n := &v1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: d.Name},
		Status:     v1.NodeStatus{Capacity: capacity, Allocatable: capacity, Addresses: d.addresses()},
	}
	d.describe(n)
	if ready := d.ready(); !d.KubeletDecides() {
		n.Status.Conditions = []v1.NodeCondition{ready.condition(now)}
	}
	if c := d.portConflict(nil, now); c != nil {
		n.Status.Conditions = append(n.Status.Conditions, *c)
	}
	return n
}

func (d Desired) addresses() []v1.NodeAddress {
	var as []v1.NodeAddress
	if d.IP != "" {
		as = append(as, v1.NodeAddress{Type: v1.NodeInternalIP, Address: d.IP})
	}
	return append(as, v1.NodeAddress{Type: v1.NodeHostName, Address: d.Name})
}

// describe sets labels, annotations and taints on n, and removes the labels of
// attributes that the agent no longer has.
func (d Desired) describe(n *v1.Node) {
	if n.Labels == nil {
		n.Labels = map[string]string{}
	}
	maps.DeleteFunc(n.Labels, func(k, _ string) bool {
		_, has := d.Labels[k]
		return strings.HasPrefix(k, LabelAttribute) && !has
	})
	maps.Copy(n.Labels, d.Labels)
	for k, v := range map[string]string{
		v1.LabelHostname:   d.Name,
		v1.LabelOSStable:   "linux",
		v1.LabelArchStable: runtime.GOARCH,
	} {
		if _, set := n.Labels[k]; !set {
			n.Labels[k] = v
		}
	}
	if n.Annotations == nil {
		n.Annotations = map[string]string{}
	}
	if n.Annotations[AnnotationAgent] != d.Agent {
		delete(n.Annotations, AnnotationPorts) // those of an agent that is gone
	}
	n.Annotations[AnnotationAgent] = d.Agent
	n.Annotations[AnnotationHostname] = d.Hostname
	n.Annotations[AnnotationAddress] = d.Address
	if len(d.Ports) > 0 {
		n.Annotations[AnnotationPorts] = resources.FormatRanges(d.Ports)
	}
	n.Spec.Taints = withOurTaints(n.Spec.Taints, d.taints(), metav1.Now())
	d.cordon(n)
}

// cordon makes the Node of a deactivated agent unschedulable, and schedulable again
// if the framework had cordoned it.
func (d Desired) cordon(n *v1.Node) {
	_, ours := n.Annotations[AnnotationCordoned]
	switch {
	case d.Deactivated && !n.Spec.Unschedulable:
		n.Spec.Unschedulable = true
		n.Annotations[AnnotationCordoned] = "an operator of Mesos has deactivated the agent"
	case !d.Deactivated && ours:
		n.Spec.Unschedulable = false
		delete(n.Annotations, AnnotationCordoned)
	}
}
