package node

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/noderoutes"
)

// findAddresses finds the node's addresses: the given one, and where the cluster has two IP
// families the one of the other family at the same interface, if there is one. The cluster's
// first family comes first, and a node has an address of that.
func (n *network) findAddresses() error {
	n.addresses = []netip.Addr{n.address}
	families := n.service
	if len(n.pods) > len(families) {
		families = n.pods
	}
	if len(families) < 2 {
		return nil
	}
	second, err := noderoutes.Beside(n.address)
	if err != nil {
		return err
	}
	if second.IsValid() {
		n.addresses = append(n.addresses, second)
	}
	first := families[0].Addr()
	if n.address.Is6() != first.Is6() {
		if !second.IsValid() {
			return problem("AddressMissing", "the cluster's first range is %v, and the interface with the address %v has none of that IP family: give it one, or have another range first in -cluster_cidr and -service_cluster_ip_range", families[0], n.address)
		}
		n.addresses = []netip.Addr{second, n.address}
	}
	n.address = n.addresses[0]
	return nil
}

// nodeIPs returns the addresses that the kubelet shows, of which address is one.
func (n *network) nodeIPs(address net.IP) []net.IP {
	if n == nil || len(n.addresses) < 2 {
		return []net.IP{address}
	}
	return []net.IP{n.addresses[0].AsSlice(), n.addresses[1].AsSlice()}
}

// checkFamilies fails if the node has fewer ranges than the cluster.
func (n *network) checkFamilies(ranges []netip.Prefix) error {
	if len(ranges) < len(n.pods) {
		return fmt.Errorf("this node has the range %v alone, from before the cluster had two IP families, and so have its pods: drain it and delete the Node, which is made again with both", ranges[0])
	}
	return nil
}
