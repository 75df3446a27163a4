package loadbalancer

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// recorder passes events on.
type recorder chan string

func (r recorder) Event(about runtime.Object, eventType, reason, message string) {
	r <- about.(*v1.Service).Name + " " + eventType + " " + reason + ": " + message
}

// run runs a controller until the test ends, and returns its events.
func run(t *testing.T, cfg Config) recorder {
	t.Helper()
	events := make(recorder, 100)
	cfg.Events = events
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- New(cfg).Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return events
}

func (r recorder) await(t *testing.T, part string) {
	t.Helper()
	select {
	case e := <-r:
		if !strings.Contains(e, part) {
			t.Fatalf("event %q, want %q", e, part)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("no event %q", part)
	}
}

// awaitAddresses waits until a service's status has the addresses.
func awaitAddresses(t *testing.T, client kubernetes.Interface, name, want string) {
	t.Helper()
	got := ""
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		s, err := client.CoreV1().Services("default").Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got = strings.Join(ips(s.Status.LoadBalancer.Ingress), " "); got == want {
			return
		}
	}
	t.Fatalf("service %s has the addresses %q, want %q", name, got, want)
}

func readyNode(name, ip, reason string) *v1.Node {
	return &v1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"edge": "true"}, Annotations: map[string]string{
			nodes.AnnotationPorts: "[31000-32000]", nodes.AnnotationAddress: ip + ":15051"}},
		Status: v1.NodeStatus{
			Addresses: []v1.NodeAddress{{Type: v1.NodeInternalIP, Address: ip}, {Type: v1.NodeHostName, Address: name}},
			Conditions: []v1.NodeCondition{{Type: v1.NodeReady, Status: v1.ConditionTrue, Reason: reason},
				{Type: taskdata.ConditionPodNetwork, Status: v1.ConditionTrue}},
			DaemonEndpoints: v1.NodeDaemonEndpoints{KubeletEndpoint: v1.DaemonEndpoint{Port: 34567}},
		},
	}
}

// mesosSays returns the addresses of nodes' agents.
func mesosSays(context.Context) (map[string]netip.Addr, error) {
	return map[string]netip.Addr{
		"a": netip.MustParseAddr("10.1.0.1"), "b": netip.MustParseAddr("10.1.0.2"), "thief": netip.MustParseAddr("10.1.0.3"),
		"inner": netip.MustParseAddr("10.1.0.9"), "excluded": netip.MustParseAddr("10.1.0.8"),
	}, nil
}

// A service gets the addresses of nodes as their executors come, loses those of lost agents,
// and all when it is no load balancer any more.
func TestAddressesFollowNodes(t *testing.T) {
	t.Parallel()
	client := fake.NewClientset(service("web", 1), readyNode("a", "10.1.0.1", nodes.ReasonOffers))
	events := run(t, Config{Client: client, Nodes: labels.SelectorFromSet(labels.Set{"edge": "true"}), Agents: mesosSays})
	events.await(t, "web Warning LoadBalancerPending: no node that is chosen")

	core := client.CoreV1()
	inner := readyNode("inner", "10.1.0.9", "KubeletReady")
	inner.Labels = nil
	excluded := readyNode("excluded", "10.1.0.8", "KubeletReady")
	excluded.Labels[v1.LabelNodeExcludeBalancers] = ""
	onLoopback := readyNode("loopback", "127.0.0.1", "KubeletReady")
	thief := readyNode("thief", "10.1.0.7", "KubeletReady")
	if _, err := core.Nodes().Create(t.Context(), thief, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	events.await(t, "node thief reports 10.1.0.7, while Mesos' agent there has 10.1.0.3")
	for _, n := range []*v1.Node{readyNode("b", "10.1.0.2", "KubeletReady"), inner, excluded, onLoopback} {
		if _, err := core.Nodes().Create(t.Context(), n, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	awaitAddresses(t, client, "web", "10.1.0.2")
	if _, err := core.Nodes().UpdateStatus(t.Context(), readyNode("a", "10.1.0.1", "KubeletReady"), metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	awaitAddresses(t, client, "web", "10.1.0.1 10.1.0.2")
	lost := readyNode("b", "10.1.0.2", nodes.ReasonLost)
	lost.Status.Conditions[0].Status = v1.ConditionUnknown
	if _, err := core.Nodes().UpdateStatus(t.Context(), lost, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	awaitAddresses(t, client, "web", "10.1.0.1")

	for name, n := range map[string]int32{"kubelet": 34567, "agent": 15051, "offered": 31000} {
		if _, err := core.Services("default").Create(t.Context(), service(name, 2, port(n, v1.ProtocolTCP)), metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		events.await(t, name+" Warning LoadBalancerRefused: port ")
	}
	s, err := core.Services("default").Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s.Spec.Type = v1.ServiceTypeClusterIP
	if _, err := core.Services("default").Update(t.Context(), s, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	awaitAddresses(t, client, "web", "")
}

// With the policy Local a service has the nodes where its pods serve, also those that end.
func TestAddressesFollowEndpoints(t *testing.T) {
	t.Parallel()
	client := fake.NewClientset(service("web", 1, local), readyNode("a", "10.1.0.1", "KubeletReady"), readyNode("b", "10.1.0.2", "KubeletReady"))
	events := run(t, Config{Client: client, Nodes: labels.Everything(), Agents: mesosSays})
	events.await(t, "externalTrafficPolicy is Local")
	a, b, yes, no := "a", "b", true, false
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web-1", Labels: map[string]string{discoveryv1.LabelServiceName: "web"}},
		Endpoints: []discoveryv1.Endpoint{
			{NodeName: &a, Conditions: discoveryv1.EndpointConditions{Ready: &no, Serving: &no}},
			{NodeName: &b, Conditions: discoveryv1.EndpointConditions{Ready: &no, Serving: &yes, Terminating: &yes}},
		},
	}
	slices := client.DiscoveryV1().EndpointSlices("default")
	if _, err := slices.Create(t.Context(), slice, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	awaitAddresses(t, client, "web", "10.1.0.2")
	slice = slice.DeepCopy()
	slice.Endpoints[0].Conditions = discoveryv1.EndpointConditions{Ready: &yes}
	if _, err := slices.Update(t.Context(), slice, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	awaitAddresses(t, client, "web", "10.1.0.1 10.1.0.2")
}

// Services are reached at a node whose executor says so.
func TestHasServices(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		conditions []v1.NodeCondition
		want       bool
	}{
		{nil, false},
		{[]v1.NodeCondition{{Type: taskdata.ConditionPodNetwork, Status: v1.ConditionTrue}}, true},
		{[]v1.NodeCondition{{Type: taskdata.ConditionPodNetwork, Status: v1.ConditionFalse, Reason: "NamesFailed"}}, true},
		{[]v1.NodeCondition{{Type: taskdata.ConditionPodNetwork, Status: v1.ConditionFalse, Reason: "ProgramMissing"}}, false},
		{[]v1.NodeCondition{{Type: taskdata.ConditionPodNetwork, Status: v1.ConditionFalse, Reason: "ServicesFailed"}}, false},
	} {
		if got := hasServices(&v1.Node{Status: v1.NodeStatus{Conditions: row.conditions}}); got != row.want {
			t.Errorf("%v: %v", row.conditions, got)
		}
	}
}

// Where no node is chosen, each load balancer is told so once, and loses what it had from
// nodes. What another program has written is its own.
func TestOff(t *testing.T) {
	t.Parallel()
	client := fake.NewClientset(readyNode("a", "10.1.0.1", nodes.ReasonOffers),
		service("web", 1, has("10.1.0.1")), service("metal", 1, has("9.9.9.8")), service("theirs", 1, class("example.com/lb"), has("9.9.9.9")))
	events := run(t, Config{Client: client, Off: "choose nodes"})
	events.await(t, "web Warning LoadBalancerOff: choose nodes")
	awaitAddresses(t, client, "web", "")
	awaitAddresses(t, client, "theirs", "9.9.9.9")
	awaitAddresses(t, client, "metal", "9.9.9.8")
	if len(events) > 0 {
		t.Errorf("one more event: %s", <-events)
	}
}
