package podnetwork

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// Pod is what the network needs to know about a pod.
type Pod struct {
	Name      string // for people: namespace/name
	Sandbox   string // the id of its sandbox
	Netns     string // path of its network namespace
	Addresses []netip.Addr
	Ports     []Port

	// The rest is for the plugins of others.
	UID         string
	Annotations map[string]string
	DNS         DNS
}

// DNS is what a pod's resolver is told.
type DNS struct{ Servers, Searches, Options []string }

// Port is a port of the host that leads to a port of a pod.
type Port struct {
	Protocol string     // tcp, udp or sctp
	HostIP   netip.Addr // the zero value: every address of the host
	HostPort uint16
	PodPort  uint16
}

// Take reserves addresses for a pod, one per IP family. It passes over addresses that lead
// to pods of another executor: one of the same Node that died and left its pods.
func (n *Network) Take() ([]netip.Addr, error) {
	routed, err := routedAddresses()
	if err != nil {
		return nil, fmt.Errorf("pod network: the addresses in use: %w", err)
	}
	var all []netip.Addr
	for _, f := range n.families {
		a, err := f.addresses.Take()
		for err == nil && routed[a] {
			n.passOver(a)
			a, err = f.addresses.Take()
		}
		if err != nil {
			n.Return(all)
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// passOver remembers an address that another executor's pod has. It counts as in use.
func (n *Network) passOver(a netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.foreign[a] = true
}

// returnForeign frees the addresses that no pod of another executor has any more.
func (n *Network) returnForeign() error {
	routed, err := routedAddresses()
	if err != nil {
		return err
	}
	n.mu.Lock()
	var free []netip.Addr
	for a := range n.foreign {
		if !routed[a] {
			free = append(free, a)
			delete(n.foreign, a)
		}
	}
	n.mu.Unlock()
	n.Return(free)
	return nil
}

// Return gives addresses back that no pod was attached with.
func (n *Network) Return(all []netip.Addr) {
	for _, a := range all {
		for _, f := range n.families {
			if f.v6 == a.Is6() {
				f.addresses.Free(a)
			}
		}
	}
}

// Adopt makes the addresses of a sandbox count as held that an earlier process has made. It is
// called before Run, which removes the host ports of sandboxes that nobody has adopted.
func (n *Network) Adopt(sandbox string, all []netip.Addr) {
	n.hold(Pod{Sandbox: sandbox, Addresses: all})
}

// hold records a pod with its addresses.
func (n *Network) hold(p Pod) {
	for _, a := range p.Addresses {
		for _, f := range n.families {
			if f.v6 == a.Is6() {
				f.addresses.Use(a)
			}
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.held[p.Sandbox] = p
}

// Addresses returns the addresses of the pod of a sandbox, none if it is not connected.
// Attach may have been cut short by the end of its process.
func (n *Network) Addresses(sandbox string) []netip.Addr {
	if _, err := netlink.LinkByName(n.linkName(sandbox)); err != nil {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.held[sandbox].Addresses
}

// Attach connects a pod, which holds its addresses until Detach. A pod that was attached
// before is attached again. When it fails, nothing of the pod is left on the host, and
// its addresses are the caller's again.
func (n *Network) Attach(ctx context.Context, p Pod) error {
	mtu, err := n.mtu()
	if err != nil {
		return fmt.Errorf("pod network: MTU: %w", err)
	}
	err = n.free(ctx, p.Ports)
	if err == nil && n.cfg.Admit != nil {
		err = n.cfg.Admit(ctx, p)
	}
	for _, f := range n.families { // before the link, which shows that all is there
		if err == nil {
			err = n.addPorts(ctx, f, p)
			f.forget(p.Ports)
		}
	}
	if err == nil {
		err = n.connect(p, mtu)
	}
	if err != nil {
		_ = n.clear(ctx, p.Sandbox) // err is the reason
		return fmt.Errorf("pod network: attaching pod %s: %w", p.Name, err)
	}
	n.hold(p)
	return nil
}

// Detach disconnects the pod of a sandbox, and does nothing if it is not attached. Its
// addresses are free afterwards.
func (n *Network) Detach(ctx context.Context, sandbox string) error {
	if err := n.clear(ctx, sandbox); err != nil {
		return err
	}
	n.mu.Lock()
	p := n.held[sandbox]
	delete(n.held, sandbox)
	n.mu.Unlock()
	n.Return(p.Addresses)
	return nil
}

// clear removes from the host what leads to the pod of a sandbox.
func (n *Network) clear(ctx context.Context, sandbox string) error {
	if err := n.disconnect(sandbox); err != nil {
		return fmt.Errorf("pod network: detaching sandbox %s: %w", sandbox, err)
	}
	n.mu.Lock()
	p, attached := n.held[sandbox]
	n.mu.Unlock()
	if attached && p.Netns != "" && len(p.Ports) == 0 {
		return nil // it was attached by this process, so it has none
	}
	if err := n.removePorts(ctx, sandbox); err != nil {
		return fmt.Errorf("pod network: ports of sandbox %s: %w", sandbox, err)
	}
	return nil
}
