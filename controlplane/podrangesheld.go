package controlplane

import (
	"context"
	"net"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/nodeipam/ipam"
	netutils "k8s.io/utils/net"
)

// passOver makes the allocator pass over a Node with ranges outside of the cluster's, as it
// does over one that is being deleted, and drops what neither it nor we use. When such a Node
// is deleted, the allocator takes back what it holds of the cluster's ranges, by their places.
// Of one that holds the second alone it stays occupied until the next start.
func (p *podRanges) passOver(o any) (any, error) {
	n, ok := o.(*corev1.Node)
	if !ok {
		return o, nil
	}
	slim := &corev1.Node{TypeMeta: n.TypeMeta, ObjectMeta: n.ObjectMeta, Spec: corev1.NodeSpec{PodCIDR: n.Spec.PodCIDR, PodCIDRs: n.Spec.PodCIDRs}}
	slim.ManagedFields = nil
	if p.outside(n) {
		slim.DeletionTimestamp = &metav1.Time{Time: time.Now()}
		held := p.held(n)
		if i := slices.Index(held, ""); i >= 0 {
			held = held[:i]
		}
		slim.Spec = corev1.NodeSpec{PodCIDRs: held}
	}
	return slim, nil
}

// outside reports whether a Node has a range that is not the cluster's to give at its place.
func (p *podRanges) outside(n *corev1.Node) bool {
	held := p.held(n)
	return len(n.Spec.PodCIDRs) > len(held) || !slices.Equal(n.Spec.PodCIDRs, held[:len(n.Spec.PodCIDRs)])
}

// held returns what a Node has of each of the cluster's ranges, "" for nothing.
func (p *podRanges) held(n *corev1.Node) []string {
	held := make([]string, len(p.cluster))
	for _, text := range n.Spec.PodCIDRs {
		_, r, err := netutils.ParseCIDRSloppy(text)
		if err != nil {
			continue
		}
		if i := slices.IndexFunc(p.cluster, func(c *net.IPNet) bool { return within(r, c) }); i >= 0 {
			held[i] = text
		}
	}
	return held
}

// within reports whether a range is part of another.
func within(r, of *net.IPNet) bool {
	ones, bits := r.Mask.Size()
	wide, width := of.Mask.Size()
	return bits == width && ones >= wide && of.Contains(r.IP)
}

// occupy marks the parts of the cluster's ranges that Nodes hold as allocated, whatever other
// ranges those Nodes have. The allocator knows ranges by their places, so for those of the second a
// range of the first stands in, which is given back before any other is occupied.
func (p *podRanges) occupy(ctx context.Context, allocator ipam.CIDRAllocator, all []corev1.Node) error {
	standIn := (&net.IPNet{IP: p.cluster[0].IP, Mask: net.CIDRMask(p.params().NodeCIDRMaskSizes[0], 8*len(p.cluster[0].Mask))}).String()
	holding := func(ranges ...string) *corev1.Node { return &corev1.Node{Spec: corev1.NodeSpec{PodCIDRs: ranges}} }
	var first, second []*corev1.Node
	for _, n := range all {
		held := p.held(&n)
		if held[0] != "" {
			first = append(first, holding(held[0]))
		}
		if len(held) > 1 && held[1] != "" {
			second = append(second, holding(standIn, held[1]))
		}
	}
	for _, n := range second {
		if err := allocator.AllocateOrOccupyCIDR(ctx, n); err != nil {
			return err
		}
	}
	if err := allocator.ReleaseCIDR(klog.FromContext(ctx), holding(standIn)); err != nil {
		return err
	}
	for _, n := range first {
		if err := allocator.AllocateOrOccupyCIDR(ctx, n); err != nil {
			return err
		}
	}
	return nil
}
