package loadbalancer

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// service makes a load balancer, older than those made with a greater age.
func service(name string, age int, changes ...func(*v1.Service)) *v1.Service {
	s := &v1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID(name), CreationTimestamp: metav1.NewTime(time.Unix(int64(age), 0)), Annotations: map[string]string{}},
		Spec: v1.ServiceSpec{Type: v1.ServiceTypeLoadBalancer, IPFamilies: []v1.IPFamily{v1.IPv4Protocol},
			Ports: []v1.ServicePort{{Port: 80, Protocol: v1.ProtocolTCP}}},
	}
	for _, change := range changes {
		change(s)
	}
	return s
}

func port(n int32, protocol v1.Protocol) func(*v1.Service) {
	return func(s *v1.Service) { s.Spec.Ports = []v1.ServicePort{{Port: n, Protocol: protocol}} }
}

func local(s *v1.Service) { s.Spec.ExternalTrafficPolicy = v1.ServiceExternalTrafficPolicyLocal }

func wants(ips string) func(*v1.Service) {
	return func(s *v1.Service) { s.Annotations[AnnotationIPs] = ips }
}

func class(name string) func(*v1.Service) {
	return func(s *v1.Service) { s.Spec.LoadBalancerClass = &name }
}

func has(ips ...string) func(*v1.Service) {
	return func(s *v1.Service) {
		for _, ip := range ips {
			s.Status.LoadBalancer.Ingress = append(s.Status.LoadBalancer.Ingress, v1.LoadBalancerIngress{IP: ip})
		}
	}
}

// Which addresses services get from two nodes, and what is said to those that get none.
func TestDecide(t *testing.T) {
	t.Parallel()
	both := []node{
		{name: "a", addresses: []netip.Addr{netip.MustParseAddr("10.1.0.1"), netip.MustParseAddr("fd00::1")}, ports: []Port{{Begin: 31000, End: 32000, Owner: "Mesos"}}},
		{name: "b", addresses: []netip.Addr{netip.MustParseAddr("10.1.0.2")}},
	}
	clusterIP := func(s *v1.Service) { s.Spec.Type = v1.ServiceTypeClusterIP }
	for _, c := range []struct {
		what     string
		nodes    []node
		services []*v1.Service
		serving  endpoints
		want     []string // "name: addresses", or "name: a part of the message", in the order of the verdicts
	}{
		{"all nodes", both, []*v1.Service{service("web", 1)}, nil, []string{"web: 10.1.0.1 10.1.0.2"}},
		{"no node", nil, []*v1.Service{service("web", 1)}, nil, []string{"web: no node that is chosen"}},
		{"IPv6", both, []*v1.Service{service("web", 1, func(s *v1.Service) { s.Spec.IPFamilies = []v1.IPFamily{v1.IPv6Protocol} })}, nil, []string{"web: fd00::1"}},
		{"two agents of one host", []node{both[1], {name: "c", addresses: both[1].addresses}}, []*v1.Service{service("web", 1)}, nil, []string{"web: 10.1.0.2"}},
		{"no balancer any more", both, []*v1.Service{service("web", 1, clusterIP, has("10.1.0.1")), service("other", 2, clusterIP)}, nil, []string{"web: "}},
		{"another class", both, []*v1.Service{service("theirs", 1, class("example.com/lb"), has("9.9.9.9")), service("ours", 2, class(Class))}, nil, []string{"ours: 10.1.0.1 10.1.0.2"}},
		{"local: where a pod is", both, []*v1.Service{service("web", 1, local)}, endpoints{"default/web": {"b": true, "elsewhere": true}}, []string{"web: 10.1.0.2"}},
		{"local: no pod", both, []*v1.Service{service("web", 1, local)}, endpoints{"default/web": {}}, []string{"web: has a ready pod of the service"}},
		{"a wanted address", both, []*v1.Service{service("web", 1, wants("10.1.0.2, 10.9.9.9"))}, nil, []string{"web: 10.1.0.2"}},
		{"the deprecated field", both, []*v1.Service{service("web", 1, func(s *v1.Service) { s.Spec.LoadBalancerIP = "10.1.0.1" })}, nil, []string{"web: 10.1.0.1"}},
		{"an address of no node", both, []*v1.Service{service("web", 1, wants("10.9.9.9"))}, nil, []string{"web: wants [10.9.9.9], and the nodes that are chosen for load balancers have 10.1.0.1, 10.1.0.2"}},
		{"no address", both, []*v1.Service{service("web", 1, wants("web.example.com"))}, nil, []string{"web: an address that is none"}},
		{"SSH", both, []*v1.Service{service("web", 1, port(22, v1.ProtocolTCP))}, nil, []string{"web: port 22/TCP belongs to the machine's SSH server"}},
		{"22 of UDP, DNS", both, []*v1.Service{service("web", 1, port(22, v1.ProtocolUDP)), service("dns", 2, port(53, v1.ProtocolUDP))}, nil, []string{"web: 10.1.0.1 10.1.0.2", "dns: 10.1.0.1 10.1.0.2"}},
		{"Mesos' agent", both, []*v1.Service{service("web", 1, port(5051, v1.ProtocolTCP))}, nil, []string{"web: Mesos' agent"}},
		{"offered by Mesos", both, []*v1.Service{service("web", 1, port(31500, v1.ProtocolUDP))}, nil, []string{"web: port 31500/UDP belongs to Mesos on node a"}},
		{"offered elsewhere", both[1:], []*v1.Service{service("web", 1, port(31500, v1.ProtocolTCP))}, nil, []string{"web: 10.1.0.2"}},
		{"a port of ours", both, []*v1.Service{service("web", 1, port(6443, v1.ProtocolTCP))}, nil, []string{"web: belongs to the API on every node"}},
		{"the older one has the port", both, []*v1.Service{service("second", 2), service("first", 1)}, nil, []string{"first: 10.1.0.1 10.1.0.2", "second: port 80/TCP is taken by service default/first"}},
		{"who has it keeps it", both, []*v1.Service{service("older", 1), service("holder", 2, has("10.1.0.1"))}, nil, []string{"holder: 10.1.0.1 10.1.0.2", "older: taken by service default/holder"}},
		{"one port of two protocols", both, []*v1.Service{service("tcp", 1), service("udp", 2, port(80, v1.ProtocolUDP))}, nil, []string{"tcp: 10.1.0.1 10.1.0.2", "udp: 10.1.0.1 10.1.0.2"}},
		{"one port of two addresses", both, []*v1.Service{service("one", 1, wants("10.1.0.1")), service("two", 2), service("three", 3, wants("10.1.0.1"))}, nil,
			[]string{"one: 10.1.0.1", "two: 10.1.0.2", "three: taken by service default/one"}},
		{"who is local keeps the other nodes, too", both, []*v1.Service{service("one", 1, local), service("two", 2)}, endpoints{"default/one": {"a": true}},
			[]string{"one: 10.1.0.1", "two: taken by service default/one"}},
		{"who is refused takes nothing", both, []*v1.Service{service("one", 1, wants("10.9.9.9")), service("two", 2)}, nil, []string{"one: wants", "two: 10.1.0.1 10.1.0.2"}},
	} {
		got := decide(c.services, c.nodes, []Port{{Begin: 6443, End: 6443, Owner: "the API"}}, c.serving)
		if len(got) != len(c.want) {
			t.Errorf("%s: %d verdicts, want %q", c.what, len(got), c.want)
			continue
		}
		for i, v := range got {
			shown := strings.Join(ips(v.ingress), " ")
			if v.message != "" {
				shown = v.message
			}
			name, want, _ := strings.Cut(c.want[i], ": ")
			if v.service.Name != name || (v.message == "" && shown != want) || !strings.Contains(shown, want) {
				t.Errorf("%s: %s: %q, want %s", c.what, v.service.Name, shown, c.want[i])
			}
			if (v.message == "") != (v.reason == "") {
				t.Errorf("%s: the event has reason %q and message %q", c.what, v.reason, v.message)
			}
		}
	}
}

// A verdict does not depend on the order in which services are listed.
func TestDecideInAnyOrder(t *testing.T) {
	t.Parallel()
	nodes := []node{{name: "a", addresses: []netip.Addr{netip.MustParseAddr("10.1.0.1")}}}
	one, two, three := service("one", 1), service("two", 1), service("three", 0, wants("10.9.9.9"))
	want := decide([]*v1.Service{one, two, three}, nodes, nil, nil)
	for _, order := range [][]*v1.Service{{three, two, one}, {two, one, three}, {one, three, two}} {
		if got := decide(order, nodes, nil, nil); !reflect.DeepEqual(got, want) {
			t.Errorf("%v, in another order %v", want, got)
		}
	}
}
