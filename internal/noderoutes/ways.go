package noderoutes

import (
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/links"
)

// way is how a range of addresses is reached.
type way int

const (
	noWay way = iota
	byNeighbour
	byTunnel
	unknown // it stays as it is
)

// way decides how a range of a peer is reached, with the address of a neighbour. One of IPv6
// goes by the tunnel, whose packets are IPv4, also if one of the hosts has no IPv6 address;
// unless this host has no pods: then nodes send their answers to its own address. pods says
// that it has.
func (r *Routes) way(p Peer, network netip.Prefix, pods bool) (way, netip.Addr, error) {
	own, gateway := r.cfg.Node, p.Node
	second := network.Addr().Is6() && gateway.Is4()
	if second && !p.Server {
		own, gateway = r.cfg.Node6, p.Node6
	}
	if second && !p.Server && !p.Shown && !gateway.IsValid() {
		return unknown, gateway, nil // its kubelet shows whether it has one
	}
	near, err := r.near(own, gateway)
	switch {
	case err != nil:
		return unknown, gateway, fmt.Errorf("node %s at %v: %w", p.Name, gateway, err)
	case p.Server && (near || r.cfg.Mode == HostGW):
		return noWay, gateway, nil // it uses its own address
	case near:
		return byNeighbour, gateway, nil
	case r.cfg.Mode == HostGW && second && !(own.IsValid() && gateway.IsValid()):
		return noWay, gateway, fmt.Errorf("node %s at %v or this host has no IPv6 address, by which the mode %s reaches its range %v: give it one, or use %s", p.Name, p.Node, HostGW, network, Auto)
	case r.cfg.Mode == HostGW:
		return noWay, gateway, fmt.Errorf("node %s at %v is behind a gateway: the mode %s reaches neighbours only", p.Name, gateway, HostGW)
	case second && !pods && !p.Server:
		if near, err := r.near(r.cfg.Node, p.Node); err != nil || near {
			return noWay, gateway, fmt.Errorf("node %s at %v or this host, which has no pods, has no IPv6 address, by which it reaches its range %v: give it one", p.Name, p.Node, network)
		}
	}
	return byTunnel, gateway, nil
}

// near reports whether a peer is to be reached directly: it is, unless the mode or a gateway
// in between says otherwise, or one of both has no address of the IP family.
func (r *Routes) near(own, peer netip.Addr) (bool, error) {
	if r.cfg.Mode == VXLAN || !own.IsValid() || !peer.IsValid() {
		return false, nil
	}
	found, err := netlink.RouteGet(peer.AsSlice())
	if err != nil {
		return false, err
	}
	return len(found) > 0 && found[0].Gw == nil, nil
}

// direct sets the route to a range of a neighbour.
func direct(p Peer, network netip.Prefix, gateway netip.Addr) error {
	err := netlink.RouteReplace(&netlink.Route{Dst: links.IPNet(network), Gw: gateway.AsSlice(), Protocol: protocol})
	if err != nil {
		return fmt.Errorf("route to %v by node %s at %v: %w", network, p.Name, gateway, err)
	}
	return nil
}
