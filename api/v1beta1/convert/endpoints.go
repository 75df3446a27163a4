package convert

import (
	"net"
	"reflect"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// EndpointsFromCore converts endpoints: the subsets, and the first port again in
// the older form. Addresses that are not ready are left out.
func EndpointsFromCore(in *corev1.Endpoints) *wire.Endpoints {
	e := &wire.Endpoints{Meta: metaFromCore(&in.ObjectMeta), Protocol: string(corev1.ProtocolTCP), Subsets: []wire.EndpointSubset{}}
	for i := range in.Subsets {
		if s := &in.Subsets[i]; len(s.Addresses) > 0 && len(s.Ports) > 0 {
			e.Subsets = append(e.Subsets, subsetFromCore(s))
		}
	}
	mirrorFirstPort(e)
	return e
}

func subsetFromCore(in *corev1.EndpointSubset) wire.EndpointSubset {
	var s wire.EndpointSubset
	for _, a := range in.Addresses {
		shown := wire.EndpointAddress{IP: a.IP}
		if a.TargetRef != nil {
			ref := referenceFromCore(*a.TargetRef)
			shown.TargetRef = &ref
		}
		s.Addresses = append(s.Addresses, shown)
	}
	for _, p := range in.Ports {
		s.Ports = append(s.Ports, wire.EndpointPort{Name: p.Name, Port: int(p.Port), Protocol: string(p.Protocol)})
	}
	return s
}

// mirrorFirstPort fills the members that predate subsets: every address of every
// port that has the first port's name.
func mirrorFirstPort(e *wire.Endpoints) {
	e.Endpoints, e.TargetRefs = nil, nil
	if len(e.Subsets) == 0 {
		return
	}
	first := e.Subsets[0].Ports[0]
	e.Protocol = first.Protocol
	for _, s := range e.Subsets {
		for _, p := range s.Ports {
			if p.Name != first.Name {
				continue
			}
			for _, a := range s.Addresses {
				text := net.JoinHostPort(a.IP, strconv.Itoa(p.Port))
				e.Endpoints = append(e.Endpoints, text)
				if a.TargetRef != nil {
					e.TargetRefs = append(e.TargetRefs, wire.EndpointTarget{Endpoint: text, TargetRef: *a.TargetRef})
				}
			}
		}
	}
}

// EndpointsToCore returns stored, changed to what the client sent. Subsets take
// precedence over the older members.
func EndpointsToCore(in *wire.Endpoints, stored *corev1.Endpoints) *corev1.Endpoints {
	out := orEmpty(stored)
	metaToCore(&in.Meta, &out.ObjectMeta)
	sent := Repack(SubsetsOf(in))
	if stored != nil && reflect.DeepEqual(sent, Repack(EndpointsFromCore(stored).Subsets)) {
		return out
	}
	out.Subsets = nil
	for _, s := range sent {
		out.Subsets = append(out.Subsets, subsetToCore(s, stored))
	}
	if stored != nil {
		for _, s := range stored.Subsets {
			if len(s.Addresses) == 0 { // nothing of it was shown
				out.Subsets = append(out.Subsets, s)
			}
		}
	}
	return out
}

// subsetToCore takes what v1beta1 does not show (host and node names, the
// addresses that are not ready, application protocols) from the stored subset
// of the same addresses and ports.
func subsetToCore(in wire.EndpointSubset, stored *corev1.Endpoints) corev1.EndpointSubset {
	var out corev1.EndpointSubset
	for _, a := range in.Addresses {
		address := storedAddress(a.IP, stored)
		address.IP = a.IP
		address.TargetRef = nil
		if a.TargetRef != nil {
			ref := referenceToCore(*a.TargetRef)
			address.TargetRef = &ref
		}
		out.Addresses = append(out.Addresses, address)
	}
	for _, p := range in.Ports {
		port := corev1.EndpointPort{Name: p.Name, Port: int32(p.Port), Protocol: corev1.Protocol(p.Protocol)}
		if stored != nil {
			for i := range stored.Subsets {
				for _, have := range stored.Subsets[i].Ports {
					if have.Name == port.Name && have.Port == port.Port && have.Protocol == port.Protocol {
						port.AppProtocol = have.AppProtocol
						if len(out.NotReadyAddresses) == 0 {
							out.NotReadyAddresses = stored.Subsets[i].NotReadyAddresses
						}
					}
				}
			}
		}
		out.Ports = append(out.Ports, port)
	}
	return out
}

func storedAddress(ip string, stored *corev1.Endpoints) corev1.EndpointAddress {
	if stored != nil {
		for i := range stored.Subsets {
			for _, a := range stored.Subsets[i].Addresses {
				if a.IP == ip {
					return a
				}
			}
		}
	}
	return corev1.EndpointAddress{}
}
