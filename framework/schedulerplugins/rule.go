package schedulerplugins

import (
	"context"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
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
	own     ownPoints
	extends bool // they use extended resources
	consulted
	prefers  bool
	invalid  string // why no plugin can be asked
	asked    uint64 // Rules.changes then
	carried  bool   // it is in Rules.carried
	imagined bool   // it is about a pod that does not exist, see Rules.Imagine

	state   fwk.CycleState // what PreFilter has gathered; nil: it must do so anew
	missed  []change       // that it is to be carried forward over
	nowhere string         // what it says about all nodes
	only    *fwk.PreFilterResult
}

func newRule(r *Rules, key string, p *v1.Pod) *rule {
	k := &rule{
		rules: r, plugins: r.plugins[p.Spec.SchedulerName], own: r.own[p.Spec.SchedulerName], key: key, pod: p,
		volumes: hasVolumes(p), extends: podspec.UsesExtended(p), prefers: prefers(p),
	}
	info, err := framework.NewPodInfo(p)
	if err != nil {
		k.invalid = err.Error()
	}
	k.info = info
	k.by = r.extenders.interested(p)
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
	if why := k.filter(k.state, n); why != "" {
		return why
	}
	return k.extendersRefuse(node)
}

// filter returns why the plugins, or the volumes that are to be made, do not allow a node as it is
// given; empty: they do.
func (k *rule) filter(state fwk.CycleState, n fwk.NodeInfo) string {
	if s := k.plugins.RunFilterPlugins(context.Background(), state, k.pod, n); !s.IsSuccess() {
		return strings.Join(s.Reasons(), ", ")
	}
	if k.volumes {
		return k.rules.volumes.unmakeable(k.pod, n)
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
	if k.rules.localImages {
		k.rules.snapshot.images.gather(k.rules.snapshot.byName)
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
		if k.opinion != nil {
			scores[i] += k.opinion.scores[s.Name]
		}
	}
	return scores
}

// gather has the plugins look at all nodes, unless what they gathered holds.
func (k *rule) gather() {
	if k.rules.asleep != nil {
		k.rules.wake()
	}
	k.asked = k.rules.changes
	if k.state != nil && k.catchUp() {
		return
	}
	k.rules.carry(k)
	k.forget()
	k.state, k.nowhere, k.only = framework.NewCycleState(), k.invalid, nil
	if k.invalid == "" && k.volumes {
		k.nowhere = k.rules.volumes.outOfReach(k.pod)
	}
	if k.nowhere != "" {
		return
	}
	result, status, _ := k.plugins.RunPreFilterPlugins(context.Background(), k.state, k.pod)
	k.only = result
	if !status.IsSuccess() {
		k.nowhere = strings.Join(status.Reasons(), ", ")
	}
}

func (k *rule) forget() { k.state, k.missed = nil, nil }
