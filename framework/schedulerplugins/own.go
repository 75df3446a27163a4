package schedulerplugins

import (
	"fmt"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/runtime"
)

// Factory makes a plugin of one's own, as for a program of Kubernetes' scheduler.
type Factory = runtime.PluginFactory

// Own are plugins that are not Kubernetes', by name. Profiles enable them, at PreFilter,
// Filter, PreScore and Score. They see Nodes, and the pods on them, in what they are passed
// and in the SnapshotSharedLister of their Handle, and must answer from memory: all pods
// wait meanwhile. Of pods they see the labels and what of the spec scheduling looks at, but
// no annotations, commands or environments. What they say holds for all pods in which these
// are equal, until a Node changes or a pod comes or goes.
type Own = runtime.Registry

// ownPoints say where plugins of one's own are asked in a profile.
type ownPoints struct {
	any     bool
	filters bool // they exclude nodes
	gathers bool // by what their PreFilter gathers
}

// ownPointsOf finds the plugins of one's own in a profile, and refuses those that would act
// where no plugin is asked.
func ownPointsOf(own Own, plugins framework.Framework) (ownPoints, error) {
	set := plugins.ListPlugins()
	for _, point := range unasked(set) {
		if name := anyOf(own, point.plugins); name != "" {
			return ownPoints{}, fmt.Errorf("plugin %s acts at %s, too, where none is asked: enable it at filter or score only", name, point.name)
		}
	}
	found := ownPoints{gathers: anyOf(own, set.PreFilter) != ""}
	found.filters = found.gathers || anyOf(own, set.Filter) != ""
	found.any = found.filters || anyOf(own, set.PreScore) != "" || anyOf(own, set.Score) != ""
	return found, nil
}

// anyOf returns one of the plugins that are one's own, if there are any.
func anyOf(own Own, set config.PluginSet) string {
	for _, p := range set.Enabled {
		if own[p.Name] != nil {
			return p.Name
		}
	}
	return ""
}

// stated returns all that plugins see of a pod's spec, without the volume of its token, whose
// name is another for each pod.
func stated(p *v1.Pod) v1.PodSpec {
	spec := p.Spec
	spec.NodeName = ""
	spec.Volumes = slices.DeleteFunc(slices.Clone(spec.Volumes), func(v v1.Volume) bool { return strings.HasPrefix(v.Name, "kube-api-access-") })
	return spec
}
