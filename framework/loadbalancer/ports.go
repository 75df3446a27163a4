package loadbalancer

import (
	"slices"

	v1 "k8s.io/api/core/v1"
)

// Port is a range of ports of nodes that no service gets, and whose they are.
type Port struct {
	Begin, End int32
	Protocol   v1.Protocol // "" stands for all
	Owner      string      // in a sentence: "port 22 belongs to …"
}

// usual are the ports that the software of any agent has, or would miss.
var usual = []Port{
	{Begin: 22, End: 22, Protocol: v1.ProtocolTCP, Owner: "the machine's SSH server"},
	{Begin: 2375, End: 2376, Protocol: v1.ProtocolTCP, Owner: "Docker"},
	{Begin: 2379, End: 2380, Protocol: v1.ProtocolTCP, Owner: "etcd"},
	{Begin: 5050, End: 5050, Protocol: v1.ProtocolTCP, Owner: "Mesos' master"},
	{Begin: 5051, End: 5051, Protocol: v1.ProtocolTCP, Owner: "Mesos' agent"},
	{Begin: 10250, End: 10250, Protocol: v1.ProtocolTCP, Owner: "the kubelet"},
}

// reservedFor refuses a port that is not for services, on all nodes or on one of them.
func reservedFor(p v1.ServicePort, nodes []node, reserved []Port) *refusal {
	for _, r := range slices.Concat(usual, reserved) {
		if r.has(p) {
			return refused("port %d/%s belongs to %s on every node: take another port", p.Port, p.Protocol, r.Owner)
		}
	}
	for _, n := range nodes {
		for _, r := range n.ports {
			if r.has(p) {
				return refused("port %d/%s belongs to %s on node %s: take another port, or choose other nodes", p.Port, p.Protocol, r.Owner, n.name)
			}
		}
	}
	return nil
}

func (r Port) has(p v1.ServicePort) bool {
	return p.Port >= r.Begin && p.Port <= r.End && (r.Protocol == "" || r.Protocol == p.Protocol)
}
