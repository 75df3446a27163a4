package podnetwork

import (
	"context"
	"fmt"
	"net/netip"
)

// Pod is what the network needs to know about a pod.
type Pod struct {
	Name      string // for people: namespace/name
	Sandbox   string // the id of its sandbox
	Netns     string // path of its network namespace
	Addresses []netip.Addr
	Ports     []Port
}

// Port is a port of the host that leads to a port of a pod.
type Port struct {
	Protocol string     // tcp, udp or sctp
	HostIP   netip.Addr // the zero value: every address of the host
	HostPort uint16
	PodPort  uint16
}

// Attach connects a pod. A pod that was attached before is attached anew. When it fails,
// nothing of the pod is left on the host.
func (n *Network) Attach(ctx context.Context, p Pod) error {
	mtu, err := n.mtu()
	if err != nil {
		return fmt.Errorf("pod network: MTU: %w", err)
	}
	err = n.connect(p, mtu)
	for _, f := range n.families {
		if err == nil {
			err = f.addPorts(ctx, p)
		}
	}
	if err != nil {
		_ = n.Detach(ctx, p.Sandbox) // err is the reason
		return fmt.Errorf("pod network: attaching pod %s: %w", p.Name, err)
	}
	return nil
}

// Detach disconnects the pod of a sandbox, and does nothing if it is not attached.
func (n *Network) Detach(ctx context.Context, sandbox string) error {
	if err := n.disconnect(sandbox); err != nil {
		return fmt.Errorf("pod network: detaching sandbox %s: %w", sandbox, err)
	}
	for _, f := range n.families {
		if err := f.removePorts(ctx, sandbox); err != nil {
			return fmt.Errorf("pod network: ports of sandbox %s: %w", sandbox, err)
		}
	}
	return nil
}
