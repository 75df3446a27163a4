package controlplane

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/pkg/controller/nodeipam/ipam"
	netutils "k8s.io/utils/net"
)

// podRanges gives Nodes their ranges of pod addresses, as node-ipam-controller does, by the
// same allocator. That controller ends kube-controller-manager at each start while a Node has a
// range outside of the cluster's, as after a change of ClusterCIDR. This one skips such a Node,
// sets a condition on it, and replaces it once nothing on it uses its range.
type podRanges struct {
	client  kubernetes.Interface
	mask6   int // of Nodes' ranges of IPv6
	cluster []*net.IPNet
	service []*net.IPNet
	idle    func(*corev1.Node) bool // no executor works there; nil: unknown
	nodes   cache.SharedIndexInformer
	factory informers.SharedInformerFactory
	room    *room
	every   time.Duration // how often Nodes are looked after that lack a range or have a former one
}

// The masks of Nodes' ranges, by family: Kubernetes' defaults.
const (
	nodeMask4 = 24
	nodeMask6 = 64
)

// newPodRanges returns what gives Nodes parts of ClusterCIDR.
func newPodRanges(client kubernetes.Interface, cfg Config, every time.Duration) (*podRanges, error) {
	cluster, err := netutils.ParseCIDRs(strings.Split(cfg.ClusterCIDR, ","))
	if err != nil {
		return nil, err
	}
	service, err := netutils.ParseCIDRs(strings.Split(cfg.ServiceClusterIPRange, ","))
	if err != nil {
		return nil, err
	}
	p := &podRanges{client: client, mask6: cmp.Or(cfg.NodeMaskIPv6, nodeMask6), cluster: cluster, service: service, idle: cfg.WithoutExecutor, every: every}
	p.factory = informers.NewSharedInformerFactoryWithOptions(client, every, informers.WithTransform(p.passOver))
	p.nodes = p.factory.Core().V1().Nodes().Informer()
	p.room = newRoom(p)
	_, err = p.nodes.AddEventHandler(p.room.handler())
	return p, err
}

// run gives out ranges until ctx ends.
func (p *podRanges) run(ctx context.Context) error {
	all, err := p.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("ranges of pod addresses: %w", err)
	}
	allocator, err := ipam.NewCIDRRangeAllocator(ctx, p.client, roomy{p.factory.Core().V1().Nodes(), p.room}, p.params(), nil)
	if err == nil {
		err = p.occupy(ctx, allocator, all.Items)
	}
	if err != nil {
		return fmt.Errorf("ranges of pod addresses: %w", err)
	}
	p.factory.Start(ctx.Done())
	defer p.factory.Shutdown()
	var renewing sync.WaitGroup
	defer renewing.Wait()
	renewing.Go(func() { p.renew(ctx) })
	allocator.Run(ctx)
	return nil
}

func (p *podRanges) params() ipam.CIDRAllocatorParams {
	params := ipam.CIDRAllocatorParams{ClusterCIDRs: p.cluster, ServiceCIDR: p.service[0]}
	if len(p.service) > 1 {
		params.SecondaryServiceCIDR = p.service[1]
	}
	for _, c := range p.cluster {
		mask := nodeMask4
		if netutils.IsIPv6CIDR(c) {
			mask = p.mask6
		}
		params.NodeCIDRMaskSizes = append(params.NodeCIDRMaskSizes, mask)
	}
	return params
}
