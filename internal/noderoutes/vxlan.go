package noderoutes

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/links"
)

// Overhead is what VXLAN adds to a packet, in bytes: Ethernet, IPv4, UDP and VXLAN headers.
const Overhead = 50

// deviceName returns the name of the cluster's device, at most 15 bytes long. It begins as
// pods' links do, for which a firewall has an exception.
func (r *Routes) deviceName() string { return fmt.Sprintf("%s%06x", links.VXLAN, r.cfg.VNI) }

// hardwareAddr returns the address of a node's device: 02 marks addresses that no
// manufacturer gives out.
func hardwareAddr(node netip.Addr) net.HardwareAddr {
	ip := node.As4()
	return net.HardwareAddr{0x02, 0x58, ip[0], ip[1], ip[2], ip[3]}
}

// tunnel makes the device, and reaches peers by it, some of all; others are here. What leads to
// kept stays as it is, the device with it. Without both there is no device.
func (r *Routes) tunnel(peers, kept, here, all []Peer) error {
	switch {
	case len(peers) == 0 && len(kept) > 0:
		return nil
	case len(peers) == 0:
		return errors.Join(r.removeDevice(), r.removeAdmit())
	}
	failed := []error{r.admit(all)} // before there is a device
	end, err := r.tunnelEnd(here)
	failed = append(failed, err)
	device, err := r.makeDevice(end)
	if err != nil {
		return errors.Join(append(failed, fmt.Errorf("device %s: %w", r.deviceName(), err))...)
	}
	for _, p := range peers {
		if !p.Node.Is4() {
			failed = append(failed, fmt.Errorf("node %s at %v: VXLAN needs an IPv4 address", p.Name, p.Node))
			continue
		}
		if err := reach(device, p); err != nil {
			failed = append(failed, fmt.Errorf("node %s at %v by VXLAN: %w", p.Name, p.Node, err))
		}
	}
	return errors.Join(append(failed, forget(device, append(kept, peers...)))...)
}

// makeDevice returns the device, made if it is missing or different.
func (r *Routes) makeDevice(end tunnelEnd) (netlink.Link, error) {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.HardwareAddr = r.deviceName(), hardwareAddr(end.node)
	under, err := underlay(end.node)
	if err != nil {
		return nil, err
	}
	attrs.MTU = under.Attrs().MTU - Overhead
	want := &netlink.Vxlan{LinkAttrs: attrs, VxlanId: r.cfg.VNI, Port: r.cfg.Port, SrcAddr: end.node.AsSlice(), Learning: false}
	if link, err := netlink.LinkByName(attrs.Name); err == nil {
		if same(link, want) {
			return link, r.finish(link, end.own)
		}
		if err := netlink.LinkDel(link); err != nil {
			return nil, err
		}
	}
	if err := netlink.LinkAdd(want); err != nil {
		return nil, err
	}
	link, err := netlink.LinkByName(attrs.Name)
	if err != nil {
		return nil, err
	}
	return link, r.finish(link, end.own)
}

// same reports whether a device is as wanted. Others may have changed its hardware
// address: udev has a policy of its own.
func same(link netlink.Link, want *netlink.Vxlan) bool {
	have, is := link.(*netlink.Vxlan)
	return is && have.VxlanId == want.VxlanId && have.Port == want.Port && have.SrcAddr.Equal(want.SrcAddr) &&
		have.MTU == want.MTU && have.HardwareAddr.String() == want.HardwareAddr.String()
}

// finish gives the device its addresses, the first of this host's own ranges: what the host
// itself sends to pods then comes back the same way, as a strict reverse path filter wants.
func (r *Routes) finish(link netlink.Link, own []netip.Prefix) error {
	// Another node must not become this host's router.
	if err := set6(link, "accept_ra", "0"); err != nil {
		return err
	}
	// Hosts may have IPv6 switched off for all interfaces.
	if slices.ContainsFunc(own, func(p netip.Prefix) bool { return p.Addr().Is6() }) {
		if err := set6(link, "disable_ipv6", "0"); err != nil {
			return err
		}
	}
	if err := forgetTunnelAddress(link, own); err != nil {
		return err
	}
	for _, network := range own {
		a := &netlink.Addr{IPNet: links.IPNet(netip.PrefixFrom(network.Addr(), network.Addr().BitLen())), Flags: unix.IFA_F_NODAD}
		if err := netlink.AddrReplace(link, a); err != nil {
			return fmt.Errorf("address %v: %w", network.Addr(), err)
		}
	}
	return netlink.LinkSetUp(link)
}

// set6 sets a kernel parameter of a device's IPv6. A kernel without IPv6 has none.
func set6(link netlink.Link, name, value string) error {
	err := os.WriteFile("/proc/sys/net/ipv6/conf/"+link.Attrs().Name+"/"+name, []byte(value), 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// underlay returns the interface with a node's address.
func underlay(node netip.Addr) (netlink.Link, error) {
	var addrs []netlink.Addr
	err := complete(func() (err error) { addrs, err = netlink.AddrList(nil, netlink.FAMILY_V4); return err })
	if err != nil {
		return nil, err
	}
	for _, a := range addrs {
		if ip, ok := netip.AddrFromSlice(a.IP); ok && ip.Unmap() == node {
			return netlink.LinkByIndex(a.LinkIndex)
		}
	}
	return nil, fmt.Errorf("no interface of this host has the node's address %v", node)
}

// reach sets what leads to the pods of a peer: the peer's first pod address, which its
// device has, is the gateway.
func reach(device netlink.Link, p Peer) error {
	index, mac := device.Attrs().Index, hardwareAddr(p.Node)
	err := netlink.NeighSet(&netlink.Neigh{LinkIndex: index, Family: unix.AF_BRIDGE, State: netlink.NUD_PERMANENT,
		Flags: netlink.NTF_SELF, IP: p.Node.AsSlice(), HardwareAddr: mac})
	if err != nil {
		return fmt.Errorf("forwarding entry: %w", err)
	}
	for _, network := range p.Ranges {
		gateway := network.Addr().AsSlice()
		if err := netlink.NeighSet(&netlink.Neigh{LinkIndex: index, State: netlink.NUD_PERMANENT, IP: gateway, HardwareAddr: mac}); err != nil {
			return fmt.Errorf("neighbour %v: %w", network.Addr(), err)
		}
		route := &netlink.Route{LinkIndex: index, Dst: links.IPNet(network), Gw: gateway, Flags: int(netlink.FLAG_ONLINK), Protocol: protocol}
		if err := netlink.RouteReplace(route); err != nil {
			return fmt.Errorf("route to %v: %w", network, err)
		}
	}
	return nil
}

// forget removes the device's entries of others than peers.
func forget(device netlink.Link, peers []Peer) error {
	known := map[string]bool{} // hardware addresses and gateways
	for _, p := range peers {
		if !p.Node.Is4() {
			continue
		}
		known[hardwareAddr(p.Node).String()] = true
		for _, network := range p.Ranges {
			known[network.Addr().String()] = true
		}
	}
	var all []error
	for _, family := range []int{unix.AF_BRIDGE, netlink.FAMILY_V4, netlink.FAMILY_V6} {
		var entries []netlink.Neigh
		err := complete(func() (err error) { entries, err = netlink.NeighList(device.Attrs().Index, family); return err })
		if err != nil {
			return err
		}
		for _, e := range entries {
			key := e.IP.String()
			if family == unix.AF_BRIDGE {
				key = e.HardwareAddr.String()
			}
			if e.State&netlink.NUD_PERMANENT == 0 || known[key] {
				continue
			}
			if family == unix.AF_BRIDGE {
				e.Family, e.Flags = family, netlink.NTF_SELF
			}
			if err := netlink.NeighDel(&e); err != nil && !errors.Is(err, unix.ENOENT) {
				all = append(all, fmt.Errorf("removing the entry of %v: %w", e.IP, err))
			}
		}
	}
	return errors.Join(all...)
}

// removeDevice removes the device, and its routes with it.
func (r *Routes) removeDevice() error {
	link, err := netlink.LinkByName(r.deviceName())
	if errors.As(err, new(netlink.LinkNotFoundError)) {
		return nil
	}
	if err != nil {
		return err
	}
	return netlink.LinkDel(link)
}

// prefixOf returns a network as netlink has it; false for none.
func prefixOf(n *net.IPNet) (netip.Prefix, bool) {
	if n == nil {
		return netip.Prefix{}, false
	}
	a, ok := netip.AddrFromSlice(n.IP)
	ones, _ := n.Mask.Size()
	return netip.PrefixFrom(a.Unmap(), ones), ok
}
