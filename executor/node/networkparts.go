package node

import (
	"context"
	"net/netip"
	"sync"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/reconcile"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/noderoutes"
)

// run keeps the network up to date until ctx ends, and shows at the Node what does not work.
// A part that fails is tried again after a while, the others go on; and so is the network
// itself where it could not be made.
func (n *network) run(ctx context.Context, client func() kubernetes.Interface, r *runtime) {
	if n == nil {
		return
	}
	select {
	case <-n.prepared:
	case <-ctx.Done():
		return
	}
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() { n.problems.run(ctx, client()) })
	if !n.awaitMade(ctx, client(), r) {
		return
	}
	for name, part := range n.parts(client()) {
		all.Go(func() {
			wait.UntilWithContext(ctx, func(ctx context.Context) {
				if err := part(ctx); err != nil && ctx.Err() == nil {
					n.problems.set(name, err)
				}
			}, reconcile.Every)
		})
	}
}

// awaitMade tries to make the network until it is made, or ctx ends: a missing program is
// installed, another cluster goes. Pods that Docker has connected keep that.
func (n *network) awaitMade(ctx context.Context, client kubernetes.Interface, r *runtime) bool {
	made := func() bool {
		select {
		case <-n.made:
			return true
		default:
			return false
		}
	}
	if made() {
		return true
	}
	err := wait.PollUntilContextCancel(ctx, reconcile.Every, false, func(ctx context.Context) (bool, error) {
		err := n.attempt(ctx, client, r, func(string) {})
		if ctx.Err() == nil {
			n.noteAttempt(err)
		}
		return made(), nil
	})
	return err == nil
}

// parts returns what works side by side once the network is made, each until its context
// ends, by the names that problems have. Each tells problems when it works, too.
func (n *network) parts(client kubernetes.Interface) map[string]func(context.Context) error {
	if n.cni != nil { // routes and policies are the plugins' business
		return map[string]func(context.Context) error{"pods": n.cni.Run, "services": n.proxy.Run}
	}
	return map[string]func(context.Context) error{
		"pods":     func(ctx context.Context) error { n.links.Run(ctx); return nil },
		"services": n.proxy.Run, "policies": n.policies.Run,
		"routes": func(ctx context.Context) error { return n.routes.Run(ctx, client) },
	}
}

// nodesChanged lets pods reach the nodes' addresses with their own, and services and names
// lead to no pods of other nodes that are not reached. A node without an executor or a range
// has no way back to pods.
func (n *network) nodesChanged(ctx context.Context, nodes []noderoutes.Peer) {
	inside := append([]netip.Prefix(nil), n.pods...)
	for _, p := range nodes {
		if !p.Ready || len(p.Ranges) == 0 {
			continue
		}
		for _, a := range []netip.Addr{p.Node, p.Node6} {
			if a.IsValid() {
				inside = append(inside, netip.PrefixFrom(a, a.BitLen()))
			}
		}
	}
	n.links.SetInside(inside)
	if leads, err := noderoutes.Leads(n.name, n.pods, nodes); err == nil {
		n.proxy.SetLeads(leads)
		n.names.know(inside, leads)
	} else {
		n.log.Error(err, "services and names lead to the former pods until nodes change again")
	}
	if err := n.links.Prepare(ctx); err != nil && ctx.Err() == nil {
		n.log.Error(err, "other nodes are reached with this node's address until the next attempt")
	}
}
