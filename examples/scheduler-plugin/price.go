package main

import (
	"context"
	"strconv"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	fwk "k8s.io/kube-scheduler/framework"
)

// Nodes state what they cost; pods may state the most that they are worth.
const (
	priceLabel = "example.com/price"
	limitLabel = "example.com/highest-price"
)

// price keeps pods away from nodes that cost too much, and prefers the cheaper of the others.
type price struct{}

func newPrice(context.Context, runtime.Object, fwk.Handle) (fwk.Plugin, error) { return price{}, nil }

func (price) Name() string { return "Price" }

func (price) Filter(_ context.Context, _ fwk.CycleState, p *v1.Pod, n fwk.NodeInfo) *fwk.Status {
	limit, err := strconv.ParseInt(p.Labels[limitLabel], 10, 64)
	if err == nil && costs(n) > limit {
		return fwk.NewStatus(fwk.Unschedulable, "node(s) cost more than the pod is worth")
	}
	return nil
}

func (price) Score(_ context.Context, _ fwk.CycleState, _ *v1.Pod, n fwk.NodeInfo) (int64, *fwk.Status) {
	return max(0, fwk.MaxNodeScore-costs(n)), nil
}

func (price) ScoreExtensions() fwk.ScoreExtensions { return nil }

// costs returns the price of a node; one without costs nothing.
func costs(n fwk.NodeInfo) int64 {
	c, _ := strconv.ParseInt(n.Node().Labels[priceLabel], 10, 64)
	return c
}
