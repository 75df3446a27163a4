package loadbalancer

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
)

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
		return nil, pending("no node that is chosen for load balancers has a ready executor and an address of the service's family%s", notTaken(nodes))
	}
	wanted, r := wantedOf(s, offered)
	if r != nil {
		return nil, r
	}
	free, r := c.freeOf(s, wanted)
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

// notTaken says which addresses of nodes are not taken, and why, as the end of a sentence.
func notTaken(nodes []node) string {
	var all []string
	for _, n := range nodes {
		for _, w := range n.wrong {
			all = append(all, fmt.Sprintf("%s reports %s", n.name, w))
		}
	}
	if all == nil {
		return ""
	}
	return "; node " + strings.Join(all, "; node ")
}
