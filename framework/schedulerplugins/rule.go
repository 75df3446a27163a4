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
	spread, affine, _ := k.concerns(p)
	k.carry(p, n, k.plugins.RunPreFilterExtensionAddPod)
	return spread || affine
}

// went does so for a pod that has left a node.
func (k *rule) went(p *framework.PodInfo, n *framework.NodeInfo) (more bool) {
	spread, affine, apart := k.concerns(p)
	k.carry(p, n, k.plugins.RunPreFilterExtensionRemovePod)
	return spread || affine || apart || k.volumes && hasVolumes(p.Pod)
}

// carry has the plugins take the pod into account in what they have gathered. Some
// things they cannot: PodTopologySpread counts no pod that terminates, but forgets
// that afterwards; InterPodAffinity gathers nothing where no pod was in the way, and
// VolumeRestrictions nothing where no claim was shared.
func (k *rule) carry(p *framework.PodInfo, n *framework.NodeInfo, by func(context.Context, fwk.CycleState, *v1.Pod, fwk.PodInfo, fwk.NodeInfo) *fwk.Status) {
	if k.state == nil || n.Node() == nil {
		return
	}
	spread, _, apart := k.concerns(p)
	if k.nowhere != "" || spread && p.Pod.DeletionTimestamp != nil || k.volumes && hasVolumes(p.Pod) ||
		apart && k.state.GetSkipFilterPlugins().Has(names.InterPodAffinity) {
		k.forget()
		return
	}
	if !by(context.Background(), k.state, k.pod, p, n).IsSuccess() || spread && !correctLeast(k.state) {
		k.forget()
	}
}

// concerns reports whether the pod counts for the rule's spread, whether its kind must
// be near the pod, and whether the one must be apart from the other.
func (k *rule) concerns(p *framework.PodInfo) (spread, affine, apart bool) {
	if k.info == nil {
		return false, false, false
	}
	spread = p.Pod.Namespace == k.pod.Namespace &&
		slices.ContainsFunc(k.spread, func(s labels.Selector) bool { return s.Matches(labels.Set(p.Pod.Labels)) })
	theirs, ours := k.rules.namespaceLabels(p.Pod.Namespace), k.rules.namespaceLabels(k.pod.Namespace)
	matches := func(terms []fwk.AffinityTerm, pod *v1.Pod, ns labels.Set) bool {
		return slices.ContainsFunc(terms, func(t fwk.AffinityTerm) bool { return t.Matches(pod, ns) })
	}
	affine = matches(k.info.RequiredAffinityTerms, p.Pod, theirs)
	apart = matches(k.info.RequiredAntiAffinityTerms, p.Pod, theirs) || matches(p.RequiredAntiAffinityTerms, k.pod, ours)
	return spread, affine, apart
}
