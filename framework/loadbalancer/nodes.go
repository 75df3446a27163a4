package loadbalancer

import (
	"cmp"
	"net"
	"slices"
	"strconv"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// chosen returns the nodes that an operator has chosen and whose executors are ready, in
// the order of their names. Kubernetes' own label against balancing excludes a node.
func chosen(all []*v1.Node, selector labels.Selector, trust trust) []node {
	var out []node
	for _, n := range all {
		_, excluded := n.Labels[v1.LabelNodeExcludeBalancers]
		if selector.Matches(labels.Set(n.Labels)) && !excluded && nodes.ExecutorReady(n) && hasServices(n) {
			taken, wrong := trust.addresses(n)
			out = append(out, node{name: n.Name, addresses: taken, wrong: wrong, ports: portsOf(n)})
		}
	}
	slices.SortFunc(out, func(a, b node) int { return cmp.Compare(a.name, b.name) })
	return out
}

// hasServices reports whether services are reached at a node, as its executor says. One whose
// pods Docker connects says that it has no network, or nothing.
func hasServices(n *v1.Node) bool {
	for _, c := range n.Status.Conditions {
		if c.Type == taskdata.ConditionPodNetwork {
			return c.Status == v1.ConditionTrue || slices.Contains([]string{"NamesFailed", "RangesFailed", "RoutesFailed", "PoliciesFailed", "PodsFailed"}, c.Reason)
		}
	}
	return false
}

// portsOf returns the ports of a node that are not for services: those that its agent offers
// to Mesos' frameworks, the agent's own and the kubelet's.
func portsOf(n *v1.Node) (all []Port) {
	for _, r := range nodes.PortsOf(n) {
		all = append(all, Port{Begin: int32(min(r.Begin, 65536)), End: int32(min(r.End, 65536)), Owner: "Mesos, which offers it to tasks,"})
	}
	if kubelet := n.Status.DaemonEndpoints.KubeletEndpoint.Port; kubelet != 0 {
		all = append(all, Port{Begin: kubelet, End: kubelet, Protocol: v1.ProtocolTCP, Owner: "the kubelet"})
	}
	_, text, _ := net.SplitHostPort(n.Annotations[nodes.AnnotationAddress])
	if agent, err := strconv.ParseUint(text, 10, 16); err == nil {
		all = append(all, Port{Begin: int32(agent), End: int32(agent), Protocol: v1.ProtocolTCP, Owner: "Mesos' agent"})
	}
	return all
}
