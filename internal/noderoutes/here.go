package noderoutes

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
)

// Programs of one host may have different addresses of it: framework_runner another one than
// an executor, or two executors. They share one device, which can be the end of one address
// only, as others compute its hardware address from that.

// tunnelEnd is what the device of this host is to others.
type tunnelEnd struct {
	node netip.Addr
	own  []netip.Prefix // the ranges of its pods, or its address in the tunnel
}

// tunnelEnd returns the end that this host's device is to be. A node with pods goes before
// framework_runner, and among equals the device decides that is there, so that nobody remakes
// another one's. It fails, with that end, if pods of this node are not reached by it.
func (r *Routes) tunnelEnd(here []Peer) (tunnelEnd, error) {
	pods, node, now := r.podsHere(here), r.cfg.Node, r.source()
	isNow := func(p Peer) bool { return p.Node == now }
	switch {
	case pods[now] != nil, len(pods) == 0 && slices.ContainsFunc(here, isNow):
		node = now
	case pods[node] == nil && len(pods) > 0:
		node = slices.SortedFunc(maps.Keys(pods), netip.Addr.Compare)[0]
	}
	own := pods[node]
	if own == nil {
		own = tunnelAddresses(r.cfg.VNI, node, r.cfg.Cluster)
	}
	if len(r.cfg.Ranges) > 0 && node != r.cfg.Node {
		return tunnelEnd{node, own}, fmt.Errorf("another executor of this machine has the address %v: pods of this one are not reached from behind a router; give all executors of a machine one address", node)
	}
	return tunnelEnd{node, own}, nil
}

// podsHere returns the ranges of pods of this host's nodes, by their addresses.
func (r *Routes) podsHere(here []Peer) map[netip.Addr][]netip.Prefix {
	pods := map[netip.Addr][]netip.Prefix{}
	for _, p := range here {
		if !p.Server && p.Node.Is4() && len(p.Ranges) > 0 {
			pods[p.Node] = append(pods[p.Node], p.Ranges...)
		}
	}
	if len(r.cfg.Ranges) > 0 {
		pods[r.cfg.Node] = r.cfg.Ranges
	}
	return pods
}

// source returns the address of which this host's device is the end now, if there is one.
func (r *Routes) source() netip.Addr {
	link, err := netlink.LinkByName(r.deviceName())
	if err != nil {
		return netip.Addr{}
	}
	device, _ := link.(*netlink.Vxlan)
	if device == nil {
		return netip.Addr{}
	}
	a, _ := netip.AddrFromSlice(device.SrcAddr)
	return a.Unmap()
}

// localAddresses returns the addresses of this host's interfaces.
func localAddresses() (map[netip.Addr]bool, error) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("the addresses of this host: %w", err)
	}
	local := map[netip.Addr]bool{}
	for _, a := range all {
		if network, err := netip.ParsePrefix(a.String()); err == nil {
			local[network.Addr().Unmap()] = true
		}
	}
	return local, nil
}
