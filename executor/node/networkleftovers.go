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
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/serviceproxy"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/hostlock"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/noderoutes"
)

// remove removes the network of this executor's pods, which are not connected any more, or what
// one before it, perhaps in another mode, has left of it. What executors share it leaves to
// others: see removeShared.
func (n *network) remove(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.removed = true
	var err error
	if n.links == nil {
		err = removeNetworkOfOwner(ctx, n.owner)
	} else {
		err = errors.Join(n.links.Remove(ctx), n.policies.Remove(ctx), clusterdns.Remove(ctx, n.owner), n.cluster.Release(), n.member.Release())
		n.links = nil
	}
	if n.proxy != nil {
		err = errors.Join(err, n.leaveServices(ctx))
	}
	return err
}

// leaveServices removes the rules for services as the last executor of the cluster. While pods
// are connected it leaves them.
func (n *network) leaveServices(ctx context.Context) error {
	if connected, err := noderoutes.Connected(); connected || err != nil {
		return errors.Join(err, n.proxy.Leave())
	}
	return n.proxy.Remove(ctx)
}

// removeShared removes what executors of a cluster share on this host if none of them lives,
// and what those of all clusters share if none of these does: rules for services, routes to
// nodes, locks. They may have had another mode, or have died. While a pod is connected it stays,
// as the pod's executor may come back. An executor that
// starts holds the lock for ranges while it waits for its cluster's, so neither is waited for here.
func removeShared(ctx context.Context, lockDir, framework string) error {
	if connected, err := noderoutes.Connected(); connected || err != nil || !mayHaveNetwork() {
		return err
	}
	locks, err := hostlock.Open(lockDir)
	if err != nil {
		return nil // nobody shares anything here
	}
	return errors.Join(
		serviceproxy.RemoveLeft(ctx, locks, framework),
		locks.IfNone(clusterMembers(framework), nothing),
		locks.IfNone(claimLock, nothing),
		locks.IfNone(hostlock.Members, noderoutes.RemoveAll),
	)
}

// nothing is all there is to do about a lock whose file is all that is left of it.
func nothing() error { return nil }

// removeNetworkOf removes what another executor has left of its network.
func removeNetworkOf(ctx context.Context, owner dockershim.Owner) error {
	return removeNetworkOfOwner(ctx, networkOwner(owner.Framework, owner.Agent))
}

// removeNetworkOfOwner removes the links, tables and policies of an owner's pods. An
// executor that may not make them has none.
func removeNetworkOfOwner(ctx context.Context, owner string) error {
	if !mayHaveNetwork() {
		return nil
	}
	return errors.Join(removeRouted(ctx, owner), clusterdns.Remove(ctx, owner))
}

// removeRouted removes what mode routed alone makes for an owner's pods.
func removeRouted(ctx context.Context, owner string) error {
	return errors.Join(podnetwork.RemoveOwner(ctx, owner), networkpolicy.New(networkpolicy.Config{Owner: owner}).Remove(ctx))
}

// removeFormer removes what executors of mode routed have left, in another mode, unless one of
// them lives or a pod of theirs is connected. It keeps what mode cni has, too, if that is the mode.
// As an executor that starts waits for it, it has a deadline.
func removeFormer(ctx context.Context, lockDir string, owner dockershim.Owner, cni bool) error {
	ctx, cancel := context.WithTimeout(ctx, networkRemoval)
	defer cancel()
	if connected, err := noderoutes.Connected(); connected || err != nil || !mayHaveNetwork() {
		return err
	}
	locks, err := hostlock.Open(lockDir)
	if err != nil {
		return nil // nobody shares anything here
	}
	if cni {
		return errors.Join(removeRouted(ctx, networkOwner(owner.Framework, owner.Agent)), locks.IfNone(hostlock.Members, noderoutes.RemoveAll))
	}
	return errors.Join(removeNetworkOf(ctx, owner), removeShared(ctx, lockDir, owner.Framework))
}

// mayHaveNetwork reports whether executors of this host may make a network.
func mayHaveNetwork() bool {
	_, err := exec.LookPath("nft")
	return err == nil && checkRights() == nil
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
