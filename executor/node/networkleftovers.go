package node

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/clusterdns"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/networkpolicy"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/podnetwork"
)

// remove removes the network from this host, and what executors share if this was the last.
func (n *network) remove(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cni != nil {
		return n.removeCNI(ctx)
	}
	if n.links == nil { // not made, but perhaps by an executor before this one
		return podnetworkLeftovers(ctx, n.owner)
	}
	err := errors.Join(n.links.Remove(ctx), n.policies.Remove(ctx), n.proxy.Remove(ctx), clusterdns.Remove(ctx, n.owner))
	last, failed := n.member.Last()
	if last {
		err = errors.Join(err, n.routes.Remove())
	}
	n.links = nil
	return errors.Join(err, failed, n.member.Release())
}

// removeNetworkOf removes what another executor has left of its network. A host without
// nft has no such network.
func removeNetworkOf(ctx context.Context, owner dockershim.Owner) error {
	if _, err := exec.LookPath("nft"); err != nil {
		return nil
	}
	return podnetworkLeftovers(ctx, networkOwner(owner.Framework, owner.Agent))
}

// podnetworkLeftovers removes the links, tables and policies of an owner's pods.
func podnetworkLeftovers(ctx context.Context, owner string) error {
	return errors.Join(podnetwork.RemoveOwner(ctx, owner), networkpolicy.New(networkpolicy.Config{Owner: owner}).Remove(ctx), clusterdns.Remove(ctx, owner))
}

// adopt makes the addresses of all sandboxes count as held, until they are stopped or
// removed.
func (r *runtime) adopt(ctx context.Context, links *podnetwork.Network) error {
	boxes, err := r.ListPodSandbox(ctx, &cri.ListPodSandboxRequest{})
	if err != nil {
		return fmt.Errorf("listing pod sandboxes: %w", err)
	}
	for _, box := range boxes.Items {
		status, err := r.PodSandboxStatus(ctx, &cri.PodSandboxStatusRequest{PodSandboxId: box.Id})
		if err != nil {
			return fmt.Errorf("the addresses of sandbox %s: %w", box.Id, err)
		}
		var addresses []netip.Addr
		for _, text := range append([]string{status.Status.Network.GetIp()}, additional(status.Status.Network)...) {
			if a, err := netip.ParseAddr(text); err == nil {
				addresses = append(addresses, a)
			}
		}
		links.Adopt(box.Id, addresses)
	}
	return nil
}

func additional(n *cri.PodSandboxNetworkStatus) []string {
	var all []string
	for _, ip := range n.GetAdditionalIps() {
		all = append(all, ip.Ip)
	}
	return all
}
