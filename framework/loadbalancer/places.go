package loadbalancer

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
)

// place is an address and the nodes that have it: agents of one host share theirs.
type place struct {
	address netip.Addr
	nodes   []string
}

// addressesOf returns the addresses of the nodes in the service's families, in order.
func addressesOf(s *v1.Service, nodes []node) []place {
	var all []place
	for _, n := range nodes {
		for _, a := range n.addresses {
			family := v1.IPv4Protocol
			if a.Is6() {
				family = v1.IPv6Protocol
			}
			if !slices.Contains(s.Spec.IPFamilies, family) {
				continue
			}
			i := slices.IndexFunc(all, func(p place) bool { return p.address == a })
			if i < 0 {
				i, all = len(all), append(all, place{address: a})
			}
			all[i].nodes = append(all[i].nodes, n.name)
		}
	}
	slices.SortFunc(all, func(a, b place) int { return a.address.Compare(b.address) })
	return all
}

// wantedOf returns the places whose addresses a service asks for; all, if it asks for none.
func wantedOf(s *v1.Service, offered []place) ([]place, *refusal) {
	text := cmp.Or(s.Annotations[AnnotationIPs], s.Spec.LoadBalancerIP)
	if text == "" {
		return offered, nil
	}
	var wanted []netip.Addr
	for _, item := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		a, err := netip.ParseAddr(item)
		if err != nil {
			return nil, refused("the service wants an address that is none: %v", err)
		}
		wanted = append(wanted, a.Unmap())
	}
	found := slices.DeleteFunc(slices.Clone(offered), func(p place) bool { return !slices.Contains(wanted, p.address) })
	if len(found) == 0 {
		return nil, refused("the service wants %v, and the nodes that are chosen for load balancers have %s", wanted, list(offered))
	}
	return found, nil
}

func ingress(places []place) []v1.LoadBalancerIngress {
	mode := v1.LoadBalancerIPModeVIP
	all := make([]v1.LoadBalancerIngress, len(places))
	for i, p := range places {
		all[i] = v1.LoadBalancerIngress{IP: p.address.String(), IPMode: &mode}
	}
	return all
}

func list(places []place) string {
	all := make([]string, len(places))
	for i, p := range places {
		all[i] = p.address.String()
	}
	return strings.Join(all, ", ")
}
