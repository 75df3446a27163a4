package node

import (
	"context"
	"errors"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/kubelet"
)

// noDeadline limits a drain whose context sets no limit.
const noDeadline = time.Minute

// Running reports whether any container of a pod runs. None runs before there is a
// runtime.
func (n *Node) Running(ctx context.Context, uid string) (bool, error) {
	n.mu.Lock()
	r, began := n.runtime, n.owner != dockershim.Owner{}
	n.mu.Unlock()
	switch {
	case r != nil:
		return r.running(ctx, uid)
	case began:
		return false, errors.New("the container runtime does not serve now")
	}
	return false, nil
}

// Drain ends every pod through the kubelet, so that containers get their signals
// and hooks, in the first part of the time available. Then it removes what is left
// by force, which needs Docker only. A node that is still starting does not start
// its kubelet afterwards.
func (n *Node) Drain(ctx context.Context) error {
	n.mu.Lock()
	n.draining = true
	r, k, shim, owner, groups := n.runtime, n.kubelet, n.shim, n.owner, n.groups
	n.mu.Unlock()
	if r != nil && k != nil {
		n.drainKubelet(ctx, r, k)
	}
	if shim != nil {
		enough, cancel := context.WithTimeout(ctx, left(ctx)/2)
		shim.StartNothing(enough) // the kubelet may still be starting a pod
		cancel()
	}
	if owner != (dockershim.Owner{}) { // otherwise it never had containers
		n.detachCNI(ctx)
		if err := dockershim.RemoveAll(ctx, n.cfg.Docker, owner); err != nil {
			return err
		}
		removeGroups(groups)
	}
	n.mu.Lock()
	n.drained = true
	ended := n.ended
	n.mu.Unlock()
	if ended {
		return n.removeAll()
	}
	return nil
}

// detachCNI detaches the pods that plugins of CNI connect, within half of the time left.
// What fails is repeated when the network is removed.
func (n *Node) detachCNI(ctx context.Context) {
	n.mu.Lock()
	root, bin := n.root, n.cniBin
	n.mu.Unlock()
	enough, cancel := context.WithTimeout(ctx, left(ctx)/2)
	defer cancel()
	if err := detachCNI(enough, root, bin); err != nil {
		n.cfg.Log.Error(err, "pods are still to be detached from their network")
	}
}

// removeAll removes the network and the root directory, and gives kernel parameters up. If the
// network cannot be removed the directory stays, by which the next executor of this machine knows
// that something is left.
func (n *Node) removeAll() error {
	failed := n.removeNetwork()
	ctx, cancel := context.WithTimeout(context.Background(), networkRemoval)
	defer cancel()
	err := errors.Join(failed, n.leaveParameters(ctx))
	if failed != nil {
		n.releaseRoot()
		return err
	}
	return errors.Join(err, n.removeRoot())
}

// removeNetwork removes the pods' network, or what an executor before this one, in another
// mode, has left of it.
func (n *Node) removeNetwork() error {
	n.mu.Lock()
	network, owner, root, bin := n.network, n.owner, n.root, n.cniBin
	n.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), networkRemoval)
	defer cancel()
	err := detachCNI(ctx, root, bin)
	if network == nil {
		err = errors.Join(err, removeNetworkOf(ctx, owner))
	} else {
		err = errors.Join(err, network.remove(ctx))
	}
	return errors.Join(err, removeShared(ctx, n.cfg.Locks, owner.Framework))
}

// networkRemoval is how long the removal of the network may take.
const networkRemoval = 20 * time.Second

// drainKubelet has the kubelet end all pods, within most of the time left.
func (n *Node) drainKubelet(ctx context.Context, r *runtime, k *kubelet.Kubelet) {
	grace := time.Duration(float64(left(ctx)) * 0.6)
	k.Drain(grace)
	enough, cancel := context.WithTimeout(ctx, grace+grace/6)
	defer cancel()
	if err := r.awaitNoneRunning(enough); err != nil {
		n.cfg.Log.Info("stopping containers by force, as pods have not ended in time", "time", grace)
	}
}

// left returns the time until ctx ends.
func left(ctx context.Context) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return max(time.Until(deadline), 0)
	}
	return noDeadline
}
