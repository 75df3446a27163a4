package noderoutes

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/links"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
)

var cluster = []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16"), netip.MustParsePrefix("fd00:10:244::/48")}

// host is a node whose pods are addresses of its own loopback interface.
type host struct {
	*netnstest.Namespace
	routes *Routes
	peer   Peer // as others see it
	pods   [2]netip.Addr
}

func newHost(t *testing.T, n int, mode Mode, node, node6 string) *host {
	t.Helper()
	h := &host{Namespace: netnstest.New(t)}
	h.peer = Peer{Name: fmt.Sprint("node-", n), Shown: true, Node: netip.MustParseAddr(node), Ranges: []netip.Prefix{
		netip.MustParsePrefix(fmt.Sprintf("10.244.%d.0/24", n)), netip.MustParsePrefix(fmt.Sprintf("fd00:10:244:%d::/64", n))}}
	if node6 != "" {
		h.peer.Node6 = netip.MustParseAddr(node6)
	}
	h.pods = [2]netip.Addr{netip.MustParseAddr(fmt.Sprintf("10.244.%d.7", n)), netip.MustParseAddr(fmt.Sprintf("fd00:10:244:%d::7", n))}
	var err error
	h.routes, err = New(Config{Mode: mode, Node: h.peer.Node, Node6: h.peer.Node6, Ranges: h.peer.Ranges, Cluster: cluster, VNI: 0xabcdef, Port: 8475})
	if err != nil {
		t.Fatal(err)
	}
	h.Do(func() {
		h.Command("ip", "address", "add", h.pods[0].String()+"/32", "dev", "lo")
		h.Command("ip", "address", "add", h.pods[1].String()+"/128", "dev", "lo", "nodad")
		h.Command("sysctl", "-q", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.conf.all.rp_filter=1")
	})
	h.Serve(80, h.pods[:]...)
	return h
}

// set sets the routes to peers and returns the error.
func (h *host) set(peers ...*host) (err error) {
	var all []Peer
	for _, p := range peers {
		all = append(all, p.peer)
	}
	h.Do(func() { err = h.routes.Set(append(all, h.peer)) }) // a node is among the nodes itself
	return err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// talk checks that pods of a reach pods of b, by TCP and UDP, also with packets larger than
// the MTU, and are seen with their own addresses.
func talk(t *testing.T, a, b *host, families int) {
	t.Helper()
	for i := range families {
		for _, network := range []string{"tcp", "udp"} {
			for _, size := range []int{1, 1400, 9000} {
				got := a.AskFrom(network, a.pods[i], netip.AddrPortFrom(b.pods[i], 80), size)
				if !strings.HasPrefix(got, a.pods[i].String()+" ") {
					t.Errorf("%s from %s to %s, %d bytes: %s", network, a.peer.Name, b.peer.Name, size, got)
				}
			}
		}
	}
}

// lan connects hosts by a bridge in a namespace of its own.
func lan(t *testing.T, hosts ...*host) {
	t.Helper()
	bridge := netnstest.New(t)
	bridge.Do(func() {
		bridge.Command("ip", "link", "add", "br0", "type", "bridge")
		bridge.Command("ip", "link", "set", "br0", "up")
	})
	for i, h := range hosts {
		port := fmt.Sprint("port", i)
		netnstest.Wire(h.Namespace, bridge, port, h.peer.Node.String()+"/24", "")
		h.Do(func() {
			if h.peer.Node6.IsValid() {
				h.Command("ip", "address", "add", h.peer.Node6.String()+"/64", "dev", port, "nodad")
			}
		})
		bridge.Do(func() { bridge.Command("ip", "link", "set", port, "master", "br0") })
	}
}

// behindRouter connects two hosts by a router.
func behindRouter(t *testing.T, a, b *host) {
	t.Helper()
	router := netnstest.New(t)
	router.Do(func() { router.Command("sysctl", "-q", "net.ipv4.ip_forward=1") })
	for i, h := range []*host{a, b} {
		bytes := h.peer.Node.As4()
		bytes[3] = 254
		gateway := netip.AddrFrom4(bytes).String()
		netnstest.Wire(h.Namespace, router, fmt.Sprint("net", i), h.peer.Node.String()+"/24", gateway+"/24")
		h.Do(func() { h.Command("ip", "route", "add", "default", "via", gateway) })
	}
}

// Neighbours are reached by their own addresses, in both IP families, without a device.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	a, b, c := newHost(t, 1, Auto, "192.168.1.1", "fd00:1::1"), newHost(t, 2, Auto, "192.168.1.2", "fd00:1::2"), newHost(t, 3, HostGW, "192.168.1.3", "fd00:1::3")
	lan(t, a, b, c)
	all := []*host{a, b, c}
	for _, h := range all {
		must(t, h.set(all...))
	}
	talk(t, a, b, 2)
	talk(t, b, c, 2)
	if s := a.State(); strings.Contains(s, "kmvx") {
		t.Errorf("a device was made for neighbours:\n%s", s)
	}
}

// IPv6 between neighbours of which one has no IPv6 address goes by VXLAN, while IPv4 goes
// directly. Where that may not be, it is an error that says so.
func TestNeighbourWithoutIPv6(t *testing.T) {
	t.Parallel()
	a, b := newHost(t, 1, Auto, "192.168.1.1", "fd00:1::1"), newHost(t, 2, Auto, "192.168.1.2", "")
	strict := newHost(t, 3, HostGW, "192.168.1.3", "fd00:1::3")
	lan(t, a, b, strict)
	must(t, a.set(b))
	must(t, b.set(a))
	talk(t, a, b, 2)
	talk(t, b, a, 2)
	a.Do(func() {
		if s := a.Command("ip", "route"); !strings.Contains(s, "10.244.2.0/24 via 192.168.1.2") {
			t.Errorf("IPv4 is not direct:\n%s", s)
		}
	})
	if err := strict.set(b); err == nil || !strings.Contains(err.Error(), "the mode host-gw reaches its range fd00:10:244:2::/64") {
		t.Errorf("got %v", err)
	}
	b.peer.Shown = false
	if err := strict.set(b); err != nil {
		t.Errorf("while no kubelet has shown the node's addresses: %v", err)
	}
	b.peer.Shown = true
	strict.server(t, Auto)
	if err := strict.set(b); err == nil || !strings.Contains(err.Error(), "this host, which has no pods, has no IPv6 address") {
		t.Errorf("got %v", err)
	}
}

// The address beside another one is of the other family, at the same interface, and lasts.
func TestBeside(t *testing.T) {
	t.Parallel()
	h := netnstest.New(t)
	h.Do(func() {
		h.Command("ip", "link", "add", "end0", "type", "veth", "peer", "name", "end1")
		for _, args := range []string{"192.168.1.1/24 dev end0", "192.168.2.1/24 dev end1", "fd00:1::9/64 dev end0 nodad", "fd00:1::3/64 dev end0 nodad",
			"fd00:1::1/64 dev end0 nodad preferred_lft 0", "fd00:0::1/64 dev end1 nodad", "127.0.0.2/8 dev lo"} {
			h.Command("ip", append([]string{"address", "add"}, strings.Fields(args)...)...)
		}
		for a, want := range map[string]string{"192.168.1.1": "fd00:1::3", "192.168.2.1": "fd00::1", "fd00:1::9": "192.168.1.1", "127.0.0.2": "invalid IP", "198.51.100.1": "invalid IP"} {
			if got, err := Beside(netip.MustParseAddr(a)); err != nil || got.String() != want {
				t.Errorf("%s: %v, %v, want %s", a, got, err, want)
			}
		}
	})
}

// A node behind a router is reached by VXLAN, with a strict reverse path filter, and the
// host itself reaches its pods.
func TestBehindARouter(t *testing.T) {
	t.Parallel()
	a, b := newHost(t, 1, Auto, "192.168.1.1", ""), newHost(t, 2, Auto, "192.168.2.1", "")
	behindRouter(t, a, b)
	must(t, a.set(b))
	must(t, b.set(a))
	talk(t, a, b, 2)
	talk(t, b, a, 2)
	if got := a.Ask("tcp", b.pods[0].String()+":80", 1); got != "10.244.1.0 1" {
		t.Errorf("from the host: %s", got)
	}
	only := newHost(t, 3, HostGW, "192.168.3.1", "")
	only.Do(func() { only.Command("ip", "route", "add", "default", "dev", "lo") })
	if err := only.set(); err != nil {
		t.Errorf("without peers: %v", err)
	}
}

// The tunnel carries IPv6 also where it is switched off for all interfaces, as where there is
// none but the pods'.
func TestIPv6SwitchedOff(t *testing.T) {
	t.Parallel()
	a, b := newHost(t, 1, Auto, "192.168.1.1", ""), newHost(t, 2, Auto, "192.168.2.1", "")
	behindRouter(t, a, b)
	for _, h := range []*host{a, b} {
		h.Do(func() {
			h.Command("sysctl", "-q", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
			h.Command("sysctl", "-q", "net.ipv6.conf.lo.disable_ipv6=0") // where the test's pods are
			h.Command("ip", "address", "replace", h.pods[1].String()+"/128", "dev", "lo", "nodad")
		})
	}
	must(t, a.set(b))
	must(t, b.set(a))
	talk(t, a, b, 2)
}

// A stranger who speaks the cluster's VXLAN is not heard: it could speak as any pod.
func TestStranger(t *testing.T) {
	t.Parallel()
	a, b, stranger := newHost(t, 1, VXLAN, "192.168.1.1", ""), newHost(t, 2, VXLAN, "192.168.1.2", ""), newHost(t, 3, VXLAN, "192.168.1.3", "")
	lan(t, a, b, stranger)
	must(t, a.set(b))
	must(t, b.set(a))
	must(t, stranger.set(a))
	talk(t, a, b, 2)
	stranger.Do(func() { stranger.Command("ip", "address", "add", b.pods[0].String()+"/32", "dev", "lo") })
	a.Do(func() {
		a.Command("nft", "add", "counter", "ip", "kubernetes-mesos-vxlan-abcdef", "heard")
		a.Command("nft", "add", "chain", "ip", "kubernetes-mesos-vxlan-abcdef", "late", "{ type filter hook input priority 0; }")
		a.Command("nft", "add", "rule", "ip", "kubernetes-mesos-vxlan-abcdef", "late", "ip saddr "+b.pods[0].String(), "counter name heard")
	})
	if got := stranger.AskFrom("udp", b.pods[0], netip.AddrPortFrom(a.pods[0], 80), 1); !strings.Contains(got, "timeout") {
		t.Errorf("a stranger in the name of a pod: %s", got)
	}
	var heard string
	a.Do(func() { heard = a.Command("nft", "list", "counter", "ip", "kubernetes-mesos-vxlan-abcdef", "heard") })
	if !strings.Contains(heard, "packets 0 ") {
		t.Errorf("the stranger's packets came to pods: %s", heard)
	}
	must(t, a.set(b, stranger))
	must(t, stranger.set(a, b))
	talk(t, a, stranger, 2)
}

// A mode that cannot reach a node says so, and reaches the others.
func TestUnreachablePeer(t *testing.T) {
	t.Parallel()
	a, b, far := newHost(t, 1, HostGW, "192.168.1.1", ""), newHost(t, 2, HostGW, "192.168.1.2", ""), newHost(t, 3, HostGW, "192.168.9.1", "")
	lan(t, a, b)
	a.Do(func() { a.Command("ip", "route", "add", "default", "via", "192.168.1.2") })
	for _, h := range []*host{a, b} {
		h.peer.Ranges = h.peer.Ranges[:1]
	}
	must(t, b.set(a))
	err := a.set(far, b)
	if err == nil || !strings.Contains(err.Error(), "node-3 at 192.168.9.1 is behind a gateway") || strings.Contains(err.Error(), "node-2") {
		t.Errorf("got %v", err)
	}
	talk(t, a, b, 1)
}

// Repeating changes nothing, what others removed comes back, a node that is gone loses its
// route and entries, and in the end everything is as before. Routes of others stay.
func TestReconcile(t *testing.T) {
	t.Parallel()
	a, b, c := newHost(t, 1, VXLAN, "192.168.1.1", ""), newHost(t, 2, VXLAN, "192.168.1.2", ""), newHost(t, 3, VXLAN, "192.168.1.3", "")
	lan(t, a, b, c)
	a.Do(func() {
		a.Command("ip", "route", "add", "10.244.9.0/24", "via", "192.168.1.9")
		a.Command("ip", "route", "add", "10.99.0.0/24", "via", "192.168.1.9", "proto", "207") // another cluster's
	})
	before := a.State()
	must(t, a.set(b))
	must(t, b.set(a))
	talk(t, a, b, 2)
	alone := a.State()
	must(t, a.set(b, c))
	must(t, a.set(b))
	if again := a.State(); again != alone {
		t.Errorf("after a node came and went:\n%s\nbefore:\n%s", again, alone)
	}
	for _, damage := range [][]string{
		{"ip", "route", "flush", "proto", "207", "10.244.2.0/24"}, {"ip", "link", "set", "kmvxabcdef", "down"},
		{"ip", "link", "delete", "kmvxabcdef"}, {"ip", "link", "set", "kmvxabcdef", "address", "0a:00:00:00:00:01"},
	} {
		a.Do(func() { a.Command(damage[0], damage[1:]...) })
		must(t, a.set(b))
		if got := a.AskFrom("tcp", a.pods[0], netip.AddrPortFrom(b.pods[0], 80), 1); got != "10.244.1.7 1" {
			t.Errorf("after %v: %s", damage, got)
		}
	}
	must(t, a.set())
	if after := a.State(); after != before {
		t.Errorf("left behind:\n%s\nbefore:\n%s", after, before)
	}
}

// Addresses that come and go meanwhile, as pods' do, cut lists short, which are taken again.
func TestUnrest(t *testing.T) {
	t.Parallel()
	a := newHost(t, 1, VXLAN, "192.168.1.1", "")
	lan(t, a)
	passing := func(i byte) *netlink.Addr {
		return &netlink.Addr{IPNet: links.IPNet(netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 18, 0, i}), 32))}
	}
	lo := &netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: 1}}
	a.Do(func() {
		for i := range byte(250) { // more than one message
			must(t, netlink.AddrAdd(lo, passing(i)))
		}
	})
	stop, stopped := make(chan struct{}), make(chan struct{})
	unrest := netnstest.Of(t, a.Path)
	go unrest.Do(func() {
		defer close(stopped)
		for tick := time.Tick(time.Millisecond); ; {
			for _, change := range []func(netlink.Link, *netlink.Addr) error{netlink.AddrAdd, netlink.AddrDel} {
				select {
				case <-stop:
					return
				case <-tick:
					if err := change(lo, passing(255)); err != nil {
						t.Error(err)
					}
				}
			}
		}
	})
	end := tunnelEnd{a.peer.Node, a.peer.Ranges}
	a.Do(func() {
		for range 300 {
			if _, err := a.routes.makeDevice(end); err != nil {
				t.Errorf("while addresses come and go: %v", err)
				break
			}
		}
	})
	close(stop)
	<-stopped
}

// While nobody can say how a node is reached, as while the default route is renewed, what leads
// to it stays, whether other nodes are reached meanwhile or not.
func TestUnknownWay(t *testing.T) {
	t.Parallel()
	a, b, c := newHost(t, 1, Auto, "192.168.1.1", ""), newHost(t, 2, Auto, "192.168.2.1", ""), newHost(t, 3, Auto, "192.168.3.1", "")
	behindRouter(t, a, b)
	for _, others := range [][]*host{{b}, {b, c}} {
		must(t, a.set(others...))
		before := a.State()
		a.Do(func() {
			a.Command("ip", "route", "add", "192.168.3.0/24", "via", "192.168.1.254")
			a.Command("ip", "route", "delete", "default")
		})
		if err := a.set(others...); err == nil || !strings.Contains(err.Error(), "node-2 at 192.168.2.1: network is unreachable") {
			t.Errorf("without a default route: %v", err)
		}
		a.Do(func() {
			a.Command("ip", "route", "add", "default", "via", "192.168.1.254")
			a.Command("ip", "route", "delete", "192.168.3.0/24")
		})
		if after := a.State(); after != before {
			t.Errorf("%d nodes; left behind:\n%s\nbefore:\n%s", len(others), after, before)
		}
	}
}

func TestBadConfig(t *testing.T) {
	t.Parallel()
	node := netip.MustParseAddr("10.0.0.1")
	for says, cfg := range map[string]Config{
		`"overlay" is not one of`: {Mode: "overlay", Node: node},
		"needs an IPv4 address":   {Mode: Auto, Node: netip.MustParseAddr("fd00::1")},
		"24 bits":                 {Mode: Auto, Node: node, VNI: 1 << 24},
		"a port 16":               {Mode: Auto, Node: node, Port: 1 << 16},
	} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v, want %q", cfg, err, says)
		}
	}
}
