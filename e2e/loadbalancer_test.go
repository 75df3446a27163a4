package e2e

import (
	"fmt"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// A service of type LoadBalancer answers at the address of a chosen node. Ports of others
// are refused, and a service that waits or is refused says why.
func TestLoadBalancer(t *testing.T) {
	guardRanges(t)
	s := newStage(t, "-pod_network=routed", "-load_balancer_nodes=kubernetes.io/os=linux")
	web := s.script(serving)
	web.Name, web.Labels = "web", map[string]string{"app": "web"}
	create(t, s.Cluster, web)
	awaitPhase(t, s.Cluster, "web", v1.PodRunning)

	balance := func(name string, port int32, change ...func(*v1.ServiceSpec)) {
		t.Helper()
		service := &v1.Service{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1.ServiceSpec{
			Type: v1.ServiceTypeLoadBalancer, Selector: map[string]string{"app": "web"},
			Ports: []v1.ServicePort{{Port: port, TargetPort: intstr.FromInt(8080)}}}}
		for _, c := range change {
			c(&service.Spec)
		}
		if _, err := s.Client.CoreV1().Services("default").Create(t.Context(), service, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	balance("web", 18080)
	balance("local", 18081, func(spec *v1.ServiceSpec) { spec.ExternalTrafficPolicy = v1.ServiceExternalTrafficPolicyLocal })
	node, err := s.Client.CoreV1().Nodes().Get(t.Context(), get(t, s.Cluster, "web").Spec.NodeName, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, port := range map[string]int{"web": 18080, "local": 18081} {
		s.awaitIngress(t, name, address(node))
		got := ""
		s.Process().Await(soon, "an answer of service "+name, func() bool {
			got = hostAsks(fmt.Sprintf("http://%s:%d/cgi-bin/who", address(node), port))
			return strings.HasPrefix(got, "web sees ")
		})
	}

	for name, c := range map[string]struct {
		port   int32
		change func(*v1.ServiceSpec)
		says   string
	}{
		"ssh":     {22, nil, "belongs to the machine's SSH server"},
		"offered": {31050, nil, "belongs to Mesos"},
		"second":  {18080, nil, "is taken by service default/web"},
		"nowhere": {18083, func(spec *v1.ServiceSpec) {
			spec.ExternalTrafficPolicy, spec.Selector = v1.ServiceExternalTrafficPolicyLocal, map[string]string{"app": "none"}
		}, "has a ready pod of the service"},
	} {
		if c.change == nil {
			c.change = func(*v1.ServiceSpec) {}
		}
		balance(name, c.port, c.change)
		s.awaitEvent(t, name, c.says)
	}

	remove(t, s.Cluster, "web")
	awaitGone(t, s.Cluster, "web")
	s.awaitIngress(t, "local", "")
}

// Where nothing serves services, a load balancer says so; where nothing enforces policies,
// who writes one is warned, and the policy says so.
func TestWithoutServices(t *testing.T) {
	s := newStage(t, "-pod_network=docker")
	service := `{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}}`
	s.kubectl(t, service, "create", "-f", "-")
	s.awaitEvent(t, "web", "-load_balancer_nodes")
	policy := `{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "all"}, "spec": {"podSelector": {}}}`
	if out := s.kubectl(t, policy, "create", "-f", "-"); !strings.Contains(out, "Warning: network policies are not enforced") {
		t.Errorf("kubectl printed %s", out)
	}
	s.awaitEvent(t, "all", "are not enforced")
}

// awaitIngress waits until a service has an address; "": none.
func (s *stage) awaitIngress(t *testing.T, name, want string) {
	t.Helper()
	got := ""
	s.Process().Await(soon, fmt.Sprintf("service %s to have the address %q", name, want), func() bool {
		service, err := s.Client.CoreV1().Services("default").Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		got = ""
		for _, i := range service.Status.LoadBalancer.Ingress {
			got += i.IP
		}
		return got == want
	})
}

// awaitEvent waits for an event about an object.
func (s *stage) awaitEvent(t *testing.T, name, part string) {
	t.Helper()
	s.Process().Await(soon, fmt.Sprintf("an event of %s with %q", name, part), func() bool {
		all, err := s.Client.CoreV1().Events("default").List(t.Context(), metav1.ListOptions{FieldSelector: "involvedObject.name=" + name})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all.Items {
			if e.Type == v1.EventTypeWarning && strings.Contains(e.Message, part) {
				return true
			}
		}
		return false
	})
}
