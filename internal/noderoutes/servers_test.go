package noderoutes

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/client-go/tools/cache"
)

// server makes a host one with an API server and no pods.
func (h *host) server(t *testing.T, mode Mode) {
	t.Helper()
	h.peer = Peer{Name: "server", Node: h.peer.Node, Ranges: tunnelAddresses(0xabcdef, h.peer.Node, cluster), Server: true}
	var err error
	h.routes, err = New(Config{Mode: mode, Node: h.peer.Node, Cluster: cluster, VNI: 0xabcdef, Port: 8475})
	must(t, err)
}

// An API server on a host without pods reaches those behind a router by the tunnel, and
// they answer through it, as a strict reverse path filter wants. When an executor gives
// the host pods, its range is used instead.
func TestServerBehindARouter(t *testing.T) {
	t.Parallel()
	server, node := newHost(t, 1, Auto, "192.168.1.1", ""), newHost(t, 2, Auto, "192.168.2.1", "")
	asNode := server.peer
	server.server(t, Auto)
	behindRouter(t, server, node)
	must(t, server.set(node))
	must(t, node.set(server))
	own := server.peer.Ranges
	for i, pod := range node.pods {
		for _, size := range []int{1, 9000} {
			if got, want := server.Ask("udp", netip.AddrPortFrom(pod, 80).String(), size), fmt.Sprint(own[i].Addr(), " ", size); got != want {
				t.Errorf("%v, %d bytes: %s, want %s", pod, size, got, want)
			}
		}
	}
	server.peer = asNode
	must(t, server.set(node))
	must(t, node.set(server))
	if got := server.Ask("tcp", node.pods[0].String()+":80", 1); got != "10.244.1.0 1" {
		t.Errorf("from a node: %s", got)
	}
	for _, h := range []*host{server, node} {
		if s := h.State(); strings.Contains(s, own[0].Addr().String()) || strings.Contains(s, own[1].Addr().String()) {
			t.Errorf("the addresses %v are left:\n%s", own, s)
		}
	}
}

// A neighbour needs nothing for an API server's answers, which go to its own address.
func TestServerAmongNeighbours(t *testing.T) {
	t.Parallel()
	server, node := newHost(t, 1, Auto, "192.168.1.1", ""), newHost(t, 2, Auto, "192.168.1.2", "")
	server.server(t, Auto)
	lan(t, server, node)
	node.peer.Ranges = node.peer.Ranges[:1]
	before := node.State()
	must(t, node.set(server))
	if after := node.State(); after != before {
		t.Errorf("the node has changed:\n%s\nbefore:\n%s", after, before)
	}
	must(t, server.set(node))
	if got := server.Ask("tcp", node.pods[0].String()+":80", 1); got != "192.168.1.1 1" {
		t.Errorf("got %s", got)
	}
}

// Endpoints of the service "kubernetes" are hosts beside the nodes, unless a node has their
// address.
func TestServersBeside(t *testing.T) {
	t.Parallel()
	nodes, endpoints := cache.NewStore(cache.MetaNamespaceKeyFunc), cache.NewStore(cache.MetaNamespaceKeyFunc)
	must(t, nodes.Add(node("both", nil, "10.0.0.1")))
	must(t, endpoints.Add(&discoveryv1.EndpointSlice{Endpoints: []discoveryv1.Endpoint{
		{Addresses: []string{"10.0.0.9"}}, {Addresses: []string{"10.0.0.1"}}, {Addresses: []string{"10.0.0.3", "fd00::3", "x"}}, {Addresses: []string{"10.0.0.9"}}}}))
	got := (&Routes{Config{VNI: 7}}).serversBeside(nodes, endpoints)
	if len(got) != 2 || got[0].Node.String() != "10.0.0.3" || got[1].Node.String() != "10.0.0.9" || !got[0].Server {
		t.Fatalf("got %v", got)
	}
	address, other := tunnelAddresses(7, got[0].Node, nil)[0], tunnelAddresses(8, got[0].Node, nil)[0]
	if got[0].Ranges[0] != address || address == other || !tunnelNetwork.Contains(address.Addr()) {
		t.Errorf("addresses %v, %v", got[0].Ranges, other)
	}
	if VNI([]byte("f")) == VNI([]byte("g")) || VNI([]byte("f")) >= 1<<24 {
		t.Error("two clusters have the same VXLAN, or an identifier is too long")
	}
}
