package podnetwork

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"github.com/vishvananda/netlink"
	"sigs.k8s.io/knftables"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/reconcile"
)

// Config configures the network of one node's pods.
type Config struct {
	// Ranges are the node's own ranges of pod addresses, at most one per IP family.
	Ranges []netip.Prefix
	// Inside are the ranges and addresses that pods reach without masquerading: those of
	// all pods and nodes of the cluster. The node's own ranges are, in any case.
	Inside []netip.Prefix
	// Owner identifies the executor among those of this host, in a short text that people
	// see at links and tables.
	Owner string
	// MTU of pods' interfaces in bytes; 0: that of the interface with the default route, less
	// Overhead.
	MTU, Overhead int
	// Admit is called before a pod is connected, which waits for it: its policies are to be in
	// force before its first packet. nil: there are none.
	Admit func(context.Context, Pod) error
	// Set sets a kernel parameter, with which the kernel changes those that the patterns match;
	// nil: what it changes is not to be put back.
	Set func(ctx context.Context, name, value string, together ...string) error
	// Report is told by Run whether the network is as it should be, and what is wrong
	// otherwise; nil: nobody is.
	Report func(error)
}

// Network is the network of one node's pods. Its methods may be called from several
// goroutines, but not at the same time for the same pod.
type Network struct {
	cfg      Config
	families []*family

	preparing sync.Mutex // held while what pods share is made

	porting sync.Mutex      // held while host ports change; before mu
	left    map[string]bool // sandboxes with host ports of an earlier process, adopted or not, or that could not be removed

	mu      sync.Mutex
	held    map[string]Pod      // by sandbox
	foreign map[netip.Addr]bool // of other executors' pods
}

// New checks cfg. It has no side effects.
func New(cfg Config) (*Network, error) {
	if cfg.Set == nil {
		cfg.Set = func(_ context.Context, name, value string, _ ...string) error { return sysctl(name, value) }
	}
	n := &Network{cfg: cfg, left: map[string]bool{}, held: map[string]Pod{}, foreign: map[netip.Addr]bool{}}
	if cfg.Owner == "" {
		return nil, errors.New("pod network: it has no owner")
	}
	for _, r := range cfg.Ranges {
		f, err := newFamily(cfg.Owner, r)
		if err != nil {
			return nil, err
		}
		for _, other := range n.families {
			if other.v6 == f.v6 {
				return nil, fmt.Errorf("pod network: %v and %v are of the same IP family", other.pods, r)
			}
		}
		n.families = append(n.families, f)
	}
	if len(n.families) == 0 {
		return nil, errors.New("pod network: the node has no range of pod addresses")
	}
	return n, nil
}

// SetInside replaces Config.Inside from the next Prepare on.
func (n *Network) SetInside(inside []netip.Prefix) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cfg.Inside = inside
}

// Run keeps what all pods share in place until ctx ends. What it made stays, so that pods
// live on without this process: see Remove.
func (n *Network) Run(ctx context.Context) {
	reconcile.Loop{
		Every: reconcile.Every, Report: n.cfg.Report,
		Do: func(ctx context.Context, _ bool) error {
			return errors.Join(n.Prepare(ctx), n.prunePorts(ctx), n.acceptForwarded(ctx))
		},
	}.Run(ctx)
}

// Prepare makes what all pods share, or what is missing of it.
func (n *Network) Prepare(ctx context.Context) error {
	n.preparing.Lock()
	defer n.preparing.Unlock()
	n.mu.Lock()
	inside := n.cfg.Inside
	n.mu.Unlock()
	for _, f := range n.families {
		if err := f.forward(ctx, n.cfg.Set); err != nil {
			return fmt.Errorf("pod network %v: forwarding: %w", f.pods, err)
		}
		if err := f.answerForAbsent(); err != nil {
			return fmt.Errorf("pod network %v: route for absent pods: %w", f.pods, err)
		}
		if err := f.makeTable(ctx, inside); err != nil {
			return fmt.Errorf("pod network %v: nftables: %w", f.pods, err)
		}
		if err := n.restorePorts(ctx, f); err != nil {
			return fmt.Errorf("pod network %v: host ports: %w", f.pods, err)
		}
	}
	return n.returnForeign()
}

// acceptForwarded lets pods' packets pass the host's iptables. Without it pods may still be
// connected: they are wherever iptables drops nothing.
func (n *Network) acceptForwarded(ctx context.Context) error {
	for _, f := range n.families {
		if err := f.acceptForwarded(ctx); err != nil {
			return fmt.Errorf("pod network %v: iptables may drop what is forwarded to and from pods: %w", f.pods, err)
		}
	}
	return nil
}

// Remove removes all that this owner has on the host: see [RemoveOwner].
func (n *Network) Remove(ctx context.Context) error {
	n.preparing.Lock()
	defer n.preparing.Unlock()
	return RemoveOwner(ctx, n.cfg.Owner, n.cfg.Ranges...)
}

// minMTU6 is the least MTU of a link with IPv6 (RFC 8200).
const minMTU6 = 1280

// mtu returns the MTU of pods' interfaces.
func (n *Network) mtu() (int, error) {
	mtu, err := n.wantedMTU()
	if err == nil && mtu < minMTU6 && slices.ContainsFunc(n.families, func(f *family) bool { return f.v6 }) {
		err = fmt.Errorf("%d bytes are too few for IPv6, which needs %d: give the network of the host a larger one", mtu, minMTU6)
	}
	return mtu, err
}

func (n *Network) wantedMTU() (int, error) {
	if n.cfg.MTU > 0 {
		return n.cfg.MTU, nil
	}
	var routes []netlink.Route
	err := complete(func() (err error) { routes, err = netlink.RouteList(nil, netlink.FAMILY_V4); return err })
	if err != nil {
		return 0, err
	}
	for _, r := range routes {
		if r.Dst != nil && r.Dst.IP.IsUnspecified() && r.LinkIndex > 0 {
			link, err := netlink.LinkByIndex(r.LinkIndex)
			if err != nil {
				return 0, err
			}
			return link.Attrs().MTU - n.cfg.Overhead, nil
		}
	}
	return 1500 - n.cfg.Overhead, nil // a host without a default route, so with no idea of a smaller one
}

// short returns a name for text that is different for different texts, of n hexadecimal
// digits.
func short(text string, n int) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))[:n]
}

// family is the part of the network that belongs to one IP family.
type family struct {
	v6        bool
	pods      netip.Prefix // the node's range
	nft       knftables.Family
	name      string // of the table
	addresses *Addresses
	owner     string

	// ported are the elements of host ports that are to be in the table, by sandbox, once they
	// are known: from the first Prepare on. Network.porting is held for both.
	ported map[string][]*knftables.Element
	known  bool
}

func newFamily(owner string, pods netip.Prefix) (*family, error) {
	if !pods.IsValid() || pods != pods.Masked() {
		return nil, fmt.Errorf("pod network: %v is not a range of addresses", pods)
	}
	addresses, err := NewAddresses(pods)
	if err != nil {
		return nil, err
	}
	f := &family{ported: map[string][]*knftables.Element{}, addresses: addresses, v6: pods.Addr().Is6(), pods: pods, nft: knftables.IPv4Family, owner: owner, name: tableName(owner)}
	if f.v6 {
		f.nft = knftables.IPv6Family
	}
	return f, nil
}
