package clusterdns

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/coredns/coredns/plugin/kubernetes"
	"github.com/coredns/coredns/plugin/kubernetes/object"
	"github.com/miekg/dns"
)

// detour leads this host's queries to other nodes' servers while its own is silent. The rules
// for services cannot do that: where the server has died, the program that makes them has.
//
// The kernel notices by itself. Each answer that leaves the server renews the element of a
// set, which expires otherwise, and the server asks itself often enough. Without the element
// queries are translated before the rules for services see them.
type detour struct {
	own     netip.AddrPort
	service netip.Addr
	domain  string // of the cluster
	owner   string // of the rules
}

const (
	beatPeriod = 400 * time.Millisecond  // how often the server asks itself
	silence    = 1500 * time.Millisecond // after which queries go elsewhere
	reviewTime = time.Second             // how often the other servers are compared
	repairTime = 30 * time.Second        // how often the rules are made anew, for firewalls that are reloaded
)

// serviceKey is how CoreDNS finds the endpoints of the Service.
var serviceKey = object.EndpointsKey("kube-dns", "kube-system")

// run keeps the rules up to date until ctx ends. They stay; see Remove.
func (d *detour) run(ctx context.Context, others func() []netip.AddrPort, failed func(error)) {
	beats, review := time.NewTicker(beatPeriod), time.NewTicker(reviewTime)
	defer beats.Stop()
	defer review.Stop()
	var made []netip.AddrPort
	var at time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-beats.C:
			d.beat()
		case <-review.C:
			now := others()
			if slices.Equal(now, made) && time.Since(at) < repairTime {
				continue
			}
			if err := d.apply(ctx, now); err != nil && ctx.Err() == nil {
				failed(err)
			}
			made, at = now, time.Now()
		}
	}
}

// beat asks the server for something that it knows itself. Only the answer's packet matters.
func (d *detour) beat() {
	c, err := net.DialUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(d.own.Addr(), 0)), net.UDPAddrFromAddrPort(d.own))
	if err != nil {
		return
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(beatPeriod))
	q, err := new(dns.Msg).SetQuestion("dns-version."+dns.Fqdn(d.domain), dns.TypeTXT).Pack()
	if err != nil {
		return
	}
	if _, err := c.Write(q); err == nil {
		_, _ = c.Read(make([]byte, 512))
	}
}

// othersThan returns the other nodes' servers.
func othersThan(own netip.AddrPort, names *kubernetes.Kubernetes) []netip.AddrPort {
	var all []netip.AddrPort
	for _, e := range names.APIConn.EpIndex(serviceKey) {
		for _, subset := range e.Subsets {
			for _, address := range subset.Addresses {
				a, err := netip.ParseAddr(address.IP)
				for _, p := range subset.Ports {
					other := netip.AddrPortFrom(a, uint16(p.Port))
					if err == nil && p.Protocol == "UDP" && other != own && a.Is4() == own.Addr().Is4() {
						all = append(all, other)
					}
				}
			}
		}
	}
	slices.SortFunc(all, netip.AddrPort.Compare)
	return slices.Compact(all)
}
