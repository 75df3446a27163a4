package node

import (
	"context"
	"net/netip"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/noderoutes"
)

// run keeps the network up to date until ctx ends. A part that fails is shown as an event of
// the Node, and tried again after a while; the others go on.
func (n *network) run(ctx context.Context, client func() kubernetes.Interface) {
	if n == nil {
		return
	}
	select {
	case <-n.made:
	case <-ctx.Done():
		return
	}
	events := record.NewBroadcaster(record.WithContext(ctx))
	defer events.Shutdown()
	events.StartRecordingToSink(&typedv1.EventSinkImpl{Interface: client().CoreV1().Events("")})
	recorder := events.NewRecorder(scheme.Scheme, v1.EventSource{Component: "executor", Host: n.name})
	node := &v1.ObjectReference{Kind: "Node", Name: n.name, UID: types.UID(n.name)}
	var all sync.WaitGroup
	for name, part := range n.parts(client) {
		all.Go(func() {
			wait.UntilWithContext(ctx, func(ctx context.Context) {
				if err := part(ctx); err != nil && ctx.Err() == nil {
					n.log.Error(err, "a part of the network does not work; it is tried again", "part", name, "within", tryAgain)
					recorder.Eventf(node, v1.EventTypeWarning, "NetworkProblem", "%s: %v", name, err)
				}
			}, tryAgain)
		})
	}
	all.Wait()
}

const tryAgain = 30 * time.Second

// parts returns what works side by side once the network is made, each until its context
// ends, by names for people.
func (n *network) parts(client func() kubernetes.Interface) map[string]func(context.Context) error {
	if n.cni != nil { // routes and policies are the plugins' business
		return map[string]func(context.Context) error{"pods": n.cni.Run, "services": n.proxy.Run}
	}
	return map[string]func(context.Context) error{
		"pods": n.links.Run, "services": n.proxy.Run, "policies": n.policies.Run,
		"routes": func(ctx context.Context) error { return n.routes.Run(ctx, client()) },
	}
}

// nodesChanged lets pods reach the nodes' addresses with their own. A node without an
// executor has no way back to pods.
func (n *network) nodesChanged(ctx context.Context, nodes []noderoutes.Peer) {
	inside := append([]netip.Prefix(nil), n.pods...)
	for _, p := range nodes {
		if !p.Ready {
			continue
		}
		for _, a := range []netip.Addr{p.Node, p.Node6} {
			if a.IsValid() {
				inside = append(inside, netip.PrefixFrom(a, a.BitLen()))
			}
		}
	}
	n.links.SetInside(inside)
	n.names.setInside(inside)
	if err := n.links.Prepare(ctx); err != nil && ctx.Err() == nil {
		n.log.Error(err, "other nodes are reached with this node's address until the next attempt")
	}
}
