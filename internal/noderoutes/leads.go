package noderoutes

import (
	"fmt"
	"net/netip"
	"slices"
)

// Leads returns what reports whether the address of a pod of some node leads from this one to
// that pod: it is in that node's ranges, or a node's own address, as for a pod of the host's
// network. It does not where a node's Docker has connected the pod: its address belongs to
// somebody else here, or to nobody. Pods of this node are always reached, and so are those of
// other nodes of this host, as of several agents there: they are behind the same bridge.
func Leads(own string, cluster []netip.Prefix, nodes []Peer) (func(node, address string) bool, error) {
	local, err := localAddresses()
	if err != nil {
		return nil, fmt.Errorf("the nodes of this host: %w", err)
	}
	if i := slices.IndexFunc(nodes, func(p Peer) bool { return p.Name == own }); i >= 0 {
		local[nodes[i].Node] = true // it may have none of its interfaces' addresses
	}
	here := map[string]bool{own: true}
	ranges, addresses := map[string][]netip.Prefix{}, map[netip.Addr]bool{}
	for _, p := range nodes {
		here[p.Name] = here[p.Name] || local[p.Node]
		ranges[p.Name] = p.Ranges
		addresses[p.Node], addresses[p.Node6] = true, true
	}
	return func(node, address string) bool {
		a, err := netip.ParseAddr(address)
		if here[node] || err != nil || addresses[a] {
			return true
		}
		of, known := ranges[node]
		if !known {
			of = cluster // a Node that is being replaced
		}
		return slices.ContainsFunc(of, func(r netip.Prefix) bool { return r.Contains(a) })
	}, nil
}
