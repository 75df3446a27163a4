package podnetwork

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/links"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/osthread"
)

const (
	inPod = "eth0"
	// protocol marks our routes, so that no other one is touched (rtnetlink(7): numbers
	// above RTPROT_STATIC are free to use).
	protocol = 206
)

// The address of the gateway that pods see. No interface has it: a permanent neighbour
// entry leads to the host's end of the pair.
var (
	gateway4 = netip.MustParseAddr("169.254.1.1")
	gateway6 = netip.MustParseAddr("fe80::1")
)

// complete repeats a listing that a change in between has cut short.
func complete(list func() error) error {
	var err error
	for range 10 {
		if err = list(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			return err
		}
	}
	return err
}

// linkName returns the name of the host's end for a sandbox, at most 15 bytes long.
func (n *Network) linkName(sandbox string) string {
	return links.Pod + short(n.cfg.Owner+" "+sandbox, 12)
}

// alias returns what `ip link` shows for a pod's link; links finds ours by its beginning.
func (n *Network) alias(p Pod) string {
	alias := n.cfg.Owner + " pod " + p.Name
	return alias[:min(len(alias), maxAlias)]
}

// maxAlias is what the kernel keeps of an alias, in bytes.
const maxAlias = 255

// allLinks returns the links of this host.
func allLinks() ([]netlink.Link, error) {
	var all []netlink.Link
	err := complete(func() (err error) { all, err = netlink.LinkList(); return err })
	return all, err
}

// links returns the host's ends of all pods of this owner.
func (n *Network) links() ([]netlink.Link, error) {
	all, err := allLinks()
	if err != nil {
		return nil, err
	}
	var ours []netlink.Link
	for _, l := range all {
		if strings.HasPrefix(l.Attrs().Name, links.Pod) && strings.HasPrefix(l.Attrs().Alias, n.cfg.Owner+" pod ") {
			ours = append(ours, l)
		}
	}
	return ours, nil
}

// routedAddresses returns the addresses of all pods of this host.
func routedAddresses() (map[netip.Addr]bool, error) {
	all := map[netip.Addr]bool{}
	for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
		var routes []netlink.Route
		err := complete(func() (err error) {
			routes, err = netlink.RouteListFiltered(family, &netlink.Route{Protocol: protocol}, netlink.RT_FILTER_PROTOCOL)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, r := range routes {
			if r.Dst == nil {
				continue
			}
			ones, bits := r.Dst.Mask.Size()
			if a, ok := netip.AddrFromSlice(r.Dst.IP); ok && ones == bits {
				all[a.Unmap()] = true
			}
		}
	}
	return all, nil
}

// connect makes the veth pair of a pod with its addresses and routes.
func (n *Network) connect(p Pod, mtu int) error {
	if err := n.disconnect(p.Sandbox); err != nil {
		return err
	}
	ns, err := netns.GetFromPath(p.Netns)
	if err != nil {
		return fmt.Errorf("network namespace %s: %w", p.Netns, err)
	}
	defer ns.Close()
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MTU = n.linkName(p.Sandbox), mtu
	attrs.HardwareAddr = hardwareAddr(attrs.Name)
	if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: inPod, PeerNamespace: netlink.NsFd(ns)}); err != nil {
		return fmt.Errorf("making link %s: %w", attrs.Name, err)
	}
	host, err := netlink.LinkByName(attrs.Name)
	if err != nil {
		return err
	}
	if err := netlink.LinkSetAlias(host, n.alias(p)); err != nil {
		return err
	}
	if slices.ContainsFunc(p.Addresses, netip.Addr.Is6) {
		if err := enable6(ns); err != nil {
			return fmt.Errorf("IPv6 in the pod: %w", err)
		}
	}
	pod, err := configurePod(ns, host.Attrs().HardwareAddr, p.Addresses)
	if err != nil {
		return fmt.Errorf("interface %s of the pod: %w", inPod, err)
	}
	if err := n.configureHost(host, pod, p.Addresses); err != nil {
		return err
	}
	return awaitUp(ns)
}

// enable6 switches IPv6 on in a network namespace, where Docker has switched it off.
func enable6(ns netns.NsHandle) error {
	done := make(chan error)
	osthread.Go(func() {
		err := netns.Set(ns)
		if err == nil {
			err = sysctl("net/ipv6/conf/all/disable_ipv6", "0")
		}
		done <- err
	})
	return <-done
}

// awaitUp waits until the kernel lets packets through the pod's end, soon after both ends are
// up: a first packet that it drops would be sent again a second later.
func awaitUp(ns netns.NsHandle) error {
	h, err := netlink.NewHandleAt(ns)
	if err != nil {
		return err
	}
	defer h.Close()
	for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		link, err := h.LinkByName(inPod)
		if err != nil {
			return err
		}
		if link.Attrs().OperState == netlink.OperUp {
			break
		}
	}
	return nil // later, then
}

// configurePod sets up the pod's end of a pair whose other end has the address host. It
// returns the hardware address of the pod's end.
func configurePod(ns netns.NsHandle, host net.HardwareAddr, addresses []netip.Addr) (net.HardwareAddr, error) {
	h, err := netlink.NewHandleAt(ns)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	link, err := h.LinkByName(inPod)
	if err != nil {
		return nil, err
	}
	for _, a := range addresses {
		if err := h.AddrAdd(link, &netlink.Addr{IPNet: single(a), Flags: unix.IFA_F_NODAD}); err != nil {
			return nil, fmt.Errorf("address %v: %w", a, err)
		}
	}
	if err := h.LinkSetUp(link); err != nil {
		return nil, err
	}
	for _, a := range addresses {
		gateway, everything := gateway4, netip.PrefixFrom(netip.IPv4Unspecified(), 0)
		if a.Is6() {
			gateway, everything = gateway6, netip.PrefixFrom(netip.IPv6Unspecified(), 0)
		}
		index := link.Attrs().Index
		err := errors.Join(
			h.NeighSet(&netlink.Neigh{LinkIndex: index, State: netlink.NUD_PERMANENT, IP: gateway.AsSlice(), HardwareAddr: host}),
			h.RouteReplace(&netlink.Route{LinkIndex: index, Dst: single(gateway), Scope: netlink.SCOPE_LINK}),
			h.RouteReplace(&netlink.Route{LinkIndex: index, Dst: links.IPNet(everything), Gw: gateway.AsSlice()}),
		)
		if err != nil {
			return nil, fmt.Errorf("routes of %v: %w", a, err)
		}
	}
	return link.Attrs().HardwareAddr, nil
}

// hardwareAddr returns the address of the host's end of a link. It is set when the link is
// made: udev would change one that the kernel chose, after the pod has learnt it.
func hardwareAddr(link string) net.HardwareAddr {
	sum := sha256.Sum256([]byte(link))
	return append(net.HardwareAddr{0x02}, sum[:5]...) // 02: not a manufacturer's
}

// configureHost sets up the host's end of a pair whose other end has the address pod.
func (n *Network) configureHost(link netlink.Link, pod net.HardwareAddr, addresses []netip.Addr) error {
	// A pod must not become the host's router.
	name := link.Attrs().Name
	if err := sysctl("net/ipv6/conf/"+name+"/accept_ra", "0"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err // without IPv6 there is no such file
	}
	if slices.ContainsFunc(addresses, netip.Addr.Is6) { // hosts may have IPv6 switched off for all interfaces
		if err := sysctl("net/ipv6/conf/"+name+"/disable_ipv6", "0"); err != nil {
			return err
		}
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return err
	}
	// Without this, replies to a host port asked for at 127.0.0.1 would be dropped.
	if err := sysctl("net/ipv4/conf/"+name+"/route_localnet", "1"); err != nil {
		return err
	}
	for _, a := range addresses {
		index := link.Attrs().Index
		err := errors.Join(
			netlink.NeighSet(&netlink.Neigh{LinkIndex: index, State: netlink.NUD_PERMANENT, IP: a.AsSlice(), HardwareAddr: pod}),
			// Not replaced: another pod's must not be taken over.
			netlink.RouteAdd(&netlink.Route{LinkIndex: index, Dst: single(a), Scope: netlink.SCOPE_LINK, Protocol: protocol}),
		)
		if err != nil {
			return fmt.Errorf("route to %v: %w", a, err)
		}
	}
	return nil
}

// disconnect removes the link of a sandbox, and with it its other end and its routes.
func (n *Network) disconnect(sandbox string) error {
	link, err := netlink.LinkByName(n.linkName(sandbox))
	if errors.As(err, new(netlink.LinkNotFoundError)) {
		return nil
	}
	if err != nil {
		return err
	}
	return deleteLink(link)
}

// deleteLink removes a link that may have gone meanwhile, as with its other end.
func deleteLink(link netlink.Link) error {
	err := netlink.LinkDel(link)
	if errors.Is(err, unix.ENODEV) || errors.Is(err, unix.EINVAL) {
		if _, found := netlink.LinkByIndex(link.Attrs().Index); errors.As(found, new(netlink.LinkNotFoundError)) {
			return nil
		}
	}
	return err
}

// single returns the network that holds a alone.
func single(a netip.Addr) *net.IPNet { return links.IPNet(netip.PrefixFrom(a, a.BitLen())) }

// sysctl sets a kernel parameter, if it has another value.
func sysctl(name, value string) error {
	path := "/proc/sys/" + name
	if old, err := os.ReadFile(path); err == nil && strings.TrimSpace(string(old)) == value {
		return nil
	}
	return os.WriteFile(path, []byte(value), 0)
}
