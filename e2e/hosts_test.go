package e2e

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/hosts"
)

// Pods of agents on several hosts are one network: by host-gw between neighbours and by
// VXLAN to a host behind a router, at the same time, which is what -pod_routes=auto does.
func TestHosts(t *testing.T) {
	s := newHostStage(t, "-load_balancer_nodes=kubernetes.io/os=linux", "-cluster_cidr=10.244.0.0/16,fd00:10:244::/56", "-service_cluster_ip_range=10.0.0.0/16,fd00:10:96::/112")
	pods := []member{s.start("near", near), s.start("near-too", nearToo), s.start("far", far)}
	var services []*v1.Service
	for _, p := range pods {
		p.Serve(port)
		services = append(services, s.service(p.Name, func(spec *v1.ServiceSpec) {
			spec.Type, spec.IPFamilyPolicy = v1.ServiceTypeNodePort, new(v1.IPFamilyPolicyPreferDualStack)
		}))
	}
	t.Run("host-gw", func(t *testing.T) {
		s.route(s.agents[near], pods[nearToo], "via "+s.agents[nearToo].Address.String())
		s.meet(pods[near], pods[nearToo], services[nearToo].Spec.ClusterIP)
	})
	t.Run("vxlan", func(t *testing.T) {
		s.route(s.agents[near], pods[far], "dev kmvx")
		s.meet(pods[near], pods[far], services[far].Spec.ClusterIP)
		s.meet(pods[far], pods[near], services[near].Spec.ClusterIP)
	})
	t.Run("IPv6", func(t *testing.T) { s.second(t, pods, services) })
	t.Run("node port", func(t *testing.T) {
		for i, at := range s.agents {
			to := (i + 1) % 3
			s.expect(fmt.Sprintf("node port of %s at %s", services[to].Name, at.Name), s.source(t, i, to)+" 10", func() string {
				return s.front.Ask("tcp", net.JoinHostPort(at.Address.String(), fmt.Sprint(services[to].Spec.Ports[0].NodePort)), 10)
			})
		}
	})
	t.Run("host to pod", func(t *testing.T) {
		for to := nearToo; to <= far; to++ {
			s.expect("the host of near asks "+pods[to].Name, s.source(t, near, to)+" 9000", func() string { return s.agents[near].Ask("udp", pods[to].at(), 9000) })
		}
	})
	t.Run("pairs of queries", func(t *testing.T) {
		s.expect("a name from near", "yes", func() string {
			if lost, _ := s.pairsLost(pods[near], "far.default.svc.cluster.local", 1); lost > 0 {
				return "no"
			}
			return "yes"
		})
		const pairs = 10000
		lost, slowest := s.pairsLost(pods[near], "far.default.svc.cluster.local", pairs)
		if t.Logf("%d pairs, the slowest took %v", pairs, slowest); lost > 0 {
			t.Errorf("of %d pairs of queries for A and AAAA %d have no answer", pairs, lost)
		}
	})
	t.Run("a pod of Docker's", func(t *testing.T) { s.connectedByDocker(t, pods[near], pods[far]) })
	t.Run("framework_runner", func(t *testing.T) { s.frontReaches(t, pods) })
	t.Run("load balancer", func(t *testing.T) { s.loadBalancer(t, pods[far]) })
	t.Run("stateful set", s.statefulSet)
	t.Run("agent lost", func(t *testing.T) { s.agentLost(t, services[far]) })
	s.Stop()
	if after := s.front.State(); after != s.before {
		t.Errorf("left on the host of framework_runner:\n%s\nbefore:\n%s", after, s.before)
	}
}

func (m member) at() string { return net.JoinHostPort(m.ip, fmt.Sprint(port)) }

// source returns the address with which an agent's host itself reaches another's pods: its
// own, or that of its end of the tunnel.
func (s *hostStage) source(t *testing.T, from, to int) string {
	t.Helper()
	if from != far && to != far {
		return s.agents[from].Address.String()
	}
	node, err := s.Client.CoreV1().Nodes().Get(t.Context(), s.nodes[from], metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return netip.MustParsePrefix(node.Spec.PodCIDR).Addr().String()
}

// route checks how a host reaches a pod.
func (s *hostStage) route(from *hosts.Host, to member, want string) {
	s.t.Helper()
	s.expect("the route to "+to.Name, "as wanted", func() string {
		if route := from.Run("ip", "route", "get", to.ip); !strings.Contains(route, want) {
			return route
		}
		return "as wanted"
	})
}

// meet has a pod ask another one, by its address and by its service, by TCP and UDP, in
// packets that fit and that do not: the source address is the pod's.
func (s *hostStage) meet(from, to member, service string) {
	s.t.Helper()
	for _, address := range []string{to.at(), net.JoinHostPort(service, fmt.Sprint(port))} {
		for _, size := range []int{1, 1400, 9000} {
			s.expect(fmt.Sprintf("%s asks %s at %s by UDP with %d bytes", from.Name, to.Name, address, size), fmt.Sprint(from.ip, " ", size),
				func() string { return from.Ask("udp", address, size) })
			s.expect(fmt.Sprintf("%s asks %s at %s by TCP with %d bytes", from.Name, to.Name, address, size), from.ip+" ",
				func() string { return from.Ask("tcp", address, size) })
		}
	}
}

// loadBalancer leads to a pod at the address of every chosen node; with the policy Local at
// that of the pod's node alone, and then the pod sees the client's address.
func (s *hostStage) loadBalancer(t *testing.T, pod member) {
	for name, policy := range map[string]v1.ServiceExternalTrafficPolicy{"anywhere": v1.ServiceExternalTrafficPolicyCluster, "there": v1.ServiceExternalTrafficPolicyLocal} {
		at := int32(8000 + len(name))
		if _, err := s.Client.CoreV1().Services("default").Create(t.Context(), &v1.Service{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1.ServiceSpec{
			Type: v1.ServiceTypeLoadBalancer, ExternalTrafficPolicy: policy, Selector: pod.Labels,
			Ports: []v1.ServicePort{{Port: at, TargetPort: intstr.FromInt32(port)}}}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		those, want := s.agents, ""
		if policy == v1.ServiceExternalTrafficPolicyLocal {
			those, want = s.agents[far:], s.front.Address.String()+" 10"
		}
		var addresses []string
		for _, h := range those {
			addresses = append(addresses, h.Address.String())
		}
		slices.Sort(addresses)
		s.expect("the addresses of service "+name, fmt.Sprint(addresses), func() string {
			service, err := s.Client.CoreV1().Services("default").Get(t.Context(), name, metav1.GetOptions{})
			if err != nil {
				return err.Error()
			}
			var got []string
			for _, i := range service.Status.LoadBalancer.Ingress {
				got = append(got, i.IP)
			}
			slices.Sort(got)
			return fmt.Sprint(got)
		})
		for i, h := range those {
			want := want
			switch {
			case want == "" && i == far:
				want = h.Address.String() + " 10"
			case want == "":
				want = s.source(t, i, far) + " 10"
			}
			s.expect("service "+name+" at "+h.Name, want, func() string {
				return s.front.Ask("tcp", net.JoinHostPort(h.Address.String(), fmt.Sprint(at)), 10)
			})
		}
	}
}

// statefulSet runs a pod of a StatefulSet behind a headless service on the far host.
func (s *hostStage) statefulSet(t *testing.T) {
	s.service("db", func(spec *v1.ServiceSpec) { spec.ClusterIP = v1.ClusterIPNone })
	pod := s.script(serving, s.at(far))
	pod.Spec.RestartPolicy = v1.RestartPolicyAlways
	labels := map[string]string{"app": "db"}
	if _, err := s.Client.AppsV1().StatefulSets("default").Create(t.Context(), &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "db"}, Spec: appsv1.StatefulSetSpec{
		ServiceName: "db", Selector: &metav1.LabelSelector{MatchLabels: labels},
		Template: v1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: pod.Spec}}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	awaitPhase(t, s.Cluster, "db-0", v1.PodRunning)
	db := s.member("db-0", far)
	db.Serve(port)
	asks := s.member("near", near)
	s.expect("near asks db-0", asks.ip+" 10", func() string { return asks.Ask("tcp", db.at(), 10) })
	s.expect("near looks db-0.db up", db.ip, func() string { return s.lookup(asks, "db-0.db.default.svc.cluster.local.") })
	s.expect("far looks near up", s.clusterIP("default", "near"), func() string { return s.lookup(db, "near.default.svc.cluster.local.") })
}

// clusterIP returns the address of a service.
func (s *hostStage) clusterIP(namespace, name string) string {
	s.t.Helper()
	service, err := s.Client.CoreV1().Services(namespace).Get(context.Background(), name, metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return service.Spec.ClusterIP
}

// lookup returns the addresses of a name as a pod's resolver sees it, or why there is none.
func (s *hostStage) lookup(from member, name string) string {
	found, err := s.resolver(from).LookupHost(context.Background(), name)
	if err != nil {
		return err.Error()
	}
	slices.Sort(found)
	return strings.Join(found, " ")
}

// resolver returns a pod's.
func (s *hostStage) resolver(from member) *net.Resolver {
	server := net.JoinHostPort(s.clusterIP(metav1.NamespaceSystem, "kube-dns"), "53")
	return &net.Resolver{PreferGo: true, Dial: func(_ context.Context, network, _ string) (conn net.Conn, err error) {
		from.Do(func() { conn, err = net.DialTimeout(network, server, 2*time.Second) })
		return conn, err
	}}
}

// agentLost cuts the far agent off. When Mesos gives it up its endpoints go; the routes
// stay, as its pods may live, until an operator deletes the Node.
func (s *hostStage) agentLost(t *testing.T, service *v1.Service) {
	s.fault("agents/2/pause")
	s.expect("endpoints of "+service.Name, "none", func() string {
		slices, err := s.Client.DiscoveryV1().EndpointSlices("default").List(context.Background(), metav1.ListOptions{LabelSelector: "kubernetes.io/service-name=" + service.Name})
		if err != nil {
			return err.Error()
		}
		for _, slice := range slices.Items {
			for _, e := range slice.Endpoints {
				if e.Conditions.Ready == nil || *e.Conditions.Ready {
					return fmt.Sprint(e)
				}
			}
		}
		return "none"
	})
	s.expect("the service's address", "refused", func() string {
		answer := s.member("near", near).Ask("tcp", net.JoinHostPort(service.Spec.ClusterIP, fmt.Sprint(port)), 1)
		return answer[max(0, len(answer)-len("refused")):]
	})
	if err := s.Client.CoreV1().Nodes().Delete(t.Context(), s.nodes[far], metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	s.expect("routes to the far agent's pods", "none", func() string {
		if routes := s.agents[near].Run("ip", "route"); strings.Contains(routes, "kmvx") {
			return routes
		}
		return "none"
	})
}
