package networkpolicy

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/podnetwork"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
)

func TestMain(m *testing.M) { os.Exit(netnstest.Main(m)) }

// node is a host with pods a, b and (in another namespace) c, and a machine outside.
type node struct {
	t       *testing.T
	host    *netnstest.Namespace
	places  map[string]*netnstest.Namespace
	objects objects
	e       *Enforcer
}

func newNode(t *testing.T) *node {
	t.Helper()
	n := &node{t: t, host: netnstest.Host(t), places: map[string]*netnstest.Namespace{}, e: New(Config{Node: here, Owner: "f/a"})}
	outside := netnstest.New(t)
	n.places["host"], n.places["outside"] = n.host, outside
	netnstest.Wire(n.host, outside, "lan0", "192.168.7.1/24", "192.168.7.9/24")
	t.Cleanup(func() { n.host.Do(func() { n.host.Command("ip", "link", "delete", "lan0") }) })
	outside.Do(func() { outside.Command("ip", "route", "add", "10.244.0.0/16", "via", "192.168.7.1") })
	outside.Serve(80)
	network, err := podnetwork.New(podnetwork.Config{Owner: "f/a", MTU: 1500,
		Ranges: []netip.Prefix{netip.MustParsePrefix("10.244.1.0/24"), netip.MustParsePrefix("fd00:10:244:1::/64")},
		Inside: []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16"), netip.MustParsePrefix("192.168.7.0/24")}})
	if err != nil {
		t.Fatal(err)
	}
	if err := network.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := network.Remove(context.Background()); err != nil {
			t.Error(err)
		}
	})
	n.objects.namespaces = []*v1.Namespace{namespace("default", nil), namespace("other", map[string]string{"team": "x"})}
	long := newPod("default", strings.Repeat("p", 253), 99) // a name that nft would refuse as a comment
	n.objects.pods = append(n.objects.pods, long)
	for i, name := range []string{"a", "b", "c"} {
		p := newPod(map[string]string{"c": "other"}[name], name, 5+i)
		if p.Namespace == "" {
			p.Namespace = "default"
		}
		n.objects.pods = append(n.objects.pods, p)
		n.places[name] = netnstest.New(t)
		err := network.Attach(t.Context(), podnetwork.Pod{Name: name, Sandbox: name, Netns: n.places[name].Path, Addresses: addresses(p)})
		if err != nil {
			t.Fatal(err)
		}
		n.places[name].Serve(80)
		n.places[name].Serve(81)
	}
	return n
}

// enforce makes these policies the only ones.
func (n *node) enforce(policies ...*netv1.NetworkPolicy) {
	n.t.Helper()
	n.objects.policies = policies
	if err := n.e.apply(n.t.Context(), compile(here, n.objects)); err != nil {
		n.t.Fatal(err)
	}
}

// reaches returns whether a connection is made: to a pod by both of its addresses.
func (n *node) reaches(from, to, network string, port int) string {
	n.t.Helper()
	targets := []string{"192.168.7.9"}
	for _, p := range n.objects.pods {
		if p.Name == to {
			targets = []string{p.Status.PodIPs[0].IP}
			if from != "outside" && from != "host" {
				targets = append(targets, p.Status.PodIPs[1].IP)
			}
		}
	}
	var all []string
	for _, target := range targets {
		all = append(all, n.places[from].Reaches(network, net.JoinHostPort(target, fmt.Sprint(port))))
	}
	if len(all) == 2 && all[0] != all[1] {
		return strings.Join(all, " by IPv4, by IPv6 ")
	}
	return all[0]
}

// expect checks lines such as "a b tcp 80 yes".
func (n *node) expect(story string) {
	n.t.Helper()
	for line := range strings.Lines(story) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		var port int
		fmt.Sscan(f[3], &port)
		if got := n.reaches(f[0], f[1], f[2], port); got != f[4] {
			n.t.Errorf("from %s to %s, %s %d: %s, want %s", f[0], f[1], f[2], port, got, f[4])
		}
	}
}

func ingressFrom(ports []netv1.NetworkPolicyPort, from ...netv1.NetworkPolicyPeer) netv1.NetworkPolicySpec {
	return netv1.NetworkPolicySpec{PodSelector: *app("b"), PolicyTypes: []netv1.PolicyType{netv1.PolicyTypeIngress},
		Ingress: []netv1.NetworkPolicyIngressRule{{From: from, Ports: ports}}}
}

// What policies allow passes, and nothing else; the host, and a pod itself, always do.
func TestEnforce(t *testing.T) {
	n := newNode(t)
	before := n.host.State()
	n.enforce()
	n.expect("a b tcp 80 yes\n c b udp 81 yes\n outside b tcp 80 yes\n a outside tcp 80 yes")

	n.enforce(policy("default", "deny", netv1.NetworkPolicySpec{PodSelector: *everything, PolicyTypes: []netv1.PolicyType{netv1.PolicyTypeIngress}}))
	n.expect(`a b tcp 80 no
		c b udp 80 no
		outside b tcp 80 no
		host b tcp 80 yes
		b b tcp 80 yes
		a c tcp 80 yes
		a outside tcp 80 yes`)

	n.enforce(policy("default", "from-a", ingressFrom([]netv1.NetworkPolicyPort{called("http"), number(v1.ProtocolUDP, 81)}, netv1.NetworkPolicyPeer{PodSelector: app("a")})))
	n.expect(`a b tcp 80 yes
		a b tcp 81 no
		a b udp 81 yes
		a b udp 80 no
		c b tcp 80 no
		b a tcp 80 yes`)

	n.enforce(
		policy("default", "from-team", ingressFrom(nil, netv1.NetworkPolicyPeer{NamespaceSelector: labelled("team", "x")})),
		policy("default", "from-block", ingressFrom(nil, netv1.NetworkPolicyPeer{IPBlock: &netv1.IPBlock{CIDR: "192.168.7.0/24", Except: []string{"192.168.7.8/30"}}})),
	)
	n.expect("a b tcp 80 no\n c b tcp 80 yes\n outside b tcp 80 no")
	n.enforce(policy("default", "from-block", ingressFrom(nil, netv1.NetworkPolicyPeer{IPBlock: &netv1.IPBlock{CIDR: "192.168.7.0/24", Except: []string{"192.168.7.12/30"}}})))
	n.expect("c b tcp 80 no\n outside b tcp 80 yes")

	port := number(v1.ProtocolTCP, 81)
	port.EndPort = new(int32(90))
	n.enforce(policy("default", "egress", netv1.NetworkPolicySpec{PodSelector: *app("a"), PolicyTypes: []netv1.PolicyType{netv1.PolicyTypeEgress},
		Egress: []netv1.NetworkPolicyEgressRule{
			{To: []netv1.NetworkPolicyPeer{{PodSelector: app("b")}}, Ports: []netv1.NetworkPolicyPort{port}},
			{To: []netv1.NetworkPolicyPeer{{NamespaceSelector: everything, PodSelector: app("c")}}, Ports: []netv1.NetworkPolicyPort{called("http")}},
		}}))
	n.expect(`a b tcp 81 yes
		a b tcp 80 no
		a c tcp 80 yes
		a c tcp 81 no
		a outside tcp 80 no
		b a tcp 80 yes
		b outside tcp 80 yes`)

	if err := n.e.Remove(t.Context()); err != nil {
		t.Error(err)
	}
	if after := n.host.State(); after != before {
		t.Errorf("left behind:\n%s\nbefore:\n%s", after, before)
	}
}

// A connection persists when a policy comes that forbids it, and a new one is not made.
func TestEstablishedConnectionsPersist(t *testing.T) {
	n := newNode(t)
	n.places["b"].Echo(7)
	var c net.Conn
	n.places["a"].Do(func() {
		var err error
		if c, err = net.DialTimeout("tcp", "10.244.1.6:7", time.Second); err != nil {
			t.Fatal(err)
		}
	})
	defer c.Close()
	answers := bufio.NewReader(c)
	say := func(line string) {
		t.Helper()
		_ = c.SetDeadline(time.Now().Add(3 * time.Second))
		fmt.Fprintln(c, line)
		if got, err := answers.ReadString('\n'); got != line+"\n" {
			t.Errorf("said %q, heard %q, %v", line, got, err)
		}
	}
	say("before")
	n.enforce(policy("default", "deny", netv1.NetworkPolicySpec{PodSelector: *everything, PolicyTypes: []netv1.PolicyType{netv1.PolicyTypeIngress, netv1.PolicyTypeEgress}}))
	defer n.e.Remove(context.Background())
	say("after")
	n.expect("a b tcp 7 no")
}

// Policies of the API server come into force, and a change of a pod's labels counts.
func TestRun(t *testing.T) {
	n := newNode(t)
	client := fake.NewClientset(n.objects.pods[1], n.objects.pods[2], n.objects.namespaces[0])
	n.e.cfg.Client = client
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- n.e.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := n.e.Remove(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	await := func(want string) {
		t.Helper()
		got := ""
		for end := time.Now().Add(10 * time.Second); got != want && time.Now().Before(end); {
			got = n.reaches("a", "b", "tcp", 80)
		}
		if got != want {
			t.Errorf("reached: %s, want %s", got, want)
		}
	}
	p := policy("default", "from-a", ingressFrom(nil, netv1.NetworkPolicyPeer{PodSelector: app("friend")}))
	if _, err := client.NetworkingV1().NetworkPolicies("default").Create(ctx, p, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	await("no")
	a := n.objects.pods[1].DeepCopy()
	a.Labels["app"] = "friend"
	if _, err := client.CoreV1().Pods("default").Update(ctx, a, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	await("yes")
}
