package noderoutes

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/transform"
	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

const (
	// repairEvery is how often routes are set although no node has changed.
	repairEvery = 10 * time.Second
	// settle is how long changes of nodes are gathered before routes are set.
	settle = 100 * time.Millisecond
)

// Run sets the routes to the cluster's nodes until ctx ends, as the API server shows them.
// They stay when it returns; see RemoveAll.
func (r *Routes) Run(ctx context.Context, client kubernetes.Interface) error {
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithTransform(transform.Network))
	nodes := factory.Core().V1().Nodes().Informer()
	endpoints := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(metav1.NamespaceDefault), informers.WithTweakListOptions(func(o *metav1.ListOptions) {
		o.LabelSelector = discoveryv1.LabelServiceName + "=kubernetes"
	}))
	servers := endpoints.Discovery().V1().EndpointSlices().Informer()
	changed := make(chan struct{}, 1)
	signal := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	if _, err := nodes.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(any) { signal() }, DeleteFunc: func(any) { signal() },
		UpdateFunc: func(old, now any) {
			if a, b := PeerOf(old.(*v1.Node)), PeerOf(now.(*v1.Node)); fmt.Sprint(a) != fmt.Sprint(b) {
				signal()
			}
		},
	}); err != nil {
		return fmt.Errorf("routes to nodes: %w", err)
	}
	if _, err := servers.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(any) { signal() }, DeleteFunc: func(any) { signal() }, UpdateFunc: func(any, any) { signal() },
	}); err != nil {
		return fmt.Errorf("routes to nodes: %w", err)
	}
	for _, f := range []informers.SharedInformerFactory{factory, endpoints} {
		f.Start(ctx.Done())
		defer f.Shutdown()
	}
	if !cache.WaitForCacheSync(ctx.Done(), nodes.HasSynced, servers.HasSynced) {
		return nil
	}
	r.keep(ctx, nodes.GetStore(), servers.GetStore(), changed)
	return nil
}

// keep sets the routes whenever nodes have changed, and periodically. A failure is logged
// once until it changes.
func (r *Routes) keep(ctx context.Context, nodes, servers cache.Store, changed <-chan struct{}) {
	tick := time.NewTicker(repairEvery)
	defer tick.Stop()
	var logged, seen string
	for {
		text := ""
		all := r.addressed(nodes)
		if names := fmt.Sprint(all); names != seen && r.cfg.Changed != nil {
			seen = names
			r.cfg.Changed(ctx, all)
		}
		now := withRanges(all)
		err := r.Set(append(now, r.serversBeside(nodes, servers)...))
		if r.cfg.Report != nil {
			r.cfg.Report(err)
		}
		if err != nil {
			if text = err.Error(); text != logged {
				r.cfg.Log.Error(err, "some pods of other nodes are not reached")
			}
		} else if logged != "" {
			r.cfg.Log.Info("the pods of all nodes are reached again")
		}
		logged = text
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-changed:
			select {
			case <-ctx.Done():
				return
			case <-time.After(settle):
			}
		}
	}
}

// addressed returns the nodes that have an address. A range outside of the cluster's is left
// out: a route to it would take away what is not ours.
func (r *Routes) addressed(nodes cache.Store) []Peer {
	var all []Peer
	for _, n := range nodes.List() {
		p := PeerOf(n.(*v1.Node))
		p.Ranges = slices.DeleteFunc(p.Ranges, func(x netip.Prefix) bool { return !r.inCluster(x) })
		if p.Node.IsValid() {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b Peer) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// withRanges returns those of the nodes that have ranges.
func withRanges(nodes []Peer) []Peer {
	return slices.DeleteFunc(slices.Clone(nodes), func(p Peer) bool { return len(p.Ranges) == 0 })
}

// PeerOf returns what a Node says about its network. What cannot be parsed counts as
// missing.
func PeerOf(n *v1.Node) Peer {
	p := Peer{Name: n.Name, Shown: n.Status.NodeInfo.KubeletVersion != ""}
	for _, a := range n.Status.Addresses {
		ip, err := netip.ParseAddr(a.Address)
		if a.Type != v1.NodeInternalIP || err != nil {
			continue
		}
		switch {
		case ip.Is4() && !p.Node.Is4():
			p.Node = ip
		case ip.Is6() && !p.Node6.IsValid():
			p.Node6 = ip
		}
	}
	if !p.Node.IsValid() {
		p.Node, p.Node6 = p.Node6, netip.Addr{}
	}
	for _, c := range n.Spec.PodCIDRs {
		if network, err := netip.ParsePrefix(c); err == nil {
			p.Ranges = append(p.Ranges, network.Masked())
		}
	}
	for _, c := range n.Status.Conditions {
		p.Ready = p.Ready || c.Type == v1.NodeReady && c.Status == v1.ConditionTrue
	}
	return p
}
