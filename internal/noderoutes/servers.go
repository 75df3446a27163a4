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

// The tunnel's addresses of hosts without pods are in these networks. They are reserved (RFC
// 1112, RFC 6666) and in no other use, and their addresses are seen within the tunnel only.
var (
	tunnelNetwork  = netip.MustParsePrefix("240.0.0.0/5")
	tunnelNetwork6 = netip.MustParsePrefix("100::/64")
)

// tunnelAddresses returns the tunnel's addresses of a host without pods, a range of one
// address for each IP family of the cluster.
func tunnelAddresses(vni int, host netip.Addr, cluster []netip.Prefix) []netip.Prefix {
	h := fnv.New32a()
	fmt.Fprint(h, vni, " ", host)
	n := h.Sum32()&0x07ffffff | 0xf0000000
	bytes := [4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
	all := []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4(bytes), 32)}
	if slices.ContainsFunc(cluster, func(c netip.Prefix) bool { return c.Addr().Is6() }) {
		second := tunnelNetwork6.Addr().As16()
		copy(second[12:], bytes[:])
		all = append(all, netip.PrefixFrom(netip.AddrFrom16(second), 128))
	}
	return all
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
func (r *Routes) serversBeside(nodes, endpoints cache.Store) []Peer {
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
				all = append(all, Peer{Name: "of the API server", Node: a, Ranges: tunnelAddresses(r.cfg.VNI, a, r.cfg.Cluster), Server: true})
			}
		}
	}
	slices.SortFunc(all, func(a, b Peer) int { return a.Node.Compare(b.Node) })
	return all
}

// forgetTunnelAddress removes the addresses that the device had before its host had pods.
func forgetTunnelAddress(link netlink.Link, own []netip.Prefix) error {
	var addrs []netlink.Addr
	err := complete(func() (err error) { addrs, err = netlink.AddrList(link, netlink.FAMILY_ALL); return err })
	if err != nil {
		return err
	}
	for _, a := range addrs {
		network, is := prefixOf(a.IPNet)
		if !is || !tunnelNetwork.Contains(network.Addr()) && !tunnelNetwork6.Contains(network.Addr()) || slices.Contains(own, network) {
			continue
		}
		if err := netlink.AddrDel(link, &a); err != nil {
			return fmt.Errorf("removing the address %v: %w", network.Addr(), err)
		}
	}
	return nil
}
