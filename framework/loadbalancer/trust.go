package loadbalancer

import (
	"fmt"
	"net/netip"
	"slices"

	v1 "k8s.io/api/core/v1"
)

// trust decides which of the addresses that kubelets report are taken. A service's address is
// translated on all nodes, so one that is not the node's own would take others' packets.
type trust struct {
	agents  map[string]netip.Addr          // addresses of nodes' agents, as Mesos has them
	ranges  []netip.Prefix                 // of pods and services
	holders map[netip.Addr]map[string]bool // the machines whose nodes report an address
}

func newTrust(agents map[string]netip.Addr, ranges []netip.Prefix, all []*v1.Node) trust {
	t := trust{agents: agents, ranges: ranges, holders: map[netip.Addr]map[string]bool{}}
	for _, n := range all {
		for _, a := range reported(n) {
			if t.holders[a] == nil {
				t.holders[a] = map[string]bool{}
			}
			t.holders[a][t.machine(n)] = true
		}
	}
	return t
}

// machine identifies a node's machine. Several agents of one have its address in common.
func (t trust) machine(n *v1.Node) string {
	if agent := t.agents[n.Name]; agent.IsValid() {
		return agent.String()
	}
	return n.Name
}

// addresses returns the addresses of a node that are taken, and what is wrong with others. An
// agent at a loopback address shares a machine with Mesos' master, so whatever runs there
// could be anything: any address of a machine is taken from it. Mesos knows one address of an
// agent. In a cluster of two IP families the IPv6 address of one with IPv4 is taken if no
// node of another machine reports it, too.
func (t trust) addresses(n *v1.Node) (taken []netip.Addr, wrong []string) {
	agent := t.agents[n.Name]
	for _, a := range reported(n) {
		switch inside := t.rangeOf(a); {
		case !a.IsGlobalUnicast():
			wrong = append(wrong, fmt.Sprintf("%v, at which no other machine reaches it", a))
		case inside.IsValid():
			wrong = append(wrong, fmt.Sprintf("%v, which is in the range %v of pods or services", a, inside))
		case agent.IsLoopback() || a == agent:
			taken = append(taken, a)
		case agent.Is4() && a.Is6() && t.two() && len(t.holders[a]) == 1:
			taken = append(taken, a)
		case agent.IsValid():
			wrong = append(wrong, fmt.Sprintf("%v, while Mesos' agent there has %v", a, agent))
		default:
			wrong = append(wrong, fmt.Sprintf("%v, and Mesos does not tell the address of the agent there", a))
		}
	}
	return taken, wrong
}

// two reports whether the cluster has two IP families.
func (t trust) two() bool {
	return slices.ContainsFunc(t.ranges, func(r netip.Prefix) bool { return r.Addr().Is4() != t.ranges[0].Addr().Is4() })
}

// rangeOf returns the range of pods or services that has an address, if there is one.
func (t trust) rangeOf(a netip.Addr) netip.Prefix {
	for _, r := range t.ranges {
		if r.Contains(a) {
			return r
		}
	}
	return netip.Prefix{}
}

// reported returns the addresses that a node's kubelet reports.
func reported(n *v1.Node) (all []netip.Addr) {
	for _, a := range n.Status.Addresses {
		if ip, err := netip.ParseAddr(a.Address); err == nil && a.Type == v1.NodeInternalIP {
			all = append(all, ip.Unmap())
		}
	}
	return all
}
