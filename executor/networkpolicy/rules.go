package networkpolicy

import (
	"net/netip"
	"slices"

	v1 "k8s.io/api/core/v1"
)

// podRules are the rules for one local pod.
type podRules struct {
	name      string // namespace/name, for people
	addresses []netip.Addr
	ingress   *direction // nil: everything is allowed
	egress    *direction
}

// direction is what an isolated pod accepts, or may reach: what one of the rules allows.
type direction struct{ rules []rule }

// rule allows the ports of its peers.
type rule struct {
	all    bool   // peers are everything
	peers  []peer // pods, sorted
	blocks []block
	ports  []portRange // nil with named nil: every port
	named  []namedPort // of peers: egress to a port by its name
}

// peer is a pod's address.
type peer = netip.Addr

// block is a range of addresses without some parts.
type block struct {
	network netip.Prefix
	except  []netip.Prefix
}

// portRange is ports of a protocol, from first to last; 0 to 0: all of them.
type portRange struct {
	protocol    v1.Protocol
	first, last uint16
}

// namedPort is a port of one peer.
type namedPort struct {
	address  netip.Addr
	protocol v1.Protocol
	port     uint16
}

// everyPort reports whether a rule is for every port.
func (r rule) everyPort() bool { return r.ports == nil && r.named == nil }

// isFor reports whether an address is one of a rule's peers.
func (r rule) isFor(a netip.Addr) bool {
	_, is := slices.BinarySearchFunc(r.peers, a, netip.Addr.Compare)
	return r.all || is || slices.ContainsFunc(r.blocks, func(b block) bool { return b.contains(a) })
}

func (b block) contains(a netip.Addr) bool {
	return b.network.Contains(a) && !slices.ContainsFunc(b.except, func(e netip.Prefix) bool { return e.Contains(a) })
}
