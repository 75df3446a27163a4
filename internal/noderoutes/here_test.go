package noderoutes

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
)

// beside returns a program on a's host with another address of it, and pods if ranges are given.
func beside(t *testing.T, a *host, address string, ranges ...netip.Prefix) *host {
	t.Helper()
	node := netip.MustParseAddr(address)
	a.Do(func() { a.Command("ip", "address", "add", address+"/24", "dev", "net0") })
	routes, err := New(Config{Mode: Auto, Node: node, Ranges: ranges, Cluster: cluster, VNI: 0xabcdef, Port: 8475})
	must(t, err)
	peer := Peer{Name: "beside", Node: node, Ranges: ranges}
	if len(ranges) == 0 {
		peer.Server, peer.Ranges = true, tunnelAddresses(0xabcdef, node, nil)
	}
	return &host{Namespace: a.Namespace, routes: routes, peer: peer}
}

// device returns the line of the tunnel's device, with its number.
func device(n *netnstest.Namespace) (line string) {
	n.Do(func() { line = n.Command("ip", "-d", "-o", "link", "show", "kmvxabcdef") })
	return line
}

// framework_runner and an executor of one host may have different addresses: the device is the
// executor's, and neither remakes it.
func TestServerBesideNode(t *testing.T) {
	t.Parallel()
	a, b := newHost(t, 1, Auto, "192.168.1.1", ""), newHost(t, 2, Auto, "192.168.2.1", "")
	behindRouter(t, a, b)
	runner := beside(t, a, "192.168.1.50")
	must(t, runner.set(b)) // there is no executor yet
	if !strings.Contains(device(a.Namespace), "local 192.168.1.50 ") {
		t.Errorf("framework_runner alone: %s", device(a.Namespace))
	}
	must(t, a.set(b, runner))
	made := device(a.Namespace)
	for range 2 {
		must(t, runner.set(a, b))
		must(t, a.set(b, runner))
	}
	must(t, b.set(a, runner))
	if now := device(a.Namespace); now != made || !strings.Contains(now, "local 192.168.1.1 ") {
		t.Errorf("the device was made again:\n%s\nfirst:\n%s", now, made)
	}
	talk(t, a, b, 2)
	talk(t, b, a, 2)
	if got := a.Ask("tcp", b.pods[0].String()+":80", 1); got != "10.244.1.0 1" {
		t.Errorf("framework_runner asks a pod: %s", got)
	}
	if s := a.State(); strings.Contains(s, "10.244.1.0/24") || strings.Contains(s, tunnelAddresses(0xabcdef, runner.peer.Node, nil)[0].Addr().String()) {
		t.Errorf("this host is a peer of itself:\n%s", s)
	}
}

// Two executors of one host with different addresses do not remake each other's device; the one
// whose address it does not have says so.
func TestNodeBesideNode(t *testing.T) {
	t.Parallel()
	a, b := newHost(t, 1, Auto, "192.168.1.1", ""), newHost(t, 2, Auto, "192.168.2.1", "")
	behindRouter(t, a, b)
	second := beside(t, a, "192.168.1.50", netip.MustParsePrefix("10.244.3.0/24"))
	must(t, a.set(b, second))
	made := device(a.Namespace)
	if err := second.set(a, b); err == nil || !strings.Contains(err.Error(), "has the address 192.168.1.1") {
		t.Errorf("the second says %v", err)
	}
	must(t, a.set(b, second))
	if now := device(a.Namespace); now != made {
		t.Errorf("the device was made again:\n%s\nfirst:\n%s", now, made)
	}
}
