package loadbalancer

import (
	"cmp"
	"net/netip"
	"slices"

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
	wrong     []string // what is wrong with other addresses that it reports
	ports     []Port   // that are not for services there
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

func name(s *v1.Service) string { return s.Namespace + "/" + s.Name }
