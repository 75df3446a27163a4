package cninetwork

import (
	"context"
	"fmt"
	"net/netip"
	"os"

	"github.com/containernetworking/cni/libcni"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/podnetwork"
)

// Addresses returns the addresses of the pod of a sandbox, none if it is not attached.
func (n *Network) Addresses(sandbox string) []netip.Addr {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.pods[sandbox].Addresses
}

// Attach connects a pod, which holds its addresses until Detach. One that is attached stays
// so. When it fails, what plugins did for the pod is undone, now or by Run.
func (n *Network) Attach(ctx context.Context, p podnetwork.Pod) error {
	defer n.busy.lock(p.Sandbox)()
	list, err := n.load()
	if err != nil {
		return fmt.Errorf("pod %s: %w", p.Name, err)
	}
	if old, known := n.record(p.Sandbox); known {
		if len(old.Addresses) > 0 && old.Netns == p.Netns && !old.Ending {
			return nil
		}
		if err := n.detach(ctx, p.Sandbox, old); err != nil { // an attempt that was cut short
			return err
		}
	}
	r := record{Pod: p.Name, Config: list.Bytes, Netns: p.Netns, Args: arguments(p), Capabilities: n.capabilities(p)}
	if err := n.put(p.Sandbox, r); err != nil {
		return fmt.Errorf("CNI network %s: pod %s: %w", list.Name, p.Name, err)
	}
	if r.Addresses, err = n.add(ctx, list, p.Sandbox, r); err == nil {
		err = n.put(p.Sandbox, r)
	}
	if err != nil {
		n.undo(ctx, p.Sandbox, r)
		return fmt.Errorf("CNI network %s: pod %s: %w", list.Name, p.Name, err)
	}
	return nil
}

// add runs the plugins for a pod.
func (n *Network) add(ctx context.Context, list *libcni.NetworkConfigList, sandbox string, r record) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, n.cfg.Time)
	defer cancel()
	result, err := n.cni.AddNetworkList(ctx, list, r.runtimeConf(sandbox))
	if err != nil {
		return nil, err
	}
	return addressesOf(result)
}

// undo detaches a pod that was attached in part, even if the caller's time is up.
func (n *Network) undo(ctx context.Context, sandbox string, r record) {
	if err := n.detach(context.WithoutCancel(ctx), sandbox, r); err != nil {
		n.cfg.Log.Error(err, "a pod that was not attached is still to be detached; that is tried again", "pod", r.Pod)
	}
}

// Detach disconnects the pod of a sandbox, and does nothing if it is not attached. Its
// addresses are free afterwards. When it fails, Run tries again.
func (n *Network) Detach(ctx context.Context, sandbox string) error {
	defer n.busy.lock(sandbox)()
	r, known := n.record(sandbox)
	if !known {
		return nil
	}
	return n.detach(ctx, sandbox, r)
}

// detach runs the plugins by the configuration that the pod was attached with.
func (n *Network) detach(ctx context.Context, sandbox string, r record) error {
	err := n.del(ctx, sandbox, r)
	if err == nil {
		err = n.forget(sandbox)
	}
	if err != nil {
		n.mu.Lock()
		r.Ending = true
		n.pods[sandbox] = r
		n.mu.Unlock()
		n.wake()
		return fmt.Errorf("CNI network: detaching pod %s: %w", r.Pod, err)
	}
	return nil
}

func (n *Network) del(ctx context.Context, sandbox string, r record) error {
	list, err := libcni.NetworkConfFromBytes(r.Config)
	if err != nil {
		return err
	}
	if _, err := os.Stat(r.Netns); err != nil {
		r.Netns = "" // it is gone with its processes; plugins free the rest
	}
	ctx, cancel := context.WithTimeout(ctx, n.cfg.Time)
	defer cancel()
	return n.cni.DelNetworkList(ctx, list, r.runtimeConf(sandbox))
}
