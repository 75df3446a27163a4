package nodecerts

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"
)

// Second decides about a node's IPv6 address in a cluster of two IP families. Mesos does not
// know it, so the node itself says it; it may have one that no other machine is known to have.
// Agents of one machine have the same.
type Second struct {
	Ranges  []netip.Prefix  // of pods and services, of both families; nil: nodes have no such address
	Nodes   cache.Store     // the Nodes
	Servers func() []string // URLs of the API servers
}

// refuse returns why a node may not have an address as its second, nil if it may.
func (s Second) refuse(node string, ip net.IP, ids *Identities) error {
	a, _ := netip.AddrFromSlice(ip)
	if a = a.Unmap(); len(s.Ranges) == 0 || !a.Is6() || !a.IsGlobalUnicast() {
		return fmt.Errorf("%s is not an address of node %s", ip, node)
	}
	if i := slices.IndexFunc(s.Ranges, func(r netip.Prefix) bool { return r.Contains(a) }); i >= 0 {
		return fmt.Errorf("%s is not an address of node %s: it is in the cluster's range %v", ip, node, s.Ranges[i])
	}
	for _, server := range s.Servers() {
		if u, err := url.Parse(server); err == nil && ip.Equal(net.ParseIP(u.Hostname())) {
			return fmt.Errorf("%s is not an address of node %s: it is an API server's", ip, node)
		}
	}
	for _, obj := range s.Nodes.List() {
		other := obj.(*v1.Node)
		if other.Name == node || ids.together(node, other.Name) {
			continue
		}
		if slices.ContainsFunc(other.Status.Addresses, func(o v1.NodeAddress) bool { return ip.Equal(net.ParseIP(o.Address)) }) {
			return fmt.Errorf("%s is not an address of node %s: node %s has it", ip, node, other.Name)
		}
	}
	return nil
}
