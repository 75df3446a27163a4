package nodes

import (
	"fmt"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// ConditionPortConflict is true of a Node whose agent offers ports to Mesos' frameworks
// that are also node ports of services: a service would take them from a task.
const ConditionPortConflict v1.NodeConditionType = "NodePortConflict"

// PortsOf returns the ports that a Node says its agent offers; none if it does not say.
func PortsOf(n *v1.Node) []resources.Range {
	rs, err := resources.Parse("ports:" + n.Annotations[AnnotationPorts])
	if err != nil {
		return nil
	}
	return resources.Ports(rs)
}

// PortConflict returns what a Node says of ports that are used twice, or "".
func PortConflict(n *v1.Node) string {
	if n == nil {
		return ""
	}
	for _, c := range n.Status.Conditions {
		if c.Type == ConditionPortConflict && c.Status == v1.ConditionTrue {
			return c.Message
		}
	}
	return ""
}

// portConflict returns the condition that a Node lacks, or nil. Without a conflict there is
// none, unless there was one before.
func (d Desired) portConflict(n *v1.Node, now metav1.Time) *v1.NodeCondition {
	c := v1.NodeCondition{Type: ConditionPortConflict, LastHeartbeatTime: now, LastTransitionTime: now}
	switch told := PortConflict(n); {
	case len(d.PortsTwice) > 0:
		c.Status, c.Reason = v1.ConditionTrue, "OfferedByMesos"
		c.Message = fmt.Sprintf("The agent offers ports %s to all frameworks, and they are node ports of services: "+
			"a service takes them from the task that has them. Start the agent with other ports in --resources, or move the range of node ports.",
			resources.FormatRanges(d.PortsTwice))
		if c.Message == told {
			return nil
		}
	case told != "":
		c.Status, c.Reason, c.Message = v1.ConditionFalse, "Apart", "The agent offers no node port of services."
	default:
		return nil
	}
	return &c
}
