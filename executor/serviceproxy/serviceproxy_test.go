package serviceproxy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/podnetwork"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/hostlock"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
)

func TestMain(m *testing.M) { os.Exit(netnstest.Main(m)) }

// cluster is a host with three pods, of which two are endpoints, and a machine outside.
type cluster struct {
	t       *testing.T
	host    *netnstest.Namespace
	outside *netnstest.Namespace
	client  *netnstest.Namespace
	servers []*netnstest.Namespace
	net     *podnetwork.Network
	locks   hostlock.Dir
	api     *fake.Clientset
}

const (
	hostIP    = "192.168.7.1"
	hostIP6   = "fd00:7::1"
	serviceIP = "10.0.0.77"
)

func newCluster(t *testing.T, objects ...runtime.Object) *cluster {
	t.Helper()
	c := &cluster{t: t, host: netnstest.Host(t), outside: netnstest.New(t), api: fake.NewClientset(objects...)}
	netnstest.Wire(c.host, c.outside, "lan0", hostIP+"/24", "192.168.7.2/24")
	t.Cleanup(func() { c.host.Do(func() { c.host.Command("ip", "link", "delete", "lan0") }) })
	c.host.Do(func() {
		c.host.Command("ip", "address", "add", hostIP6+"/64", "dev", "lan0", "nodad")
		c.host.Command("ip", "route", "add", "default", "via", "192.168.7.2")
		c.host.Command("ip", "route", "add", "default", "via", "fd00:7::2")
	})
	c.outside.Do(func() {
		c.outside.Command("ip", "address", "add", "fd00:7::2/64", "dev", "lan0", "nodad")
		c.outside.Command("ip", "route", "add", hostIP, "dev", "lan0")
	})
	var err error
	if c.locks, err = hostlock.Open(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	c.net, err = podnetwork.New(podnetwork.Config{Ranges: []netip.Prefix{netip.MustParsePrefix("10.244.1.0/24"), netip.MustParsePrefix("fd00:10:244:1::/64")},
		Inside: []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16"), netip.MustParsePrefix("fd00:10:244::/48")}, Owner: "f/a", MTU: 1500})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.net.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.net.Remove(context.Background()); err != nil {
			t.Error(err)
		}
	})
	// As on a host without br_netfilter, on which services fail if pods are on a bridge.
	c.host.Do(func() {
		if err := os.WriteFile("/proc/sys/net/bridge/bridge-nf-call-iptables", []byte("0"), 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	})
	c.client = c.pod(5)
	c.servers = []*netnstest.Namespace{c.pod(6), c.pod(7)}
	return c
}

// pod attaches a pod that serves port 8080.
func (c *cluster) pod(n int) *netnstest.Namespace {
	c.t.Helper()
	p := netnstest.New(c.t)
	err := c.net.Attach(c.t.Context(), podnetwork.Pod{Name: fmt.Sprint("default/p", n), Sandbox: fmt.Sprint("s", n), Netns: p.Path,
		Addresses: []netip.Addr{netip.MustParseAddr(fmt.Sprintf("10.244.1.%d", n)), netip.MustParseAddr(fmt.Sprintf("fd00:10:244:1::%d", n))}})
	if err != nil {
		c.t.Fatal(err)
	}
	p.Serve(8080)
	return p
}

func (c *cluster) newProxy() *Proxy {
	c.t.Helper()
	p, err := New(Config{Client: c.api, Cluster: "f", Node: "vm-1", Addresses: []netip.Addr{netip.MustParseAddr(hostIP)},
		Pods: []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16")}, Services: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}, Locks: c.locks})
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

// start runs a proxy and returns what ends it.
func (c *cluster) start(p *Proxy) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	return func() {
		c.t.Helper()
		cancel()
		if err := <-ended; err != nil {
			c.t.Error(err)
		}
	}
}

// await asks until the answer begins as wanted.
func (c *cluster) await(from *netnstest.Namespace, network, address, want string) {
	c.t.Helper()
	var got string
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); {
		if got = from.Ask(network, address, 1); strings.HasPrefix(got, want) {
			return
		}
	}
	c.t.Errorf("%s %s: %s, want %s", network, address, got, want)
}

func service() *v1.Service {
	return &v1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web"}, Spec: v1.ServiceSpec{
		Type: v1.ServiceTypeNodePort, ClusterIP: serviceIP, ClusterIPs: []string{serviceIP}, IPFamilies: []v1.IPFamily{v1.IPv4Protocol},
		Ports: []v1.ServicePort{
			{Name: "tcp", Protocol: v1.ProtocolTCP, Port: 80, NodePort: 30080},
			{Name: "udp", Protocol: v1.ProtocolUDP, Port: 80, NodePort: 30080},
		},
	}}
}

func endpoints(ips ...string) *discoveryv1.EndpointSlice {
	s := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web-1", Labels: map[string]string{discoveryv1.LabelServiceName: "web"}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports: []discoveryv1.EndpointPort{
			{Name: new("tcp"), Protocol: new(v1.ProtocolTCP), Port: new(int32(8080))},
			{Name: new("udp"), Protocol: new(v1.ProtocolUDP), Port: new(int32(8080))},
		}}
	for _, ip := range ips {
		s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{Addresses: []string{ip}, NodeName: new("vm-1"), Conditions: discoveryv1.EndpointConditions{Ready: new(true)}})
	}
	return s
}

// A service is reached by its address from pods and the host, and by its node port from
// outside; also by an endpoint itself. What no service has is refused at once.
func TestServices(t *testing.T) {
	c := newCluster(t, service(), endpoints("10.244.1.6", "10.244.1.7"))
	before := c.host.State()
	p := c.newProxy()
	stop := c.start(p)
	for _, network := range []string{"tcp", "udp"} {
		c.await(c.client, network, serviceIP+":80", "10.244.1.5 ")
		c.await(c.host, network, serviceIP+":80", hostIP+" ")
		c.await(c.outside, network, hostIP+":30080", hostIP+" ") // masqueraded, for the way back
		for range 4 {                                            // with two endpoints, itself among them
			if got := c.servers[0].Ask(network, serviceIP+":80", 1); !strings.HasSuffix(got, " 1") {
				t.Errorf("an endpoint itself, %s: %s", network, got)
			}
		}
	}
	for _, none := range []string{serviceIP + ":81", "10.0.0.99:80"} {
		for name, from := range map[string]*netnstest.Namespace{"a pod": c.client, "the host": c.host} {
			began := time.Now()
			if got := from.Ask("tcp", none, 1); !strings.Contains(got, "refused") && !strings.Contains(got, "unreachable") && !strings.Contains(got, "no route") || time.Since(began) > time.Second {
				t.Errorf("%s to %s: %s after %v, want it refused at once", name, none, got, time.Since(began))
			}
		}
	}

	c.host.Do(func() { // as a reload of the firewall does
		for _, table := range []string{kubeProxyTable, guardTable("f")} {
			c.host.Command("nft", "delete", "table", "ip", table)
		}
	})
	if err := p.repair(t.Context()); err != nil {
		t.Error(err)
	}
	c.await(c.client, "tcp", serviceIP+":80", "10.244.1.5 ")
	if !hasTable(t.Context(), nftFamily(p.cfg.Addresses[0]), guardTable("f")) {
		t.Error("the guard does not come back")
	}

	if _, err := c.api.DiscoveryV1().EndpointSlices("default").Update(t.Context(), endpoints(), metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	c.await(c.client, "tcp", serviceIP+":80", "dial tcp 10.0.0.77:80: connect: connection refused")
	stop()
	if err := p.Remove(t.Context()); err != nil {
		t.Error(err)
	}
	if after := c.host.State(); after != before {
		t.Errorf("left behind:\n%s\nbefore:\n%s", after, before)
	}
}

// A service of both IP families is reached by both its addresses, and by its node port at both
// of the node's, or at the one that the node has. What no service has is refused in both.
func TestBothFamilies(t *testing.T) {
	const serviceIP6 = "fd00:10:96::77"
	both, second := service(), endpoints("fd00:10:244:1::6", "fd00:10:244:1::7")
	both.Spec.ClusterIPs, both.Spec.IPFamilies = append(both.Spec.ClusterIPs, serviceIP6), append(both.Spec.IPFamilies, v1.IPv6Protocol)
	second.Name, second.AddressType = "web-2", discoveryv1.AddressTypeIPv6
	for name, addresses := range map[string][]netip.Addr{
		"two addresses": {netip.MustParseAddr(hostIP), netip.MustParseAddr(hostIP6)}, "one address": {netip.MustParseAddr(hostIP)},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, both, second, endpoints("10.244.1.6", "10.244.1.7"),
				&networkingv1.ServiceCIDR{ObjectMeta: metav1.ObjectMeta{Name: "kubernetes"}, Spec: networkingv1.ServiceCIDRSpec{CIDRs: []string{"10.0.0.0/24", "fd00:10:96::/112"}}})
			before := c.host.State()
			p := c.newProxy()
			p.cfg.Addresses = addresses
			p.cfg.Pods = append(p.cfg.Pods, netip.MustParsePrefix("fd00:10:244::/48"))
			p.cfg.Services = append(p.cfg.Services, netip.MustParsePrefix("fd00:10:96::/112"))
			stop := c.start(p)
			for _, network := range []string{"tcp", "udp"} {
				c.await(c.client, network, serviceIP+":80", "10.244.1.5 ")
				c.await(c.client, network, "["+serviceIP6+"]:80", "fd00:10:244:1::5 ")
				c.await(c.host, network, "["+serviceIP6+"]:80", "fd00:")
				c.await(c.outside, network, hostIP+":30080", hostIP+" ")
				if len(addresses) > 1 {
					c.await(c.outside, network, "["+hostIP6+"]:30080", hostIP6+" ")
				}
			}
			if got := c.outside.Ask("tcp", "["+hostIP6+"]:30080", 1); len(addresses) == 1 && !strings.Contains(got, "refused") {
				t.Errorf("a node port at an address that is not the node's: %s", got)
			}
			c.host.Do(func() { c.host.Command("nft", "delete", "table", "ip6", kubeProxyTable) })
			if err := p.repair(t.Context()); err != nil {
				t.Error(err)
			}
			c.await(c.client, "tcp", "["+serviceIP6+"]:80", "fd00:10:244:1::5 ")
			for _, none := range []string{"[" + serviceIP6 + "]:81", "[fd00:10:96::99]:80", "10.0.0.99:80"} {
				if got := c.client.Ask("tcp", none, 1); !strings.Contains(got, "refused") {
					t.Errorf("%s: %s, want it refused", none, got)
				}
			}
			stop()
			if err := p.Remove(t.Context()); err != nil {
				t.Error(err)
			}
			if after := c.host.State(); after != before {
				t.Errorf("left behind:\n%s\nbefore:\n%s", after, before)
			}
		})
	}
}

// When the executor that makes the rules of a host with three agents ends, they stay, and one
// of the others takes over; the last one removes them.
func TestTakeover(t *testing.T) {
	c := newCluster(t, service(), endpoints("10.244.1.6"))
	first, second, third := c.newProxy(), c.newProxy(), c.newProxy()
	stopFirst := c.start(first)
	c.await(c.client, "tcp", serviceIP+":80", "10.244.1.5 ")
	stopSecond, stopThird := c.start(second), c.start(third)
	change := func(addresses ...string) {
		t.Helper()
		if _, err := c.api.DiscoveryV1().EndpointSlices("default").Update(t.Context(), endpoints(addresses...), metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	stopFirst()
	if got := c.client.Ask("tcp", serviceIP+":80", 1); got != "10.244.1.5 1" {
		t.Errorf("between two: %s", got)
	}
	if err := first.Remove(t.Context()); err != nil {
		t.Error(err)
	}
	if got := c.client.Ask("tcp", serviceIP+":80", 1); got != "10.244.1.5 1" {
		t.Errorf("after the first has gone: %s", got)
	}
	change()
	const refused = "dial tcp 10.0.0.77:80: connect: connection refused"
	c.await(c.client, "tcp", serviceIP+":80", refused) // another one works
	stopSecond()
	change("10.244.1.7")
	c.await(c.client, "tcp", serviceIP+":80", "10.244.1.5 ") // and the last one
	if err := second.Remove(t.Context()); err != nil {
		t.Error(err)
	}
	stopThird()
	if got := c.client.Ask("tcp", serviceIP+":80", 1); got != "10.244.1.5 1" {
		t.Errorf("after the end of all: %s", got)
	}
	if err := third.Remove(t.Context()); err != nil {
		t.Error(err)
	}
	if s := c.host.State(); strings.Contains(s, "kube-proxy") || strings.Contains(s, guardPrefix) {
		t.Errorf("left behind:\n%s", s)
	}
}

// One cluster has the services of a host. Another one says so, and takes over when the first
// one's executors have ended; at the second look if they died.
func TestTwoClusters(t *testing.T) {
	c := newCluster(t, service(), endpoints("10.244.1.6"))
	first, second := c.newProxy(), c.newProxy()
	second.cfg.Cluster = "g"
	stop := c.start(first)
	c.await(c.client, "tcp", serviceIP+":80", "10.244.1.5 ")
	for range 3 {
		if err := second.Run(t.Context()); !errors.Is(err, ErrOtherCluster) {
			t.Errorf("while the first one lives: %v", err)
		}
	}
	stop()
	if err := first.member.Release(); err != nil { // as the kernel does for a process that dies
		t.Fatal(err)
	}
	if err := second.Run(t.Context()); !errors.Is(err, ErrOtherCluster) {
		t.Errorf("at the first look: %v", err)
	}
	if got := c.client.Ask("tcp", serviceIP+":80", 1); got != "10.244.1.5 1" {
		t.Errorf("the first one's services: %s", got)
	}
	claimed := make(chan error, 10)
	second.cfg.Report = func(err error) { claimed <- err }
	stop = c.start(second)
	if err := <-claimed; err != nil {
		t.Errorf("at the second look: %v", err)
	}
	c.await(c.client, "tcp", serviceIP+":80", "10.244.1.5 ")
	third := c.newProxy()
	if err := third.Run(t.Context()); !errors.Is(err, ErrOtherCluster) {
		t.Errorf("the first one comes back: %v", err)
	}
	stop()
	if err := errors.Join(second.Remove(t.Context()), third.Remove(t.Context())); err != nil {
		t.Error(err)
	}
	if s := c.host.State(); strings.Contains(s, "kube-proxy") || strings.Contains(s, guardPrefix) {
		t.Errorf("left behind:\n%s", s)
	}
}

// What an executor that died has made in another mode leads nowhere any more: the next one
// replaces it, and where services are no executor's any more whoever comes removes it.
func TestRulesOfAFormerMode(t *testing.T) {
	c := newCluster(t, service(), endpoints("10.244.1.6"))
	before := c.host.State()
	leave := func() {
		if err := guard(t.Context(), "f", c.newProxy().cfg.Services); err != nil {
			t.Fatal(err)
		}
		c.host.Do(func() {
			for _, rule := range []string{
				"-N KUBE-SERVICES", "-N KUBE-SVC-FORMER", "-A KUBE-SERVICES -d " + serviceIP + " -j KUBE-SVC-FORMER",
				"-A KUBE-SVC-FORMER -p tcp -j DNAT --to-destination 10.244.1.99:8080",
				"-I PREROUTING -j KUBE-SERVICES -m comment --comment", // and the comment
			} {
				args := append([]string{"-w", "-t", "nat"}, strings.Fields(rule)...)
				if strings.HasSuffix(rule, "--comment") {
					args = append(args, "kubernetes service portals")
				}
				c.host.Command("iptables", args...)
			}
		})
	}
	leave()
	p := c.newProxy()
	stop := c.start(p)
	c.await(c.client, "tcp", serviceIP+":80", "10.244.1.5 ")
	if s := c.host.State(); strings.Contains(s, "KUBE-") {
		t.Errorf("rules of the former mode are left:\n%s", s)
	}
	if err := RemoveLeft(t.Context(), c.locks, "f"); err != nil {
		t.Error(err)
	}
	if got := c.client.Ask("tcp", serviceIP+":80", 1); got != "10.244.1.5 1" {
		t.Errorf("an executor lives, and its services are gone: %s", got)
	}
	stop()
	if err := p.Remove(t.Context()); err != nil {
		t.Error(err)
	}

	leave()
	if err := errors.Join(RemoveLeft(t.Context(), c.locks, "g"), RemoveLeft(t.Context(), c.locks, "f")); err != nil {
		t.Error(err)
	}
	if after := withoutEmptyChains(c.host.State()); after != withoutEmptyChains(before) {
		t.Errorf("left behind:\n%s\nbefore:\n%s", after, before)
	}
}

// withoutEmptyChains leaves out what iptables makes when it is first used.
func withoutEmptyChains(state string) string {
	var all []string
	for line := range strings.Lines(state) {
		if strings.HasPrefix(line, "*") || strings.HasPrefix(line, "COMMIT") {
			continue
		}
		all = append(all, line)
	}
	return strings.Join(all, "")
}

// A kube-proxy of another cluster is left alone.
func TestForeignProxy(t *testing.T) {
	for name, make := range map[string][]string{
		"nftables": {"nft", "add", "table", "ip", "kube-proxy"}, "iptables": {"iptables", "-t", "nat", "-N", "KUBE-SERVICES"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			c.host.Do(func() { c.host.Command(make[0], make[1:]...) })
			t.Cleanup(func() { c.host.Do(func() { c.host.Command("nft", "flush", "ruleset") }) })
			before := c.host.State()
			p := c.newProxy()
			if err := p.Run(t.Context()); !errors.Is(err, ErrForeign) {
				t.Errorf("got %v", err)
			}
			if err := p.Remove(t.Context()); err != nil {
				t.Error(err)
			}
			if after := c.host.State(); after != before {
				t.Errorf("changed:\n%s\nbefore:\n%s", after, before)
			}
		})
	}
}

func TestBadConfig(t *testing.T) {
	if _, err := New(Config{Node: "vm-1"}); err == nil || !strings.Contains(err.Error(), "vm-1") {
		t.Errorf("got %v", err)
	}
}
