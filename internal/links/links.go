// Package links has what packages podnetwork and noderoutes know in common of the links that
// they make on a host.
package links

import (
	"net"
	"net/netip"
)

// The beginnings of links' names, by which the links of all executors of a host are found.
const (
	Pod   = "kmp"  // the host's end of a pod's link
	VXLAN = "kmvx" // the device that leads to nodes behind a router
)

// IPNet returns a network as netlink takes it.
func IPNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
