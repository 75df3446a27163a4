package loadbalancer

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
)

const (
	// Class is the spec.loadBalancerClass that stands for this package, like none.
	Class = "kubernetes-mesos/nodes"

	// AnnotationIPs holds the addresses that a service wants, separated by commas, in
	// place of the deprecated spec.loadBalancerIP.
	AnnotationIPs = "mesos.service/load-balancer-ips"
)

// The reasons of events about services without an address.
const (
	ReasonOff     = "LoadBalancerOff"
	ReasonPending = "LoadBalancerPending" // it will change by itself
	ReasonRefused = "LoadBalancerRefused" // the service, or the flags, must change
)

// node is one that may balance load: it is chosen, and its executor is ready.
type node struct {
	name      string
	addresses []netip.Addr
	ports     []Port // that are not for services there
}

// endpoints has the names of the nodes with an endpoint that serves, for each service with
// the external traffic policy Local, by namespace/name.
type endpoints map[string]map[string]bool

// verdict is what a service's status should be, and why it has no address.
type verdict struct {
	service         *v1.Service
	ingress         []v1.LoadBalancerIngress
	reason, message string // of an event; "" if there is nothing to say
}

// ours reports whether a service is for this package. One that is no load balancer any
// more is, as long as its status says otherwise.
func ours(s *v1.Service) bool {
	if s.Spec.Type != v1.ServiceTypeLoadBalancer {
		return len(s.Status.LoadBalancer.Ingress) > 0
	}
	return s.Spec.LoadBalancerClass == nil || *s.Spec.LoadBalancerClass == Class
}

// decide returns the verdict on each service that is ours. Of two that want one port of one
// address, the one that has an address keeps it; of two without, the older one gets it.
func decide(services []*v1.Service, nodes []node, reserved []Port, serving endpoints) []verdict {
	services = slices.DeleteFunc(slices.Clone(services), func(s *v1.Service) bool { return !ours(s) })
	slices.SortFunc(services, func(a, b *v1.Service) int {
		return cmp.Or(
			cmp.Compare(waits(a), waits(b)),
			a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(name(a), name(b)))
	})
	taken := claims{}
	var all []verdict
	for _, s := range services {
		v := verdict{service: s}
		if s.Spec.Type == v1.ServiceTypeLoadBalancer {
			var r *refusal
			if v.ingress, r = taken.ingressOf(s, nodes, reserved, serving); r != nil {
				v.reason, v.message = r.reason, r.message
			}
		}
		all = append(all, v)
	}
	return all
}

// waits is 1 for a service without an address, and 0 for one that has some.
func waits(s *v1.Service) int {
	if len(s.Status.LoadBalancer.Ingress) == 0 {
		return 1
	}
	return 0
}

// refusal says why a service has no address.
type refusal struct{ reason, message string }

func pending(format string, args ...any) *refusal {
	return &refusal{ReasonPending, fmt.Sprintf(format, args...)}
}

func refused(format string, args ...any) *refusal {
	return &refusal{ReasonRefused, fmt.Sprintf(format, args...)}
}

// claims are the ports of addresses that services have, each with the service's name.
type claims map[claim]string

type claim struct {
	address  netip.Addr
	protocol v1.Protocol
	port     int32
}

// ingressOf returns the addresses of a service, and claims its ports there.
func (c claims) ingressOf(s *v1.Service, nodes []node, reserved []Port, serving endpoints) ([]v1.LoadBalancerIngress, *refusal) {
	for _, p := range s.Spec.Ports {
		if r := reservedFor(p, nodes, reserved); r != nil {
			return nil, r
		}
	}
	offered := addressesOf(s, nodes)
	if len(offered) == 0 {
		return nil, pending("no node that is chosen for load balancers has a ready executor and an address of the service's family")
	}
	wanted, err := wantedBy(s)
	if err != nil {
		return nil, refused("%v", err)
	}
	if len(wanted) > 0 {
		all := list(offered)
		offered = slices.DeleteFunc(offered, func(a place) bool { return !slices.Contains(wanted, a.address) })
		if len(offered) == 0 {
			return nil, refused("the service wants %v, and the nodes that are chosen for load balancers have %s", wanted, all)
		}
	}
	free, r := c.freeOf(s, offered)
	if r != nil {
		return nil, r
	}
	for _, a := range free {
		for _, p := range s.Spec.Ports {
			c[claim{a.address, p.Protocol, p.Port}] = name(s)
		}
	}
	if s.Spec.ExternalTrafficPolicy == v1.ServiceExternalTrafficPolicyLocal {
		local := serving[name(s)]
		free = slices.DeleteFunc(free, func(a place) bool { return !slices.ContainsFunc(a.nodes, func(n string) bool { return local[n] }) })
		if len(free) == 0 {
			return nil, pending("externalTrafficPolicy is Local, and no node that is chosen for load balancers has a ready pod of the service")
		}
	}
	return ingress(free), nil
}

// freeOf returns the places of which no other service has a port of s.
func (c claims) freeOf(s *v1.Service, offered []place) (free []place, r *refusal) {
	for _, a := range offered {
		holder, its := "", v1.ServicePort{}
		for _, p := range s.Spec.Ports {
			if h, is := c[claim{a.address, p.Protocol, p.Port}]; is {
				holder, its = h, p
			}
		}
		if holder == "" {
			free = append(free, a)
		} else if r == nil {
			r = refused("port %d/%s is taken by service %s, which came first: take another port, or delete that service", its.Port, its.Protocol, holder)
		}
	}
	if len(free) > 0 {
		return free, nil
	}
	return nil, r
}

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

// wantedBy returns the addresses that a service asks for; none: any.
func wantedBy(s *v1.Service) ([]netip.Addr, error) {
	text := cmp.Or(s.Annotations[AnnotationIPs], s.Spec.LoadBalancerIP)
	var wanted []netip.Addr
	for _, item := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		a, err := netip.ParseAddr(item)
		if err != nil {
			return nil, fmt.Errorf("the service wants an address that is none: %w", err)
		}
		wanted = append(wanted, a.Unmap())
	}
	return wanted, nil
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

func name(s *v1.Service) string { return s.Namespace + "/" + s.Name }
