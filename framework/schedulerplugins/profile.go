package schedulerplugins

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/klog/v2"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/latest"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodevolumelimits"
	"k8s.io/kubernetes/pkg/scheduler/framework/runtime"
	"k8s.io/kubernetes/pkg/scheduler/metrics"
)

// Of Kubernetes' default profile, the filters that the core is itself, and the
// plugins that have no part in choosing a node or that act after it.
var (
	filtersOfCore = []string{
		names.NodeUnschedulable, names.NodeName, names.TaintToleration, names.NodeAffinity, names.NodePorts, names.NodeResourcesFit,
	}
	kept = []string{
		names.PrioritySort, names.DefaultBinder, // a profile must have one of each
		names.NodeUnschedulable, names.TaintToleration, names.NodeAffinity, names.NodePorts,
		names.NodeResourcesFit, names.NodeResourcesBalancedAllocation,
		names.VolumeRestrictions, names.NodeVolumeLimits, names.VolumeBinding, names.VolumeZone,
		names.PodTopologySpread, names.InterPodAffinity,
	}
)

// defaultProfile returns what of Kubernetes' default profile is used. Spread is only
// what pods themselves ask for: default constraints would make every pod one that
// depends on others.
func defaultProfile() (*config.KubeSchedulerProfile, error) {
	all, err := latest.Default()
	if err != nil {
		return nil, fmt.Errorf("the default configuration of Kubernetes' scheduler: %w", err)
	}
	profile := all.Profiles[0]
	set := profile.Plugins
	set.MultiPoint.Enabled = slices.DeleteFunc(set.MultiPoint.Enabled, func(p config.Plugin) bool { return !slices.Contains(kept, p.Name) })
	for _, name := range filtersOfCore {
		set.PreFilter.Disabled = append(set.PreFilter.Disabled, config.Plugin{Name: name})
		set.Filter.Disabled = append(set.Filter.Disabled, config.Plugin{Name: name})
	}
	for _, c := range profile.PluginConfig {
		if args, is := c.Args.(*config.PodTopologySpreadArgs); is {
			args.DefaultingType, args.DefaultConstraints = config.ListDefaulting, nil
		}
	}
	return &profile, nil
}

// newFramework returns the plugins of a profile, which look at what the lister and
// the factory hold. The factory is never started.
func newFramework(ctx context.Context, profile *config.KubeSchedulerProfile, l fwk.SharedLister, f informers.SharedInformerFactory) (framework.Framework, error) {
	metrics.Register()
	return runtime.NewFramework(klog.NewContext(ctx, klog.Background()), plugins.NewInTreeRegistry(), profile,
		runtime.WithSnapshotSharedLister(l),
		runtime.WithInformerFactory(f),
		runtime.WithClientSet(&kubernetes.Clientset{}),
		runtime.WithSharedCSIManager(nodevolumelimits.NewCSIManager(f.Storage().V1().CSINodes().Lister())),
		runtime.WithParallelism(1))
}
