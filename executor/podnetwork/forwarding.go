package podnetwork

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/links"
)

const (
	forwarding4 = "net/ipv4/ip_forward"
	forwarding6 = "net/ipv6/conf/all/forwarding"
)

// setter sets a kernel parameter, as [Config.Set] does.
type setter func(ctx context.Context, name, value string, together ...string) error

// forward makes the host forward packets. Docker does so for IPv4, too, when it starts.
func (f *family) forward(ctx context.Context, set setter) error {
	if f.v6 {
		return forward6(ctx, set)
	}
	return set(ctx, forwarding4, "1", "net/ipv4/conf/all/accept_redirects", "net/ipv4/conf/*/forwarding")
}

// forward6 makes the host forward IPv6. A host that does takes no routes from routers any more,
// unless an interface is told to; those that have such routes keep them.
func forward6(ctx context.Context, set setter) error {
	names, err := routedByRouters()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := set(ctx, acceptRA(name), "2"); err != nil {
			return err
		}
	}
	return set(ctx, forwarding6, "1", "net/ipv6/conf/*/forwarding")
}

func acceptRA(link string) string { return "net/ipv6/conf/" + link + "/accept_ra" }

// NeededByOthers returns the kernel parameters that this host needs without pods of ours, too, as
// patterns: forwarding, where a link is of others. They may have found it set, and set it only when
// they start, as Docker does. A host that goes on forwarding must go on accepting what routers
// announce.
func NeededByOthers() ([]string, error) {
	links, err := allLinks()
	if err != nil {
		return nil, fmt.Errorf("links of this host: %w", err)
	}
	if slices.ContainsFunc(links, ofOthers) {
		return []string{forwarding4, forwarding6, acceptRA("*")}, nil
	}
	return nil, nil
}

// ofOthers reports whether a link may lead to something that is reached through this host: any that
// is up and not ours, such as a bridge, a container's veth or a tunnel. By a physical one, or what
// is made of such, the host itself is connected.
func ofOthers(l netlink.Link) bool {
	a := l.Attrs()
	if a.Flags&net.FlagUp == 0 || strings.HasPrefix(a.Name, links.Pod) || strings.HasPrefix(a.Name, links.VXLAN) {
		return false
	}
	return !slices.Contains([]string{"device", "bond", "team", "vlan", "dummy", "ifb"}, l.Type()) // "device" is lo, too
}

// routedByRouters returns the interfaces with routes that a router has announced, and that
// would take no more of them if the host forwarded.
func routedByRouters() ([]string, error) {
	var routes []netlink.Route
	err := complete(func() (err error) {
		routes, err = netlink.RouteListFiltered(netlink.FAMILY_V6, &netlink.Route{Protocol: unix.RTPROT_RA}, netlink.RT_FILTER_PROTOCOL)
		return err
	})
	if err != nil {
		return nil, err
	}
	seen := map[int]bool{}
	var names []string
	for _, r := range routes {
		if seen[r.LinkIndex] {
			continue
		}
		seen[r.LinkIndex] = true
		link, err := netlink.LinkByIndex(r.LinkIndex)
		if err != nil {
			return nil, err
		}
		name := link.Attrs().Name
		if now, err := os.ReadFile("/proc/sys/" + acceptRA(name)); err == nil && strings.TrimSpace(string(now)) == "1" {
			names = append(names, name)
		}
	}
	return names, nil
}
