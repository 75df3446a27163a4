package schedulerplugins

import (
	"context"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
)

// rule is what the plugins say about a kind of pods.
type rule struct {
	plugins framework.Framework
	rules   *Rules
	key     string
	pod     *v1.Pod // any of them
	info    *framework.PodInfo
	spread  []labels.Selector // of the constraints that must hold
	volumes bool
	prefers bool
	invalid string // why no plugin can be asked
	asked   uint64 // Rules.changes then
	carried bool   // it is in Rules.carried

	state   fwk.CycleState // what PreFilter has gathered; nil: it must do so anew
	nowhere string         // what it says about all nodes
	only    *fwk.PreFilterResult
}

func newRule(r *Rules, key string, p *v1.Pod) *rule {
	k := &rule{rules: r, plugins: r.plugins[p.Spec.SchedulerName], key: key, pod: p, volumes: hasVolumes(p), prefers: prefers(p)}
	info, err := framework.NewPodInfo(p)
	if err != nil {
		k.invalid = err.Error()
	}
	k.info = info
	for _, c := range p.Spec.TopologySpreadConstraints {
		if s, err := metav1.LabelSelectorAsSelector(c.LabelSelector); err == nil && c.WhenUnsatisfiable == v1.DoNotSchedule {
			k.spread = append(k.spread, s)
		}
	}
	return k
}

// Nowhere implements [scheduler.Rule].
func (k *rule) Nowhere() string {
	k.gather()
	return k.nowhere
}

// Refuses implements [scheduler.Rule].
func (k *rule) Refuses(node string) string {
	if k.gather(); k.nowhere != "" {
		return k.nowhere
	}
	n, err := k.rules.snapshot.Get(node)
	if err != nil {
		return err.Error()
	}
	if !k.only.AllNodes() && !k.only.NodeNames.Has(node) {
		return "node(s) didn't satisfy plugin NodeAffinity"
	}
	if s := k.plugins.RunFilterPlugins(context.Background(), k.state, k.pod, n); !s.IsSuccess() {
		return strings.Join(s.Reasons(), ", ")
	}
	return ""
}

// Prefers implements [scheduler.Rule].
func (k *rule) Prefers() bool {
	return k.prefers || k.rules.scores || k.rules.tainted > 0 || k.rules.snapshot.preferring > 0
}

// Scores implements [scheduler.Rule].
func (k *rule) Scores(names []string) []int64 {
	k.gather()
	nodes := make([]fwk.NodeInfo, 0, len(names))
	for _, name := range names {
		if n, err := k.rules.snapshot.Get(name); err == nil {
			nodes = append(nodes, n)
		}
	}
	ctx, plugins := context.Background(), k.plugins
	if k.invalid != "" || len(nodes) < len(names) || !plugins.RunPreScorePlugins(ctx, k.state, k.pod, nodes).IsSuccess() {
		return nil
	}
	all, status := plugins.RunScorePlugins(ctx, k.state, k.pod, nodes)
	if !status.IsSuccess() {
		return nil
	}
	scores := make([]int64, len(all))
	for i, s := range all {
		scores[i] = s.TotalScore
	}
	return scores
}

// gather has the plugins look at all nodes, unless what they gathered holds.
func (k *rule) gather() {
	k.asked = k.rules.changes
	if k.state != nil {
		return
	}
	if k.rules.asleep != nil {
		k.rules.wake()
	}
	k.rules.carry(k)
	k.state, k.nowhere, k.only = framework.NewCycleState(), k.invalid, nil
	if k.invalid != "" {
		return
	}
	if why := k.rules.unbound(k.pod); why != "" {
		k.nowhere = why
		return
	}
	result, status, _ := k.plugins.RunPreFilterPlugins(context.Background(), k.state, k.pod)
	k.only = result
	if !status.IsSuccess() {
		k.nowhere = strings.Join(status.Reasons(), ", ")
	}
}

func (k *rule) forget() { k.state = nil }

// came carries the rule forward over a pod that has come to a node, and reports
// whether another node may be allowed now.
func (k *rule) came(p *framework.PodInfo, n *framework.NodeInfo) (more bool) {
	c := k.concerned(p)
	k.carry(c, p, n, k.plugins.RunPreFilterExtensionAddPod)
	return c.spread || c.near
}

// went does so for a pod that has left a node.
func (k *rule) went(p *framework.PodInfo, n *framework.NodeInfo) (more bool) {
	c := k.concerned(p)
	k.carry(c, p, n, k.plugins.RunPreFilterExtensionRemovePod)
	return c != concern{}
}

// carry has the plugins take the pod into account in what they have gathered. Some
// things they cannot: PodTopologySpread counts no pod that terminates, but forgets
// that afterwards; InterPodAffinity gathers nothing where no pod was in the way, and
// VolumeRestrictions nothing where no claim was shared.
func (k *rule) carry(c concern, p *framework.PodInfo, n *framework.NodeInfo, by func(context.Context, fwk.CycleState, *v1.Pod, fwk.PodInfo, fwk.NodeInfo) *fwk.Status) {
	switch {
	case k.state == nil || n.Node() == nil:
	case k.nowhere != "", c.volumes,
		c.spread && p.Pod.DeletionTimestamp != nil,
		c.apart && k.state.GetSkipFilterPlugins().Has(names.InterPodAffinity),
		!by(context.Background(), k.state, k.pod, p, n).IsSuccess(),
		c.spread && !correctLeast(k.state):
		k.forget()
	}
}

// concern is what a pod on a node may mean for a rule.
type concern struct {
	spread  bool // the pod counts for the rule's spread
	near    bool // the rule's pods must be near it
	apart   bool // they must be apart from it, or it from them
	volumes bool // they may share volumes, or a node's limit of them
}

func (k *rule) concerned(p *framework.PodInfo) (c concern) {
	c.volumes = k.volumes && hasVolumes(p.Pod)
	if k.info == nil {
		return c
	}
	c.spread = p.Pod.Namespace == k.pod.Namespace &&
		slices.ContainsFunc(k.spread, func(s labels.Selector) bool { return s.Matches(labels.Set(p.Pod.Labels)) })
	c.near = k.rules.match(k.info.RequiredAffinityTerms, p.Pod)
	c.apart = k.rules.match(k.info.RequiredAntiAffinityTerms, p.Pod) || k.rules.match(p.RequiredAntiAffinityTerms, k.pod)
	return c
}
