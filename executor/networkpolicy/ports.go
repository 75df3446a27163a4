package networkpolicy

import (
	"math"
	"slices"

	v1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// portsOf returns the ports of a pod that a policy's port stands for: several if some of
// its containers have ports of that name, none if none has.
func portsOf(pod *v1.Pod, p netv1.NetworkPolicyPort) []portRange {
	protocol := protocolOf(p)
	if p.Port == nil {
		return []portRange{{protocol: protocol}}
	}
	if p.Port.Type == intstr.Int {
		return numbers(protocol, p)
	}
	var found []portRange
	for _, c := range slices.Concat(pod.Spec.Containers, sidecars(pod)) {
		for _, port := range c.Ports {
			own := port.Protocol
			if own == "" {
				own = v1.ProtocolTCP
			}
			if port.Name == p.Port.StrVal && own == protocol {
				n := uint16(port.ContainerPort)
				found = append(found, portRange{protocol, n, n})
			}
		}
	}
	return found
}

// sidecars returns the init containers that run beside the others.
func sidecars(pod *v1.Pod) []v1.Container {
	return slices.DeleteFunc(slices.Clone(pod.Spec.InitContainers), func(c v1.Container) bool {
		return c.RestartPolicy == nil || *c.RestartPolicy != v1.ContainerRestartPolicyAlways
	})
}

// numbers returns a port or range by number; none if it is not one that the API server
// would store.
func numbers(protocol v1.Protocol, p netv1.NetworkPolicyPort) []portRange {
	first, last := p.Port.IntVal, p.Port.IntVal
	if p.EndPort != nil {
		last = *p.EndPort
	}
	if first < 1 || last < first || last > math.MaxUint16 {
		return nil
	}
	return []portRange{{protocol, uint16(first), uint16(last)}}
}

func protocolOf(p netv1.NetworkPolicyPort) v1.Protocol {
	if p.Protocol == nil {
		return v1.ProtocolTCP
	}
	return *p.Protocol
}

// egressPort adds a port to a rule of egress. A name stands for each peer's own port of
// that name.
func (c *compiler) egressPort(r *rule, p netv1.NetworkPolicyPort) {
	if p.Port == nil || p.Port.Type == intstr.Int {
		r.ports = append(r.ports, portsOf(nil, p)...)
		return
	}
	for _, pod := range c.pods {
		for _, found := range portsOf(pod, p) {
			for _, a := range addresses(pod) {
				if r.isFor(a) {
					r.named = append(r.named, namedPort{a, found.protocol, found.first})
				}
			}
		}
	}
}
