package nodecerts

import (
	"net"
	"sync"
)

// Identity is what Mesos reports of a node's agent.
type Identity struct {
	Node     string
	Hostname string
	IP       string // "" when unknown
}

// Identities holds the identity of each node. The framework's loop writes it, the
// approver reads it.
type Identities struct {
	local func() []net.IP // this machine's own addresses

	mu    sync.Mutex
	nodes map[string]Identity
}

// NewIdentities returns one without nodes.
func NewIdentities() *Identities {
	return &Identities{local: interfaceAddresses, nodes: map[string]Identity{}}
}

// Set sets the identity of a node.
func (ids *Identities) Set(i Identity) {
	ids.mu.Lock()
	defer ids.mu.Unlock()
	ids.nodes[i.Node] = i
}

// addresses returns what a node's certificate may name. For an agent at a
// loopback address this machine's addresses count too, since it must be here.
func (ids *Identities) addresses(node string) (names []string, ips []net.IP) {
	ids.mu.Lock()
	i, known := ids.nodes[node]
	ids.mu.Unlock()
	if !known {
		return nil, nil
	}
	names = []string{i.Node, i.Hostname}
	if ip := net.ParseIP(i.IP); ip != nil {
		ips = append(ips, ip)
		if ip.IsLoopback() {
			ips = append(ips, ids.local()...)
		}
	}
	return names, ips
}

// together reports whether nodes are of one machine: Mesos reaches their agents at one address.
func (ids *Identities) together(a, b string) bool {
	ids.mu.Lock()
	defer ids.mu.Unlock()
	ip := net.ParseIP(ids.nodes[a].IP)
	return ip != nil && ip.Equal(net.ParseIP(ids.nodes[b].IP))
}

func interfaceAddresses() []net.IP {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var ips []net.IP
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok {
			ips = append(ips, n.IP)
		}
	}
	return ips
}
