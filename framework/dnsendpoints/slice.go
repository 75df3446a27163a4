package dnsendpoints

import (
	"net"

	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// slice returns the endpoint as an EndpointSlice, which goes with its Node. The hint is
// what has pods of the node ask there first.
func (e Endpoint) slice(name string) *discoveryv1.EndpointSlice {
	family := discoveryv1.AddressTypeIPv4
	if net.ParseIP(e.Address).To4() == nil {
		family = discoveryv1.AddressTypeIPv6
	}
	yes := true
	return &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: metav1.NamespaceSystem,
			Labels:          map[string]string{discoveryv1.LabelServiceName: Service, discoveryv1.LabelManagedBy: "kubernetes-mesos"},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: e.Node, UID: e.UID}},
		},
		AddressType: family,
		Endpoints: []discoveryv1.Endpoint{{
			Addresses: []string{e.Address}, NodeName: &e.Node,
			Conditions: discoveryv1.EndpointConditions{Ready: &yes, Serving: &yes},
			Hints:      &discoveryv1.EndpointHints{ForNodes: []discoveryv1.ForNode{{Name: e.Node}}},
		}},
		Ports: []discoveryv1.EndpointPort{e.port("dns", v1.ProtocolUDP), e.port("dns-tcp", v1.ProtocolTCP)},
	}
}

func (e Endpoint) port(name string, protocol v1.Protocol) discoveryv1.EndpointPort {
	return discoveryv1.EndpointPort{Name: &name, Protocol: &protocol, Port: &e.Port}
}

// shows reports whether a slice is as it should be.
func shows(is, wanted *discoveryv1.EndpointSlice) bool {
	for name, value := range wanted.Labels {
		if is.Labels[name] != value {
			return false
		}
	}
	return is.AddressType == wanted.AddressType && equality.Semantic.DeepEqual(is.OwnerReferences, wanted.OwnerReferences) &&
		equality.Semantic.DeepEqual(is.Endpoints, wanted.Endpoints) && equality.Semantic.DeepEqual(is.Ports, wanted.Ports)
}
