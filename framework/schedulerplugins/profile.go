package schedulerplugins

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/klog/v2"
	v1 "k8s.io/kube-scheduler/config/v1"
	fwk "k8s.io/kube-scheduler/framework"
	k8sscheduler "k8s.io/kubernetes/pkg/scheduler"
	"k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/latest"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/scheme"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/validation"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodevolumelimits"
	"k8s.io/kubernetes/pkg/scheduler/framework/runtime"
	"k8s.io/kubernetes/pkg/scheduler/metrics"
)

// Of Kubernetes' plugins, the filters that the core is itself, and those that are used.
// The others have no part in choosing a node, or act after it.
var (
	filtersOfCore = []string{
		names.NodeUnschedulable, names.NodeName, names.TaintToleration, names.NodeAffinity, names.NodePorts, names.NodeResourcesFit,
	}
	kept = []string{
		names.PrioritySort, names.DefaultBinder, // a profile must have one of each
		names.NodeUnschedulable, names.TaintToleration, names.NodeAffinity, names.NodePorts,
		names.NodeResourcesFit, names.NodeResourcesBalancedAllocation,
		names.VolumeRestrictions, names.NodeVolumeLimits, names.VolumeBinding, names.VolumeZone,
		names.PodTopologySpread, names.InterPodAffinity, names.ImageLocality,
	}
)

// Profiles are sets of plugins, by the name of the scheduler that a pod asks for.
type Profiles struct {
	byName    map[string]*config.KubeSchedulerProfile
	names     []string
	own       Own // plugins that profiles may enable, too
	extenders []fwk.Extender
	scoreAll  bool // pods that state no preference, too
}

// Names returns the names of schedulers for which there is a profile.
func (p *Profiles) Names() []string { return p.names }

// Default returns what of Kubernetes' default profile is used, for pods that ask for
// one of these schedulers. Pods that state no preference are not scored.
func Default(schedulers ...string) (*Profiles, error) {
	all, err := latest.Default()
	if err != nil {
		return nil, fmt.Errorf("the default configuration of Kubernetes' scheduler: %w", err)
	}
	p := &Profiles{byName: map[string]*config.KubeSchedulerProfile{}, names: schedulers}
	profile := all.Profiles[0]
	adapt(&profile, nil)
	for _, name := range schedulers {
		p.byName[name] = &profile
	}
	return p, nil
}

// Load returns the profiles of a KubeSchedulerConfiguration, which may enable plugins of
// one's own, too. It refuses what would have no effect.
func Load(data []byte, own Own) (*Profiles, error) {
	o, kind, err := scheme.Codecs.UniversalDecoder().Decode(data, nil, nil)
	if err != nil {
		return nil, err
	}
	all, is := o.(*config.KubeSchedulerConfiguration)
	if !is {
		return nil, fmt.Errorf("it is a %s, not a KubeSchedulerConfiguration of %s", kind, v1.SchemeGroupVersion)
	}
	all.TypeMeta.APIVersion = kind.GroupVersion().String()
	if errs := validation.ValidateKubeSchedulerConfiguration(all); errs != nil {
		return nil, errs
	}
	usual, err := latest.Default()
	if err != nil {
		return nil, fmt.Errorf("the default configuration of Kubernetes' scheduler: %w", err)
	}
	if err := refuseSettings(all, usual); err != nil {
		return nil, err
	}
	p := &Profiles{byName: map[string]*config.KubeSchedulerProfile{}, own: own, scoreAll: true}
	for i := range all.Profiles {
		profile := &all.Profiles[i]
		if err := refuseProfile(profile, &usual.Profiles[0], own); err != nil {
			return nil, fmt.Errorf("profile %s: %w", profile.SchedulerName, err)
		}
		adapt(profile, own)
		p.byName[profile.SchedulerName] = profile
		p.names = append(p.names, profile.SchedulerName)
	}
	if err := p.extend(all.Extenders); err != nil {
		return nil, err
	}
	return p, nil
}

// Extended reports whether extenders are asked.
func (p *Profiles) Extended() bool { return len(p.extenders) > 0 }

// extend adds extenders, for pods of all profiles.
func (p *Profiles) extend(all []config.Extender) error {
	for i := range all {
		if err := refuseExtender(&all[i]); err != nil {
			return fmt.Errorf("extender %s: %w", all[i].URLPrefix, err)
		}
		e, err := k8sscheduler.NewHTTPExtender(&all[i])
		if err != nil {
			return fmt.Errorf("extender %s: %w", all[i].URLPrefix, err)
		}
		p.extenders = append(p.extenders, e)
	}
	return nil
}

// adapt leaves of a profile what is used, with extended resources counted. Spread is only what pods themselves ask for:
// default constraints would make every pod one that depends on others.
func adapt(profile *config.KubeSchedulerProfile, own Own) {
	set := profile.Plugins
	set.MultiPoint.Enabled = slices.DeleteFunc(set.MultiPoint.Enabled, func(p config.Plugin) bool { return !slices.Contains(kept, p.Name) && own[p.Name] == nil })
	for _, filter := range []*config.PluginSet{&set.PreFilter, &set.Filter} {
		filter.Enabled = slices.DeleteFunc(filter.Enabled, func(p config.Plugin) bool { return slices.Contains(filtersOfCore, p.Name) })
		for _, name := range filtersOfCore {
			filter.Disabled = append(filter.Disabled, config.Plugin{Name: name})
		}
	}
	set.PreFilter.Enabled = append(set.PreFilter.Enabled, config.Plugin{Name: extendedResources})
	set.Filter.Enabled = append(set.Filter.Enabled, config.Plugin{Name: extendedResources})
	for _, c := range profile.PluginConfig {
		if args, is := c.Args.(*config.PodTopologySpreadArgs); is {
			args.DefaultingType = config.ListDefaulting
		}
	}
}

// newFramework returns the plugins of a profile, which look at what the lister and
// the factory hold. The factory is never started.
func newFramework(ctx context.Context, profile *config.KubeSchedulerProfile, own Own, l fwk.SharedLister, f informers.SharedInformerFactory) (framework.Framework, error) {
	metrics.Register()
	all := plugins.NewInTreeRegistry()
	if err := errors.Join(all.Register(extendedResources, newExtended), all.Merge(own)); err != nil {
		return nil, err
	}
	return runtime.NewFramework(klog.NewContext(ctx, klog.Background()), all, profile,
		runtime.WithSnapshotSharedLister(l),
		runtime.WithInformerFactory(f),
		runtime.WithClientSet(&kubernetes.Clientset{}),
		runtime.WithSharedCSIManager(nodevolumelimits.NewCSIManager(f.Storage().V1().CSINodes().Lister())),
		runtime.WithParallelism(1))
}
