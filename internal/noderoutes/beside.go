package noderoutes

import (
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// unfit are the flags of an address that others cannot rely on: it is not checked yet, is
// taken by another machine, or goes soon.
const unfit = unix.IFA_F_TENTATIVE | unix.IFA_F_DADFAILED | unix.IFA_F_DEPRECATED | unix.IFA_F_TEMPORARY

// Beside returns the address of the other IP family at the interface of this machine that has
// a, the lowest of several; the zero value if there is none.
func Beside(a netip.Addr) (netip.Addr, error) {
	var all []netlink.Addr
	err := complete(func() (err error) { all, err = netlink.AddrList(nil, netlink.FAMILY_ALL); return err })
	if err != nil {
		return netip.Addr{}, fmt.Errorf("addresses beside %v: %w", a, err)
	}
	at := 0
	for _, own := range all {
		if ip, ok := netip.AddrFromSlice(own.IP); ok && ip.Unmap() == a {
			at = own.LinkIndex
		}
	}
	var found netip.Addr
	for _, own := range all {
		ip, ok := netip.AddrFromSlice(own.IP)
		ip = ip.Unmap()
		if !ok || own.LinkIndex != at || own.Flags&unfit != 0 || ip.Is4() == a.Is4() || !ip.IsGlobalUnicast() {
			continue
		}
		if !found.IsValid() || ip.Less(found) {
			found = ip
		}
	}
	return found, nil
}

// Order returns a host's addresses, at most one per IP family, as Config has them.
func Order(addresses []netip.Addr) (node, node6 netip.Addr) {
	node = addresses[0]
	for _, a := range addresses[1:] {
		if node6 = a; a.Is4() {
			node, node6 = a, node
		}
	}
	return node, node6
}
