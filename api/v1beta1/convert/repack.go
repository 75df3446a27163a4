package convert

import (
	"cmp"
	"net"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// SubsetsOf returns the subsets of endpoints in either form.
func SubsetsOf(in *wire.Endpoints) []wire.EndpointSubset {
	if len(in.Subsets) > 0 {
		return in.Subsets
	}
	protocol := cmp.Or(in.Protocol, string(corev1.ProtocolTCP))
	var out []wire.EndpointSubset
	for _, text := range in.Endpoints {
		host, portText, err := net.SplitHostPort(text)
		port, portErr := strconv.Atoi(portText)
		if err != nil || portErr != nil {
			continue // validation has reported it
		}
		a := wire.EndpointAddress{IP: host}
		for i := range in.TargetRefs {
			if in.TargetRefs[i].Endpoint == text {
				a.TargetRef = &in.TargetRefs[i].TargetRef
				break
			}
		}
		out = append(out, wire.EndpointSubset{
			Addresses: []wire.EndpointAddress{a},
			Ports:     []wire.EndpointPort{{Port: port, Protocol: protocol}},
		})
	}
	return out
}

// Repack returns the canonical form: ports with the same addresses share one
// subset, each address text occurs once, and ports and subsets are sorted.
func Repack(in []wire.EndpointSubset) []wire.EndpointSubset {
	addresses := map[wire.EndpointPort]map[string]wire.EndpointAddress{}
	for _, s := range in {
		for _, p := range s.Ports {
			p.Protocol = cmp.Or(p.Protocol, string(corev1.ProtocolTCP))
			if addresses[p] == nil {
				addresses[p] = map[string]wire.EndpointAddress{}
			}
			for _, a := range s.Addresses {
				if have, ok := addresses[p][a.IP]; !ok || have.TargetRef == nil {
					addresses[p][a.IP] = a
				}
			}
		}
	}
	groups := map[string]*wire.EndpointSubset{}
	for p, set := range addresses {
		if len(set) == 0 {
			continue
		}
		var list []wire.EndpointAddress
		var key strings.Builder
		for _, a := range set {
			list = append(list, a)
		}
		slices.SortFunc(list, func(a, b wire.EndpointAddress) int { return cmp.Compare(a.IP, b.IP) })
		for _, a := range list {
			key.WriteString(a.IP)
			if a.TargetRef != nil {
				key.WriteString("/" + string(a.TargetRef.UID) + "/" + a.TargetRef.Name)
			}
			key.WriteByte(',')
		}
		g := groups[key.String()]
		if g == nil {
			g = &wire.EndpointSubset{Addresses: list}
			groups[key.String()] = g
		}
		g.Ports = append(g.Ports, p)
	}
	out := make([]wire.EndpointSubset, 0, len(groups))
	for _, g := range groups {
		slices.SortFunc(g.Ports, comparePorts)
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b wire.EndpointSubset) int {
		return cmp.Or(comparePorts(a.Ports[0], b.Ports[0]), cmp.Compare(a.Addresses[0].IP, b.Addresses[0].IP))
	})
	return out
}

func comparePorts(a, b wire.EndpointPort) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Protocol, b.Protocol))
}
