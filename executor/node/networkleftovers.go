package node

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"

	"k8s.io/apimachinery/pkg/util/wait"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/clusterdns"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/networkpolicy"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/podnetwork"
)

// remove removes the network from this host, and what executors share if this was the last.
// No pod is connected any more.
func (n *network) remove(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.removed = true
	if n.cni != nil {
		return n.removeCNI(ctx)
	}
	if n.links == nil { // not made, but perhaps by an executor before this one
		return removeNetworkOfOwner(ctx, n.owner)
	}
	err := errors.Join(n.links.Remove(ctx), n.policies.Remove(ctx), n.proxy.Remove(ctx), clusterdns.Remove(ctx, n.owner))
	last, failed := n.member.Last()
	if last {
		err = errors.Join(err, n.routes.Remove())
	}
	n.links = nil
	return errors.Join(err, failed, n.unclaim(ctx), n.member.Release())
}

// unclaim gives up this executor's part in the cluster's claim on this host. The last one
// removes the locks' files.
func (n *network) unclaim(ctx context.Context) error {
	defer n.cluster.Release()
	last, err := n.cluster.Last()
	if err != nil || !last {
		return err
	}
	claim, err := n.locks.Acquire(ctx, claimLock)
	if err != nil {
		return err
	}
	defer claim.Release()
	return n.locks.Remove(claimLock)
}

// removeNetworkOf removes what another executor has left of its network.
func removeNetworkOf(ctx context.Context, owner dockershim.Owner) error {
	return removeNetworkOfOwner(ctx, networkOwner(owner.Framework, owner.Agent))
}

// removeNetworkOfOwner removes the links, tables and policies of an owner's pods. An
// executor that may not make them has none.
func removeNetworkOfOwner(ctx context.Context, owner string) error {
	if _, err := exec.LookPath("nft"); err != nil || checkRights() != nil {
		return nil
	}
	return errors.Join(podnetwork.RemoveOwner(ctx, owner), networkpolicy.New(networkpolicy.Config{Owner: owner}).Remove(ctx), clusterdns.Remove(ctx, owner))
}

// awaitSandboxes returns the addresses of all sandboxes, which an earlier executor may have
// made, once Docker lists them.
func (r *runtime) awaitSandboxes(ctx context.Context, waits func(string)) ([]sandbox, error) {
	var all []sandbox
	err := wait.PollUntilContextCancel(ctx, askAgain, true, func(ctx context.Context) (bool, error) {
		var err error
		if all, err = r.sandboxes(ctx); err != nil && ctx.Err() == nil {
			waits(fmt.Sprintf("the addresses of pods that run are not known yet: %v", err))
		}
		return err == nil, nil
	})
	return all, err
}

// sandbox is a pod's sandbox with its addresses.
type sandbox struct {
	id, pod   string // pod is the pod's uid
	addresses []netip.Addr
}

func (r *runtime) sandboxes(ctx context.Context) ([]sandbox, error) {
	boxes, err := r.ListPodSandbox(ctx, &cri.ListPodSandboxRequest{})
	if err != nil {
		return nil, fmt.Errorf("listing pod sandboxes: %w", err)
	}
	var all []sandbox
	for _, box := range boxes.Items {
		status, err := r.PodSandboxStatus(ctx, &cri.PodSandboxStatusRequest{PodSandboxId: box.Id})
		if err != nil {
			return nil, fmt.Errorf("the addresses of sandbox %s: %w", box.Id, err)
		}
		s := sandbox{id: box.Id, pod: box.GetMetadata().GetUid()}
		for _, text := range append([]string{status.Status.Network.GetIp()}, additional(status.Status.Network)...) {
			if a, err := netip.ParseAddr(text); err == nil {
				s.addresses = append(s.addresses, a)
			}
		}
		all = append(all, s)
	}
	return all, nil
}

func additional(n *cri.PodSandboxNetworkStatus) []string {
	var all []string
	for _, ip := range n.GetAdditionalIps() {
		all = append(all, ip.Ip)
	}
	return all
}
