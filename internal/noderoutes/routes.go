package noderoutes

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/go-logr/logr"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Mode is how other nodes are reached.
type Mode string

// The modes.
const (
	Auto   Mode = "auto"    // host-gw for neighbours, vxlan for nodes behind a gateway
	HostGW Mode = "host-gw" // by the node's address; nodes behind a gateway are not reached
	VXLAN  Mode = "vxlan"   // every node by VXLAN
	None   Mode = "none"    // by others, such as routers that know the ranges
)

// Config configures the routes of one host.
type Config struct {
	Mode    Mode
	Node    netip.Addr     // this host's address, at which other nodes reach it
	Node6   netip.Addr     // its IPv6 address, if Node is an IPv4 address; the zero value: none
	Ranges  []netip.Prefix // this node's ranges of pod addresses; empty: those of the nodes with this address, if any
	Cluster []netip.Prefix // the ranges of all pods of the cluster
	// VNI and Port identify the cluster's VXLAN: the network identifier, 24 bits, and the
	// UDP port, open between all hosts.
	VNI, Port int
	// Changed is called with the nodes, also those without a range, when Run sees that they
	// have changed, and ends with the context; nil: no call.
	Changed func(context.Context, []Peer)
	// Report is told by Run whether all nodes are reached, and why not otherwise; nil: nobody.
	Report func(error)
	Log    logr.Logger
}

// Peer is another node.
type Peer struct {
	Name   string
	Node   netip.Addr
	Node6  netip.Addr // its IPv6 address, if Node is an IPv4 address; the zero value: none
	Ranges []netip.Prefix
	Shown  bool // a kubelet has shown its addresses
	Ready  bool // an executor works there
	Server bool // not a node: a host with an API server and no pods
}

// Routes are the routes of this host to other nodes' pods.
type Routes struct{ cfg Config }

// New checks cfg. It has no side effects.
func New(cfg Config) (*Routes, error) {
	switch {
	case cfg.Mode != Auto && cfg.Mode != HostGW && cfg.Mode != VXLAN && cfg.Mode != None:
		return nil, fmt.Errorf("routes to nodes: %q is not one of %s, %s, %s, %s", cfg.Mode, Auto, HostGW, VXLAN, None)
	case !cfg.Node.Is4() && cfg.Mode != None && cfg.Mode != HostGW:
		return nil, fmt.Errorf("routes to nodes: VXLAN needs an IPv4 address of this node, not %v", cfg.Node)
	case cfg.VNI < 0 || cfg.VNI >= 1<<24 || cfg.Port < 0 || cfg.Port > 65535:
		return nil, fmt.Errorf("routes to nodes: VXLAN %d at port %d: a network identifier has 24 bits, a port 16", cfg.VNI, cfg.Port)
	}
	return &Routes{cfg}, nil
}

// protocol marks the routes of this package. Package podnetwork has another number.
const protocol = 207

// Set makes the routes those to peers. A peer that cannot be reached is an error, and the
// others get their routes all the same. Set is repeated to repair what others removed.
func (r *Routes) Set(peers []Peer) error {
	if r.cfg.Mode == None {
		return nil
	}
	local, err := localAddresses()
	if err != nil {
		return fmt.Errorf("routes to nodes: %w", err)
	}
	var all []error
	var tunnelled, kept, here, others []Peer
	for _, p := range peers {
		if p.Node == r.cfg.Node || local[p.Node] {
			here = append(here, p) // another program of this host
		} else {
			others = append(others, p)
		}
	}
	wanted, pods := map[netip.Prefix]bool{}, len(r.podsHere(here)) > 0
	for _, p := range others {
		var ranges, unsure []netip.Prefix // that the tunnel leads to, and that it may lead to
		for _, network := range p.Ranges {
			w, gateway, err := r.way(p, network, pods)
			switch w {
			case byNeighbour:
				err = direct(p, network, gateway)
			case byTunnel:
				ranges = append(ranges, network)
			case unknown:
				unsure = append(unsure, network)
			}
			all, wanted[network] = append(all, err), w != noWay
		}
		if p.Ranges = ranges; len(ranges) > 0 {
			tunnelled = append(tunnelled, p)
		}
		if p.Ranges = unsure; len(unsure) > 0 {
			kept = append(kept, p)
		}
	}
	all = append(all, r.tunnel(tunnelled, kept, here, peers), r.removeOthers(wanted))
	if err := errors.Join(all...); err != nil {
		return fmt.Errorf("routes to nodes: %w", err)
	}
	return nil
}

// removeOthers removes those of our routes that are not wanted. Other routes outside of the
// cluster's ranges than those by its tunnel belong to another cluster.
func (r *Routes) removeOthers(wanted map[netip.Prefix]bool) error {
	tunnel := -1
	if link, err := netlink.LinkByName(r.deviceName()); err == nil {
		tunnel = link.Attrs().Index
	}
	return removeRoutes(func(route netlink.Route) bool {
		network, is := prefixOf(route.Dst)
		return is && !wanted[network] && (r.inCluster(network) || route.LinkIndex == tunnel)
	})
}

// removeRoutes removes those of this package's routes that match.
func removeRoutes(match func(netlink.Route) bool) error {
	var all []error
	for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
		var routes []netlink.Route
		err := complete(func() (err error) {
			routes, err = netlink.RouteListFiltered(family, &netlink.Route{Protocol: protocol}, netlink.RT_FILTER_PROTOCOL)
			return err
		})
		if err != nil {
			return err
		}
		for _, route := range routes {
			if !match(route) {
				continue
			}
			if err := netlink.RouteDel(&route); err != nil && !errors.Is(err, unix.ESRCH) {
				all = append(all, fmt.Errorf("removing the route to %v: %w", route.Dst, err))
			}
		}
	}
	return errors.Join(all...)
}

func (r *Routes) inCluster(network netip.Prefix) bool {
	for _, c := range r.cfg.Cluster {
		if c.Contains(network.Addr()) && c.Bits() <= network.Bits() {
			return true
		}
	}
	return false
}
