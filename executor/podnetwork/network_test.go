package podnetwork

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
)

// host is a place with a network of pods.
type host struct {
	*netnstest.Namespace
	t    *testing.T
	net  *Network
	pods int
}

var (
	cluster4 = netip.MustParsePrefix("10.244.0.0/16")
	cluster6 = netip.MustParsePrefix("fd00:10:244::/56")
)

// newHost makes a host with the n-th range of the cluster.
func newHost(t *testing.T, n int, more ...string) *host {
	t.Helper()
	h := &host{Namespace: netnstest.New(t), t: t}
	h.Do(func() {
		h.Command("ip", "address", "add", fmt.Sprintf("192.168.99.%d/32", n), "dev", "lo")
		h.Command("ip", "address", "add", fmt.Sprintf("fd00:99::%d/128", n), "dev", "lo")
	})
	cfg := Config{
		Ranges: []netip.Prefix{netip.MustParsePrefix(fmt.Sprintf("10.244.%d.0/24", n)), netip.MustParsePrefix(fmt.Sprintf("fd00:10:244:%d::/64", n))},
		Inside: []netip.Prefix{cluster4, cluster6}, Owner: fmt.Sprintf("framework-1/agent-%d", n), MTU: 1500,
	}
	for _, m := range more {
		cfg.Inside = append(cfg.Inside, netip.MustParsePrefix(m))
	}
	var err error
	if h.net, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	h.prepare()
	return h
}

func (h *host) prepare() {
	h.t.Helper()
	h.Do(func() {
		if err := errors.Join(h.net.Prepare(context.Background()), h.net.acceptForwarded(context.Background())); err != nil {
			h.t.Fatal(err)
		}
	})
}

// pod is an attached pod that serves port 80.
type pod struct {
	*netnstest.Namespace
	Pod
}

func (h *host) newPod(ports ...Port) pod {
	h.t.Helper()
	h.pods++
	p := pod{netnstest.New(h.t), Pod{Name: fmt.Sprintf("default/p%d", h.pods), Sandbox: fmt.Sprintf("sandbox-%d", h.pods), Ports: ports}}
	p.Netns = p.Path
	p.Do(func() { p.Command("sysctl", "-q", "net.ipv6.conf.all.disable_ipv6=1") }) // as Docker does
	for _, f := range h.net.families {
		a := f.pods.Addr()
		for range 6 + h.pods {
			a = a.Next()
		}
		p.Addresses = append(p.Addresses, a)
	}
	h.attach(p)
	p.Serve(80)
	return p
}

func (h *host) attach(p pod) {
	h.t.Helper()
	h.Do(func() {
		if err := h.net.Attach(context.Background(), p.Pod); err != nil {
			h.t.Fatal(err)
		}
	})
}

func at(a netip.Addr, port int) string { return netip.AddrPortFrom(a, uint16(port)).String() }

// Pods have IPv6 also where the host has it switched off for all interfaces.
func TestIPv6SwitchedOff(t *testing.T) {
	t.Parallel()
	h := newHost(t, 1)
	h.Do(func() {
		h.Command("sysctl", "-q", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
	})
	h.prepare()
	a, b := h.newPod(), h.newPod()
	for i, to := range b.Addresses {
		if got, want := a.Ask("tcp", at(to, 80), 1), fmt.Sprint(a.Addresses[i], " 1"); got != want {
			t.Errorf("to %v: %s, want %s", to, got, want)
		}
	}
}

// Pods of a host reach each other and are reached by the host, in both IP families, by TCP
// and UDP, with packets larger than the MTU, and see each other's own addresses.
func TestPodsOfOneHost(t *testing.T) {
	t.Parallel()
	h := newHost(t, 1)
	a, b := h.newPod(), h.newPod()
	for i, to := range b.Addresses {
		for _, network := range []string{"tcp", "udp"} {
			for _, size := range []int{1, 1400, 9000} {
				if got, want := a.Ask(network, at(to, 80), size), fmt.Sprint(a.Addresses[i], " "); !strings.HasPrefix(got, want) {
					t.Errorf("%s to %v, %d bytes: %s, want %s", network, to, size, got, want)
				}
			}
		}
		if got := h.Ask("tcp", at(to, 80), 1); !strings.HasSuffix(got, " 1") {
			t.Errorf("the host to %v: %s", to, got)
		}
	}
}

// A pod that is not there is refused at once, and nothing leaves the host.
func TestAbsentPod(t *testing.T) {
	t.Parallel()
	h := newHost(t, 1)
	a := h.newPod()
	for _, absent := range []string{"10.244.1.200:80", "[fd00:10:244:1::200]:80"} {
		if got := a.Ask("tcp", absent, 1); !strings.Contains(got, "no route to host") && !strings.Contains(got, "unreachable") {
			t.Errorf("%s: %s", absent, got)
		}
	}
}

// A host port leads to its pod from another host, from the host by its address and by
// 127.0.0.1, from another pod, and from the pod itself; a port on one address of the host
// only by that address.
func TestHostPorts(t *testing.T) {
	t.Parallel()
	h, outside := newHost(t, 1), netnstest.New(t)
	netnstest.Wire(h.Namespace, outside, "lan0", "192.168.7.1/24", "192.168.7.2/24")
	h.Do(func() { h.Command("ip", "address", "add", "192.168.7.3/24", "dev", "lan0") })
	other := h.newPod()
	p := h.newPod(Port{Protocol: "tcp", HostPort: 31080, PodPort: 80}, Port{Protocol: "udp", HostPort: 31080, PodPort: 80},
		Port{Protocol: "tcp", HostIP: netip.MustParseAddr("192.168.7.3"), HostPort: 31081, PodPort: 80})
	for _, row := range []struct {
		name    string
		from    *netnstest.Namespace
		address string
		source  string
	}{
		{"another host", outside, "192.168.7.1:31080", "192.168.7.2 "},
		{"the host by its address", h.Namespace, "192.168.7.1:31080", "192.168.7.1 "},
		{"the host by loopback", h.Namespace, "127.0.0.1:31080", "192.168."},
		{"another pod", other.Namespace, "192.168.7.1:31080", other.Addresses[0].String() + " "},
		{"the pod itself", p.Namespace, "192.168.7.1:31080", "192.168."},
	} {
		for _, network := range []string{"tcp", "udp"} {
			if got := row.from.Ask(network, row.address, 1); !strings.HasPrefix(got, row.source) {
				t.Errorf("%s, %s: %s, want %s", row.name, network, got, row.source)
			}
		}
	}
	if got := outside.Ask("tcp", "192.168.7.3:31081", 1); !strings.HasPrefix(got, "192.168.7.2 ") {
		t.Errorf("a port on one address: %s", got)
	}
	for _, closed := range []string{"192.168.7.1:31081", "192.168.7.1:80"} {
		if got := outside.Ask("tcp", closed, 1); !strings.Contains(got, "refused") {
			t.Errorf("%s: %s, want it refused", closed, got)
		}
	}
	h.Do(func() {
		if err := h.net.Detach(context.Background(), p.Sandbox); err != nil {
			t.Error(err)
		}
	})
	if got := outside.Ask("tcp", "192.168.7.1:31080", 1); !strings.Contains(got, "refused") {
		t.Errorf("after the pod's end: %s", got)
	}
}

// What leaves the cluster has the host's address, what goes to another node the pod's own.
func TestMasquerade(t *testing.T) {
	t.Parallel()
	h, outside, node := newHost(t, 1, "192.168.8.2/32"), netnstest.New(t), netnstest.New(t)
	netnstest.Wire(h.Namespace, outside, "lan0", "192.168.7.1/24", "192.168.7.2/24")
	netnstest.Wire(h.Namespace, node, "lan1", "192.168.8.1/24", "192.168.8.2/24")
	node.Do(func() { node.Command("ip", "route", "add", "10.244.1.0/24", "via", "192.168.8.1") })
	outside.Serve(80)
	node.Serve(80)
	p := h.newPod()
	if got := p.Ask("tcp", "192.168.7.2:80", 1); got != "192.168.7.1 1" {
		t.Errorf("outside: %s", got)
	}
	if got, want := p.Ask("tcp", "192.168.8.2:80", 1), p.Addresses[0].String()+" 1"; got != want {
		t.Errorf("another node: %s, want %s", got, want)
	}
	if got := node.Ask("tcp", at(p.Addresses[0], 80), 1); got != "192.168.8.2 1" {
		t.Errorf("from another node: %s", got)
	}
}

// A firewall that drops what is forwarded, as Docker sets it up, lets pods' packets pass;
// and what a reload of the firewall removes comes back.
func TestFirewall(t *testing.T) {
	t.Parallel()
	h := newHost(t, 1)
	a, b := h.newPod(), h.newPod(Port{Protocol: "tcp", HostPort: 31080, PodPort: 80})
	works := func() bool { return strings.HasSuffix(a.Ask("tcp", at(b.Addresses[0], 80), 1), " 1") }
	h.Do(func() { h.Command("iptables", "-P", "FORWARD", "DROP") })
	if works() {
		t.Fatal("the policy DROP drops nothing")
	}
	h.prepare()
	if !works() {
		t.Error("packets do not pass a FORWARD chain with the policy DROP")
	}
	h.Do(func() {
		h.Command("iptables", "-F", "FORWARD")
		h.Command("nft", "delete", "table", "ip", h.net.families[0].name)
	})
	h.prepare()
	h.prepare()
	if got := h.Ask("tcp", "127.0.0.1:31080", 1); !strings.HasSuffix(got, " 1") {
		t.Errorf("the host port does not come back: %s", got)
	}
	if !works() {
		t.Error("the accepts do not come back")
	}
	h.Do(func() {
		if n := strings.Count(h.Command("iptables", "-S", "FORWARD"), "kubernetes-mesos"); n != 2 {
			t.Errorf("%d rules, want 2", n)
		}
	})
}

// A firewall of the distribution, whose last rule rejects the rest, lets pods' packets pass;
// what it refuses before stays refused.
func TestFirewallRejects(t *testing.T) {
	t.Parallel()
	h := newHost(t, 1)
	a, b := h.newPod(), h.newPod()
	h.Do(func() {
		h.Command("iptables", "-A", "FORWARD", "-p", "tcp", "--dport", "81", "-j", "DROP")
		h.Command("iptables", "-A", "FORWARD", "-m", "comment", "--comment", "the rest", "-j", "REJECT", "--reject-with", "icmp-host-prohibited")
	})
	if got := a.Ask("tcp", at(b.Addresses[0], 80), 1); strings.HasSuffix(got, " 1") {
		t.Fatal("the rule rejects nothing")
	}
	h.prepare()
	h.prepare()
	if got := a.Ask("tcp", at(b.Addresses[0], 80), 1); !strings.HasSuffix(got, " 1") {
		t.Errorf("packets do not pass: %s", got)
	}
	h.Do(func() {
		rules := strings.Split(strings.TrimSpace(h.Command("iptables", "-S", "FORWARD")), "\n")
		if len(rules) != 5 || !strings.Contains(rules[1], "--dport 81") || !strings.Contains(rules[2], "from pods") || !strings.Contains(rules[3], "to pods") {
			t.Errorf("rules: %q", rules)
		}
		if err := Supported(context.Background()); err != nil {
			t.Errorf("this kernel has all that the network needs: %v", err)
		}
	})
}

// Everything is as before when the last executor of a host removes its own; the first one
// takes nothing from the other.
func TestRemove(t *testing.T) {
	t.Parallel()
	h := &host{Namespace: netnstest.New(t), t: t}
	h.Do(func() {
		h.Command("ip", "address", "add", "192.168.99.1/32", "dev", "lo")
		h.Command("iptables", "-P", "FORWARD", "DROP")
		h.Command("ip6tables", "-P", "FORWARD", "DROP")
	})
	before := h.State()
	var both []*host
	for n := range 2 {
		net, err := New(Config{Ranges: []netip.Prefix{netip.MustParsePrefix(fmt.Sprintf("10.244.%d.0/24", n)), netip.MustParsePrefix(fmt.Sprintf("fd00:10:244:%d::/64", n))},
			Inside: []netip.Prefix{cluster4}, Owner: fmt.Sprint("owner-", n), MTU: 1500})
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, &host{Namespace: h.Namespace, t: t, net: net, pods: 10 * n})
		both[n].prepare()
	}
	first, second := both[0], both[1]
	first.newPod(Port{Protocol: "tcp", HostPort: 31001, PodPort: 80})
	a, b := second.newPod(), second.newPod(Port{Protocol: "tcp", HostPort: 31002, PodPort: 80})
	remove := func(h *host) {
		h.Do(func() {
			if err := h.net.Remove(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	remove(first)
	if got := a.Ask("tcp", at(b.Addresses[0], 80), 1); !strings.HasSuffix(got, " 1") {
		t.Errorf("the other executor's pods after the first one's end: %s", got)
	}
	if got := h.Ask("tcp", "127.0.0.1:31002", 1); !strings.HasSuffix(got, " 1") {
		t.Errorf("the other executor's host port: %s", got)
	}
	remove(second)
	remove(second) // nothing is there
	if after := h.State(); after != before {
		t.Errorf("left behind:\n%s\nbefore:\n%s", after, before)
	}
}

// An executor that takes a dead one's place, on a Node that keeps its range, does not give
// out the addresses of the pods that the dead one has left, until they are removed.
func TestPodsOfADeadExecutor(t *testing.T) {
	t.Parallel()
	h := &host{Namespace: netnstest.New(t), t: t}
	before := h.State()
	node := func(owner string) *host {
		net, err := New(Config{Ranges: []netip.Prefix{netip.MustParsePrefix("10.244.1.0/28")}, Owner: owner, MTU: 1500})
		if err != nil {
			t.Fatal(err)
		}
		n := &host{Namespace: h.Namespace, t: t, net: net}
		n.prepare()
		return n
	}
	dead, next := node("f/dead"), node("f/next")
	dead.newPod() // 10.244.1.7
	taken := func() (all []string) {
		next.Do(func() {
			for {
				a, err := next.net.Take()
				if err != nil {
					return
				}
				all = append(all, a[0].String())
			}
		})
		return all
	}
	if got := taken(); len(got) != 13 || slices.Contains(got, "10.244.1.7") {
		t.Errorf("taken %v", got)
	}
	next.Do(func() {
		if err := RemoveOwner(t.Context(), "f/dead"); err != nil {
			t.Error(err)
		}
		if err := RemoveOwner(t.Context(), "f/none"); err != nil {
			t.Error(err)
		}
	})
	next.prepare()
	if got := taken(); len(got) != 1 || got[0] != "10.244.1.7" {
		t.Errorf("taken after the dead executor's pods are removed: %v", got)
	}
	if s := h.State(); !strings.Contains(s, "unreachable 10.244.1.0/28") || strings.Contains(s, "f/dead") {
		t.Errorf("the other executor's route is gone, or the dead one's table is not:\n%s", s)
	}
	next.Do(func() {
		if err := RemoveOwner(t.Context(), "f/next"); err != nil {
			t.Error(err)
		}
	})
	if after := h.State(); after != before {
		t.Errorf("left behind:\n%s\nbefore:\n%s", after, before)
	}
}

// A pod is attached again without harm, and detached after its namespace is gone.
func TestAttachAgain(t *testing.T) {
	t.Parallel()
	h := newHost(t, 1)
	a, b := h.newPod(), h.newPod(Port{Protocol: "tcp", HostPort: 31080, PodPort: 80})
	h.attach(b)
	if got := a.Ask("tcp", at(b.Addresses[0], 80), 1); !strings.HasSuffix(got, " 1") {
		t.Errorf("after a second attach: %s", got)
	}
	h.Do(func() {
		for range 2 {
			if err := h.net.Detach(context.Background(), b.Sandbox); err != nil {
				t.Error(err)
			}
		}
		if err := h.net.Attach(context.Background(), Pod{Name: "default/none", Sandbox: "none", Netns: "/nowhere"}); err == nil || !strings.Contains(err.Error(), "/nowhere") || !strings.Contains(err.Error(), "default/none") {
			t.Errorf("a namespace that is not there: %v", err)
		}
		links, err := h.net.links()
		if err != nil || len(links) != 1 || links[0].Attrs().Alias != "framework-1/agent-1 pod default/p1" {
			t.Errorf("links %v, %v", links, err)
		}
	})
}

func TestBadConfig(t *testing.T) {
	t.Parallel()
	v4, v6 := netip.MustParsePrefix("10.244.1.0/24"), netip.MustParsePrefix("fd00::/64")
	for says, cfg := range map[string]Config{
		"no owner":             {Ranges: []netip.Prefix{v4}},
		"no range":             {Owner: "o"},
		"same IP family":       {Owner: "o", Ranges: []netip.Prefix{v4, v6, v4}},
		"not a range":          {Owner: "o", Ranges: []netip.Prefix{{}}},
		"10.244.1.1/24 is not": {Owner: "o", Ranges: []netip.Prefix{netip.MustParsePrefix("10.244.1.1/24")}},
	} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v, want %q", cfg, err, says)
		}
	}
}

// Host ports and masquerading are the same for IPv6.
func TestIPv6Host(t *testing.T) {
	t.Parallel()
	h, outside, node := newHost(t, 1, "fd00:8::2/128"), netnstest.New(t), netnstest.New(t)
	netnstest.Wire(h.Namespace, outside, "lan0", "", "")
	netnstest.Wire(h.Namespace, node, "lan1", "", "")
	for address, at := range map[string]*netnstest.Namespace{"fd00:7::1/64 dev lan0": h.Namespace, "fd00:7::2/64 dev lan0": outside, "fd00:8::1/64 dev lan1": h.Namespace, "fd00:8::2/64 dev lan1": node} {
		at.Do(func() { at.Command("ip", append([]string{"address", "add"}, strings.Fields(address+" nodad")...)...) })
	}
	node.Do(func() { node.Command("ip", "route", "add", "fd00:10:244:1::/64", "via", "fd00:8::1") })
	outside.Serve(80)
	node.Serve(80)
	other, p := h.newPod(), h.newPod(Port{Protocol: "tcp", HostPort: 31080, PodPort: 80}, Port{Protocol: "udp", HostPort: 31080, PodPort: 80})
	own := p.Addresses[1].String()
	if got := h.Ask("tcp", "[::1]:31080", 1); !strings.Contains(got, "refused") {
		t.Errorf("the host by loopback, where the kernel leads no packet out: %s", got)
	}
	for _, row := range []struct {
		name    string
		from    *netnstest.Namespace
		address string
		want    string
	}{
		{"another host, the host port", outside, "[fd00:7::1]:31080", "fd00:7::2 "},
		{"the host, the host port", h.Namespace, "[fd00:7::1]:31080", "fd00:"},
		{"another pod, the host port", other.Namespace, "[fd00:7::1]:31080", other.Addresses[1].String() + " "},
		{"the pod itself, the host port", p.Namespace, "[fd00:7::1]:31080", "fd00:"},
		{"a pod, the outside", p.Namespace, "[fd00:7::2]:80", "fd00:7::1 "},
		{"a pod, another node", p.Namespace, "[fd00:8::2]:80", own + " "},
		{"another node, a pod", node, "[" + own + "]:80", "fd00:8::2 "},
	} {
		for _, network := range []string{"tcp", "udp"} {
			if got := row.from.Ask(network, row.address, 1); !strings.HasPrefix(got, row.want) {
				t.Errorf("%s, %s: %s, want %s", row.name, network, got, row.want)
			}
		}
	}
}

// A host that has pods of IPv6 forwards it, and keeps the routes that a router has announced.
func TestForwarding6(t *testing.T) {
	t.Parallel()
	h, router := &host{Namespace: netnstest.New(t), t: t}, netnstest.New(t)
	netnstest.Wire(h.Namespace, router, "lan0", "", "")
	netnstest.Wire(h.Namespace, router, "lan1", "", "")
	settings := func() string {
		out := ""
		h.Do(func() {
			out = h.Command("sysctl", "-n", "net.ipv6.conf.all.forwarding", "net.ipv6.conf.lan0.accept_ra", "net.ipv6.conf.lan1.accept_ra")
		})
		return strings.Join(strings.Fields(out), " ")
	}
	h.Do(func() {
		h.Command("ip", "-6", "route", "add", "default", "via", "fe80::1", "dev", "lan0", "proto", "ra")
	})
	before := settings()
	var err error
	for n := range 2 { // two executors
		if h.net, err = New(Config{Ranges: []netip.Prefix{netip.MustParsePrefix(fmt.Sprintf("fd00:10:244:%d::/64", n))}, Owner: fmt.Sprint("owner-", n), MTU: 1500}); err != nil {
			t.Fatal(err)
		}
		h.prepare()
		if got := settings(); got != "1 2 1" {
			t.Errorf("forwarding, and what interfaces accept: %s", got)
		}
	}
	if before != "0 1 1" {
		t.Errorf("the host began with %s", before)
	}
	small, err := New(Config{Ranges: []netip.Prefix{netip.MustParsePrefix("fd00:10:244::/64")}, Owner: "o", MTU: 1200})
	if err != nil {
		t.Fatal(err)
	}
	if err := small.Attach(t.Context(), Pod{}); err == nil || !strings.Contains(err.Error(), "1200 bytes are too few") {
		t.Errorf("an MTU too small for IPv6: %v", err)
	}
}
