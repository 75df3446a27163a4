package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/golang/glog"
)

// noDeadline is how long a drain may take whose context sets no limit.
const noDeadline = time.Minute

// Running says whether any container of a pod runs. Before there is a runtime
// nothing does.
func (n *Node) Running(ctx context.Context, uid string) (bool, error) {
	_, r, _ := n.parts()
	if r == nil {
		return false, nil
	}
	return r.running(ctx, uid)
}

// Drain ends every pod by way of the kubelet, so that containers get their
// signals and hooks, in the first part of the time that there is. In the rest it
// removes by force what is there still, and all that was made for the pods.
func (n *Node) Drain(ctx context.Context) error {
	root, r, k := n.parts()
	if root == "" {
		return nil // never came up
	}
	if r != nil && k != nil {
		grace := time.Duration(float64(left(ctx)) * 0.6)
		k.Drain(grace)
		orderly, cancel := context.WithTimeout(ctx, grace+grace/6)
		err := r.quiet(orderly)
		cancel()
		if err != nil {
			glog.Warningf("pods did not end within %v; stopping their containers by force", grace)
		}
	}
	var removing error
	if r != nil {
		if removing = r.removeAll(ctx); removing != nil {
			removing = fmt.Errorf("containers are left: %w", removing)
		}
	}
	return errors.Join(removing, removeTree(root))
}

// left is the time until ctx ends.
func left(ctx context.Context) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return max(time.Until(deadline), 0)
	}
	return noDeadline
}
