package noderoutes

import (
	"fmt"
	"hash/fnv"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/client-go/tools/cache"
)

// tunnelNetwork has the tunnel's addresses of hosts without pods. It is reserved and in no
// other use, and its addresses are seen within the tunnel only.
var tunnelNetwork = netip.MustParsePrefix("240.0.0.0/5")

// tunnelAddress returns the tunnel's address of a host without pods, a range of one address.
func tunnelAddress(vni int, host netip.Addr) netip.Prefix {
	h := fnv.New32a()
	fmt.Fprint(h, vni, " ", host)
	n := h.Sum32()&0x07ffffff | 0xf0000000
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), 32)
}

// VNI returns the identifier of a cluster's VXLAN, made from something that the cluster
// alone has, so that two clusters on the same machines do not hear each other.
func VNI(of []byte) int {
	h := fnv.New32a()
	_, _ = h.Write(of)
	return int(h.Sum32() & 0xffffff)
}

// serversBeside returns the API servers that are at no node's address, from the endpoints of
// their service.
func serversBeside(nodes, endpoints cache.Store, vni int) []Peer {
	taken := map[netip.Addr]bool{}
	for _, n := range nodes.List() {
		taken[PeerOf(n.(*v1.Node)).Node] = true
	}
	var all []Peer
	for _, slice := range endpoints.List() {
		for _, e := range slice.(*discoveryv1.EndpointSlice).Endpoints {
			for _, text := range e.Addresses {
				a, err := netip.ParseAddr(text)
				if err != nil || !a.Is4() || taken[a] {
					continue
				}
				taken[a] = true
				all = append(all, Peer{Name: "of the API server", Node: a, Ranges: []netip.Prefix{tunnelAddress(vni, a)}, Server: true})
			}
		}
	}
	slices.SortFunc(all, func(a, b Peer) int { return a.Node.Compare(b.Node) })
	return all
}

// forgetTunnelAddress removes the address that the device had before its host had pods.
func forgetTunnelAddress(link netlink.Link, own []netip.Prefix) error {
	addrs, err := netlink.AddrList(link, netlink.FAMILY_V4)
	if err != nil {
		return err
	}
	for _, a := range addrs {
		network, is := prefixOf(a.IPNet)
		if !is || !tunnelNetwork.Contains(network.Addr()) || slices.Contains(own, network) {
			continue
		}
		if err := netlink.AddrDel(link, &a); err != nil {
			return fmt.Errorf("removing the address %v: %w", network.Addr(), err)
		}
	}
	return nil
}
