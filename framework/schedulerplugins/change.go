package schedulerplugins

import (
	"context"
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
)

// A rule that nobody asks takes note of so many changes; all rules together of so many.
// Where there are more, it costs less to gather anew, if somebody asks.
const (
	mostMissed    = 64
	mostMissedAll = 64 * mostMissed
)

// change is a pod that has come to a node, or has left it, and what that means for a rule.
type change struct {
	pod  *framework.PodInfo
	node *framework.NodeInfo
	left bool
	concern
}

// concern is what a pod on a node may mean for a rule.
type concern struct {
	spread  bool // the pod counts for the rule's spread
	near    bool // the rule's pods must be near it
	apart   bool // they must be apart from it, or it from them
	volumes bool // they may share volumes, or a node's limit of them
	own     bool // it may mean something for plugins of one's own
}

// took takes note of a change if it matters, and reports whether another node may be allowed now.
// What is left of extended resources is asked of the node itself, so of it nothing is noted.
func (k *rule) took(c change) (more bool) {
	refused := c.left && c.node.Node() != nil && k.consulted.changed(c.node.Node().Name)
	if c.concern = k.concerned(c.pod); c.concern == (concern{}) {
		return refused || c.left && k.extends && podspec.UsesExtended(c.pod.Pod)
	}
	switch {
	case k.state == nil || c.node.Node() == nil:
	case k.nowhere != "" || !k.carries(c) || len(k.missed) >= min(mostMissed, mostMissedAll/len(k.rules.carried)):
		k.forget()
	default:
		k.missed = append(k.missed, c)
	}
	return refused || c.left || c.spread || c.near || c.own
}

// carries reports whether the plugins can take the change into account in what they
// have gathered. PodTopologySpread counts no pod that terminates, but forgets that
// afterwards; InterPodAffinity gathers nothing where no pod was in the way, and
// VolumeRestrictions nothing where no claim was shared. Of plugins of one's own nothing
// is known.
func (k *rule) carries(c change) bool {
	return !c.volumes && !k.own.gathers && !(c.spread && c.pod.Pod.DeletionTimestamp != nil) &&
		!(c.apart && k.state.GetSkipFilterPlugins().Has(names.InterPodAffinity))
}

// catchUp carries what the plugins have gathered forward over the changes missed. Where
// it reports false, it is to be gathered anew.
func (k *rule) catchUp() bool {
	spread := false
	for _, c := range k.missed {
		by := k.plugins.RunPreFilterExtensionAddPod
		if c.left {
			by = k.plugins.RunPreFilterExtensionRemovePod
		}
		if !by(context.Background(), k.state, k.pod, c.pod, c.node).IsSuccess() {
			return false
		}
		spread = spread || c.spread
	}
	k.missed = k.missed[:0]
	return !spread || correctLeast(k.state)
}

func (k *rule) concerned(p *framework.PodInfo) (c concern) {
	c.volumes, c.own = k.volumes && hasVolumes(p.Pod), k.own.filters
	if k.info == nil {
		return c
	}
	c.spread = p.Pod.Namespace == k.pod.Namespace &&
		slices.ContainsFunc(k.spread, func(s labels.Selector) bool { return s.Matches(labels.Set(p.Pod.Labels)) })
	c.near = k.rules.match(k.info.RequiredAffinityTerms, p.Pod)
	c.apart = k.rules.match(k.info.RequiredAntiAffinityTerms, p.Pod) || k.rules.match(p.RequiredAntiAffinityTerms, k.pod)
	return c
}
