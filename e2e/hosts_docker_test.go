package e2e

import (
	"fmt"
	"net"
	"testing"

	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// connectedByDocker has services with one pod that is reached, and with one that another host's
// Docker has connected, as an executor of another -pod_network shows it. Neither rules nor
// names lead to the latter: its address is nobody's here.
func (s *hostStage) connectedByDocker(t *testing.T, from, to member) {
	const docker = "172.17.0.2"
	for name, ip := range map[string]string{"upgrade": "", "upgrade-headless": v1.ClusterIPNone} {
		s.service(name, func(spec *v1.ServiceSpec) { spec.ClusterIP, spec.Selector = ip, nil })
		slice := &discoveryv1.EndpointSlice{
			ObjectMeta:  metav1.ObjectMeta{Name: name, Labels: map[string]string{discoveryv1.LabelServiceName: name}},
			AddressType: discoveryv1.AddressTypeIPv4,
		}
		if ip == v1.ClusterIPNone {
			slice.Labels[v1.IsHeadlessService] = ""
		}
		for portName, protocol := range map[string]v1.Protocol{"tcp": v1.ProtocolTCP, "udp": v1.ProtocolUDP} {
			number := int32(port)
			slice.Ports = append(slice.Ports, discoveryv1.EndpointPort{Name: &portName, Protocol: &protocol, Port: &number})
		}
		for podName, address := range map[string]string{"docker": docker, to.Name: to.ip} {
			slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{Addresses: []string{address}, NodeName: &s.nodes[far],
				TargetRef: &v1.ObjectReference{Kind: "Pod", Namespace: "default", Name: podName}})
		}
		if _, err := s.Client.DiscoveryV1().EndpointSlices("default").Create(t.Context(), slice, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	s.expect("the headless service", to.ip, func() string { return s.lookup(from, "upgrade-headless.default.svc.cluster.local.") })
	if got := s.lookup(from, "upgrade-headless.default.svc.cluster.local."); got != to.ip {
		t.Errorf("the headless service has %s, want %s alone", got, to.ip)
	}
	address := net.JoinHostPort(s.clusterIP("default", "upgrade"), fmt.Sprint(port))
	s.expect("the service", from.ip+" 10", func() string { return from.Ask("tcp", address, 10) })
	for range 30 {
		if got := from.Ask("tcp", address, 10); got != from.ip+" 10" {
			t.Fatalf("the service leads astray: %s", got)
		}
	}
}
