package schedulerplugins

import (
	"context"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/noderesources"
)

const extendedResources = "ExtendedResources"

// extended is the part of NodeResourcesFit that Mesos has no say in: the resources that a
// device plugin or an administrator states on a Node. The others are the core's.
type extended struct{}

func newExtended(context.Context, runtime.Object, fwk.Handle) (fwk.Plugin, error) {
	return extended{}, nil
}

func (extended) Name() string { return extendedResources }

// PreFilter has Filter left out for pods that request nothing of the kind.
func (extended) PreFilter(_ context.Context, _ fwk.CycleState, p *v1.Pod, _ []fwk.NodeInfo) (*fwk.PreFilterResult, *fwk.Status) {
	if !podspec.UsesExtended(p) {
		return nil, fwk.NewStatus(fwk.Skip)
	}
	return nil, nil
}

func (extended) PreFilterExtensions() fwk.PreFilterExtensions { return nil }

func (extended) Filter(_ context.Context, _ fwk.CycleState, p *v1.Pod, n fwk.NodeInfo) *fwk.Status {
	var reasons []string
	for _, short := range noderesources.Fits(p, n, nil, noderesources.ResourceRequestsOptions{}) {
		if podspec.Extended(short.ResourceName) {
			reasons = append(reasons, short.Reason)
		}
	}
	if len(reasons) == 0 {
		return nil
	}
	return fwk.NewStatus(fwk.Unschedulable, reasons...)
}

// sameExtended reports whether a Node has as much of each extended resource as before.
func sameExtended(old, n *v1.Node) bool {
	return equality.Semantic.DeepEqual(extendedOf(old), extendedOf(n))
}

func extendedOf(n *v1.Node) v1.ResourceList {
	all := v1.ResourceList{}
	for name, q := range n.Status.Allocatable {
		if podspec.Extended(name) {
			all[name] = q
		}
	}
	return all
}
