package podnetwork

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
	"sigs.k8s.io/knftables"
)

// free fails if a host port of a pod is in use: by a process of this host, which would lose
// it, or by a pod of another executor.
func (n *Network) free(ctx context.Context, all []Port) error {
	if len(all) == 0 {
		return nil
	}
	for _, f := range n.families {
		taken, err := f.foreignPorts(ctx)
		if err != nil {
			return err
		}
		for _, p := range all {
			if slices.ContainsFunc(taken, p.conflicts) {
				return fmt.Errorf("host port %d/%s is in use by a pod of another executor on this machine", p.HostPort, p.Protocol)
			}
		}
	}
	for _, p := range all {
		if err := unused(p); errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("host port %d/%s is in use by a process of this machine: choose another port, or end the process", p.HostPort, p.Protocol)
		}
	}
	return nil
}

// conflicts reports whether a packet may be for both ports.
func (p Port) conflicts(other Port) bool {
	everywhere := func(ip netip.Addr) bool { return !ip.IsValid() || ip.IsUnspecified() }
	return p.Protocol == other.Protocol && p.HostPort == other.HostPort &&
		(p.HostIP == other.HostIP || everywhere(p.HostIP) || everywhere(other.HostIP))
}

// unused fails if a process listens at a port.
func unused(p Port) error {
	host := ""
	if p.HostIP.IsValid() && !p.HostIP.IsUnspecified() {
		host = p.HostIP.String()
	}
	address := net.JoinHostPort(host, strconv.Itoa(int(p.HostPort)))
	if p.Protocol == "udp" {
		c, err := net.ListenPacket("udp", address)
		if err == nil {
			err = c.Close()
		}
		return err
	}
	if p.Protocol != "tcp" {
		return nil
	}
	l, err := net.Listen("tcp", address)
	if err == nil {
		err = l.Close()
	}
	return err
}

// foreignPorts returns the host ports of other executors' pods.
func (f *family) foreignPorts(ctx context.Context) ([]Port, error) {
	tables, err := ownersByTable(ctx, f.nft)
	if err != nil {
		return nil, err
	}
	var taken []Port
	for name := range tables {
		if name == f.name {
			continue
		}
		nft, err := knftables.New(f.nft, name)
		if err != nil {
			return nil, err
		}
		for _, m := range []string{ports, addressPorts} {
			elements, err := nft.ListElements(ctx, "map", m)
			if err != nil && !knftables.IsNotFound(err) { // it may have ended meanwhile
				return nil, err
			}
			for _, e := range elements {
				if p, is := portOf(e); is {
					taken = append(taken, p)
				}
			}
		}
	}
	return taken, nil
}

// forget deletes what the kernel remembers of packets to UDP host ports, so that a client that
// goes on sending reaches the pod that has the port now. Connections of TCP end by themselves.
//
// It does what it can, and no pod is to fail otherwise: a kernel without ctnetlink cannot be
// asked, and forgets by itself a client that pauses for some minutes.
func (f *family) forget(all []Port) {
	var filters []netlink.CustomConntrackFilter
	for _, p := range all {
		if p.Protocol != "udp" {
			continue
		}
		filter := &netlink.ConntrackFilter{}
		if errors.Join(filter.AddProtocol(unix.IPPROTO_UDP), filter.AddPort(netlink.ConntrackOrigDstPort, p.HostPort)) == nil {
			filters = append(filters, filter)
		}
	}
	if len(filters) == 0 {
		return
	}
	ip := netlink.InetFamily(unix.AF_INET)
	if f.v6 {
		ip = unix.AF_INET6
	}
	_ = complete(func() error {
		_, err := netlink.ConntrackDeleteFilters(netlink.ConntrackTable, ip, filters...)
		return err
	})
}

// portOf returns the host port of an element of a map.
func portOf(e *knftables.Element) (Port, bool) {
	if e.Map == "" || len(e.Key) < 2 {
		return Port{}, false
	}
	number, err := strconv.ParseUint(e.Key[len(e.Key)-1], 10, 16)
	p := Port{Protocol: e.Key[len(e.Key)-2], HostPort: uint16(number)}
	if len(e.Key) == 3 {
		p.HostIP, _ = netip.ParseAddr(e.Key[0])
	}
	return p, err == nil
}
