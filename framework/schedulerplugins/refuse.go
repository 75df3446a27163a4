package schedulerplugins

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
)

// Whoever writes a configuration is told what of it would have no effect, rather than
// left to find out. What differs from the default must be something that is used.

// refuseSettings refuses what differs outside of the profiles.
func refuseSettings(all, usual *config.KubeSchedulerConfiguration) error {
	is, was := reflect.ValueOf(*all), reflect.ValueOf(*usual)
	for i := range is.NumField() {
		name := is.Type().Field(i).Name
		if name == "TypeMeta" || name == "Profiles" || name == "Extenders" || equality.Semantic.DeepEqual(is.Field(i).Interface(), was.Field(i).Interface()) {
			continue
		}
		return fmt.Errorf("%s would have no effect: only profiles and extenders are used", strings.ToLower(name[:1])+name[1:])
	}
	return nil
}

// refuseExtender refuses what an extender would do that is not asked of it.
func refuseExtender(e *config.Extender) error {
	switch {
	case e.BindVerb != "":
		return errors.New("it has a bindVerb, but pods are bound when their Mesos task is there, and by nobody else")
	case e.PreemptVerb != "":
		return errors.New("it has a preemptVerb, which is not supported")
	case e.FilterVerb == "" && e.PrioritizeVerb == "":
		return errors.New("it has neither a filterVerb nor a prioritizeVerb")
	}
	for _, r := range e.ManagedResources {
		if r.IgnoredByScheduler {
			return fmt.Errorf("ignoredByScheduler of %s is not supported: a pod gets all that it requests", r.Name)
		}
	}
	return nil
}

// refuseProfile refuses what a profile asks for that is not used.
func refuseProfile(profile, usual *config.KubeSchedulerProfile, own Own) error {
	if n := profile.PercentageOfNodesToScore; n != nil && *n != 0 {
		return errors.New("percentageOfNodesToScore would have no effect: of the agents that offer, up to a hundred that fit are scored")
	}
	if err := refusePoints(profile.Plugins); err != nil {
		return err
	}
	if err := refusePlugins(profile.Plugins, usual.Plugins.MultiPoint.Enabled, own); err != nil {
		return err
	}
	for _, c := range profile.PluginConfig {
		if own[c.Name] != nil {
			continue
		}
		if err := refuseArgs(c, usual.PluginConfig); err != nil {
			return err
		}
	}
	return nil
}

// refusePoints refuses plugins where none is asked.
func refusePoints(set *config.Plugins) error {
	for _, point := range unasked(set) {
		if p := point.plugins.Enabled; len(p) > 0 {
			return fmt.Errorf("plugin %s is enabled at %s: pods are ordered, placed and bound without plugins", p[0].Name, point.name)
		}
	}
	return nil
}

// point is where plugins are asked.
type point struct {
	name    string
	plugins config.PluginSet
}

// unasked returns the points at which no plugin is asked.
func unasked(set *config.Plugins) []point {
	return []point{
		{"preEnqueue", set.PreEnqueue}, {"queueSort", set.QueueSort}, {"postFilter", set.PostFilter}, {"reserve", set.Reserve},
		{"permit", set.Permit}, {"preBind", set.PreBind}, {"bind", set.Bind}, {"postBind", set.PostBind},
		{"placementGenerate", set.PlacementGenerate}, {"placementScore", set.PlacementScore},
	}
}

// refusePlugins refuses plugins that are not used, but for those that the default has
// everywhere, and that filters are disabled which hold in any profile.
func refusePlugins(set *config.Plugins, usual []config.Plugin, own Own) error {
	asked := slices.DeleteFunc(slices.Clone(set.MultiPoint.Enabled), func(p config.Plugin) bool { return slices.Contains(usual, p) })
	for _, p := range slices.Concat(asked, set.PreFilter.Enabled, set.Filter.Enabled, set.PreScore.Enabled, set.Score.Enabled) {
		if !slices.Contains(kept, p.Name) && p.Name != names.NodeName && own[p.Name] == nil {
			return fmt.Errorf("plugin %s is not supported: there are %s", p.Name, strings.Join(slices.Concat(kept[2:], slices.Sorted(maps.Keys(own))), ", "))
		}
	}
	for _, point := range []point{{"multiPoint", set.MultiPoint}, {"preFilter", set.PreFilter}, {"filter", set.Filter}} {
		for _, name := range filtersOfCore {
			if disables(point.plugins, name) {
				return fmt.Errorf("plugin %s is disabled at %s, but amounts, ports, selectors and taints hold in any profile: it may be disabled at score only", name, point.name)
			}
		}
	}
	return nil
}

func disables(s config.PluginSet, name string) bool {
	return !slices.ContainsFunc(s.Enabled, func(p config.Plugin) bool { return p.Name == name }) &&
		slices.ContainsFunc(s.Disabled, func(p config.Plugin) bool { return p.Name == name || p.Name == "*" })
}

// refuseArgs refuses arguments of what is not used: of other plugins, and of the filters
// that the core is itself.
func refuseArgs(c config.PluginConfig, usual []config.PluginConfig) error {
	ignored := ""
	switch args := c.Args.(type) {
	case *config.PodTopologySpreadArgs:
		if len(args.DefaultConstraints) > 0 {
			ignored = "defaultConstraints: pods state their own"
		}
	case *config.NodeAffinityArgs:
		if args.AddedAffinity != nil && args.AddedAffinity.RequiredDuringSchedulingIgnoredDuringExecution != nil {
			ignored = "addedAffinity.requiredDuringSchedulingIgnoredDuringExecution: pods state their own"
		}
	case *config.NodeResourcesFitArgs:
		if len(args.IgnoredResources) > 0 {
			ignored = "ignoredResources: a pod gets all that it requests"
		} else if len(args.IgnoredResourceGroups) > 0 {
			ignored = "ignoredResourceGroups: a pod gets all that it requests"
		}
	default:
		if !slices.Contains(kept, c.Name) && !slices.ContainsFunc(usual, func(u config.PluginConfig) bool { return equality.Semantic.DeepEqual(c, u) }) {
			ignored = "arguments, but is not used"
		}
	}
	if ignored != "" {
		return fmt.Errorf("plugin %s has %s", c.Name, ignored)
	}
	return nil
}
