package controlplane

import (
	"net"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	coreinformers "k8s.io/client-go/informers/core/v1"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

// room counts the ranges that are left. The allocator retries a Node without a range
// indefinitely and records an event each time, so Nodes are hidden from it while none is left.
type room struct {
	cluster []*net.IPNet
	most    int // how many Nodes can have ranges

	mu     sync.Mutex
	ranged map[types.UID]bool // Nodes with ranges
	told   bool               // that none is left
}

func newRoom(p *podRanges) *room {
	params := p.params()
	most := 1 << 16 // what the allocator has at most
	for i, c := range p.cluster {
		wide, _ := c.Mask.Size()
		ranges := 1 << min(16, params.NodeCIDRMaskSizes[i]-wide)
		for _, s := range p.service {
			if ones, _ := s.Mask.Size(); within(s, c) { // services' addresses are not given to Nodes
				ranges -= 1 << max(0, params.NodeCIDRMaskSizes[i]-ones)
			}
		}
		most = min(most, ranges)
	}
	return &room{cluster: p.cluster, most: most, ranged: map[types.UID]bool{}}
}

// handler counts Nodes with ranges.
func (r *room) handler() cache.ResourceEventHandler {
	set := func(o any, exists bool) {
		if n, is := o.(*corev1.Node); is {
			r.set(n.UID, exists && len(n.Spec.PodCIDRs) > 0)
		}
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc: func(o any) { set(o, true) }, UpdateFunc: func(_, o any) { set(o, true) },
		DeleteFunc: func(o any) {
			if unseen, is := o.(cache.DeletedFinalStateUnknown); is {
				o = unseen.Obj
			}
			set(o, false)
		},
	}
}

func (r *room) set(node types.UID, ranged bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ranged {
		r.ranged[node] = true
	} else {
		delete(r.ranged, node)
	}
}

// left reports whether a Node can get ranges. That none is left is logged once.
func (r *room) left() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	left := len(r.ranged) < r.most
	if !left && !r.told {
		klog.InfoS("some Nodes have no range of pod addresses, as all of the cluster's are given: Docker connects the pods there. Start framework_runner with a wider -cluster_cidr, or delete Nodes of agents that are gone", "cluster_cidr", r.cluster, "ranges", r.most)
	}
	r.told = !left
	return left
}

// roomy are Nodes as the allocator sees them. One without ranges, while none is left, seems to
// be about to be deleted: the allocator passes over it. It sees it again at the next resync.
type roomy struct {
	coreinformers.NodeInformer
	room *room
}

func (r roomy) Lister() listers.NodeLister { return roomyLister{r.NodeInformer.Lister(), r.room} }

type roomyLister struct {
	listers.NodeLister
	room *room
}

func (l roomyLister) Get(name string) (*corev1.Node, error) {
	n, err := l.NodeLister.Get(name)
	if err != nil || len(n.Spec.PodCIDRs) > 0 || l.room.left() {
		return n, err
	}
	waiting := *n
	waiting.DeletionTimestamp = &metav1.Time{Time: time.Now()}
	return &waiting, nil
}
