package schedulerplugins

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
)

// idle is after how many comings and goings a rule that nobody asks is carried
// forward no longer.
const idle = 256

// Rules are scheduler.Rules by the plugins of Kubernetes' scheduler.
type Rules struct {
	plugins    map[string]framework.Framework // by the scheduler that a pod asks for
	own        map[string]ownPoints           // the same
	snapshot   *snapshot
	asleep     map[types.UID]placed            // pods, while no rule has been asked; nil: they are in snapshot
	objects    informers.SharedInformerFactory // never started: see Observe
	extenders  *extenders
	namespaces corelisters.NamespaceLister
	volumes    *volumes

	kinds   map[string]*rule // those carried forward, by kind of pod
	carried []*rule          // the same, in the order in which they began to be
	changes uint64           // pods that came or went, since a rule was asked first
	tainted int              // nodes that pods are asked to avoid
	mixed   bool             // pods depend on one another, so every pod has a Rule
	scores  bool             // every pod has one, and is scored

	localImages bool // a profile prefers nodes that have a pod's images
}

// placed is a pod on a node.
type placed struct {
	pod  *v1.Pod
	node string
}

// New returns rules for a cluster of which nothing is known yet. The plugins' own
// goroutines end with ctx.
func New(ctx context.Context, profiles *Profiles) (*Rules, error) {
	r := &Rules{snapshot: newSnapshot(), asleep: map[types.UID]placed{}, kinds: map[string]*rule{}, scores: profiles.scoreAll}
	r.objects = informers.NewSharedInformerFactory(&kubernetes.Clientset{}, 0)
	r.extenders = newExtenders(ctx, profiles.extenders)
	r.namespaces = r.objects.Core().V1().Namespaces().Lister()
	r.volumes = newVolumes(r.objects, r.snapshot, func() { r.forget(func(kind *rule) bool { return kind.volumes }) })
	r.plugins, r.own = map[string]framework.Framework{}, map[string]ownPoints{}
	for name, profile := range profiles.byName {
		var err error
		if r.plugins[name], err = newFramework(ctx, profile, profiles.own, r.snapshot, r.objects); err != nil {
			return nil, fmt.Errorf("the plugins of scheduler %s: %w", name, err)
		}
		r.localImages = r.localImages || slices.ContainsFunc(r.plugins[name].ListPlugins().Score.Enabled, func(p config.Plugin) bool { return p.Name == names.ImageLocality })
		if r.own[name], err = ownPointsOf(profiles.own, r.plugins[name]); err != nil {
			return nil, fmt.Errorf("profile %s: %w", name, err)
		}
	}
	return r, nil
}

// Answers returns what [Rules.Observe] is to be told of, apart from objects of the API
// server. Whoever uses extenders must receive it.
func (r *Rules) Answers() <-chan any { return r.extenders.answers }

// Key implements [scheduler.Rules].
func (r *Rules) Key(p scheduler.Pod) string {
	if p.Object == nil || !r.mixed && !r.scores && !dependsOnOthers(p.Object) || r.plugins[p.Object.Spec.SchedulerName] == nil {
		return ""
	}
	return r.kindOf(p.Object)
}

// Rule implements [scheduler.Rules].
func (r *Rules) Rule(p scheduler.Pod) scheduler.Rule {
	key := r.kindOf(p.Object)
	if known := r.kinds[key]; known != nil {
		return known
	}
	return newRule(r, key, p.Object)
}

// Imagine implements [scheduler.Rules]. What extenders have said about pods of the kind counts,
// but they are not asked.
func (r *Rules) Imagine(p scheduler.Pod) scheduler.Rule {
	key := r.kindOf(p.Object)
	k := newRule(r, key, p.Object)
	k.imagined = true
	if known := r.kinds[key]; known != nil {
		k.consulted = known.consulted
	}
	return k
}

func (r *Rules) kindOf(p *v1.Pod) string {
	var more []any
	if r.own[p.Spec.SchedulerName].any || len(r.extenders.all) > 0 {
		more = append(more, stated(p))
	}
	return kind(p, r.scores || dependsOnOthers(p), more...)
}

// Settled implements [scheduler.Rules].
func (r *Rules) Settled(p scheduler.Pod, node string) scheduler.Effect {
	if p.Object == nil {
		return scheduler.Effect{}
	}
	if r.asleep != nil {
		r.asleep[p.Object.UID] = placed{p.Object, node}
		return scheduler.Effect{Keys: r.mix(dependsOnPods(p.Object))}
	}
	if len(r.extenders.all) > 0 {
		r.launched(p.Object, node)
	}
	e := r.leave(p.Object)
	e.More = r.come(p.Object, node) || e.More
	e.Keys = r.mix(dependsOnPods(p.Object))
	return e
}

// launched has extenders asked again about a pod's node before another of its kind goes there.
func (r *Rules) launched(p *v1.Pod, node string) {
	if was := r.snapshot.pods[p.UID]; was.PodInfo != nil && was.node == node {
		return // not now
	}
	if kind := r.kinds[r.kindOf(p)]; kind != nil {
		kind.changed(node)
	}
}

// come takes a pod into the snapshot, and reports whether a rule may allow more now.
func (r *Rules) come(p *v1.Pod, node string) (more bool) {
	info, err := framework.NewPodInfo(p)
	if err != nil {
		return false // the API server has checked it
	}
	r.volumes.choose(p, node)
	now := r.snapshot.add(node, info)
	return r.changed(change{pod: now.PodInfo, node: now.on})
}

// wake takes all pods into the snapshot, as a rule is asked: in a cluster whose pods
// depend on nothing that takes no time.
func (r *Rules) wake() {
	pods := r.asleep
	r.asleep = nil
	for _, uid := range slices.Sorted(maps.Keys(pods)) {
		r.come(pods[uid].pod, pods[uid].node)
	}
}

// Left implements [scheduler.Rules].
func (r *Rules) Left(p scheduler.Pod, _ string) scheduler.Effect {
	if p.Object == nil {
		return scheduler.Effect{}
	}
	return r.leave(p.Object)
}

func (r *Rules) leave(p *v1.Pod) (e scheduler.Effect) {
	if r.asleep != nil {
		delete(r.asleep, p.UID)
		return e
	}
	r.volumes.unchoose(p.UID)
	was, is := r.snapshot.remove(p.UID)
	if !is {
		return e
	}
	e.More = r.changed(change{pod: was.PodInfo, node: was.on, left: true})
	return e
}

// changed tells a change to the rules that are carried forward, and reports whether one
// may allow more now.
func (r *Rules) changed(c change) (more bool) {
	r.changes++
	if r.changes%idle == 0 {
		more = r.letGo()
	}
	for _, kind := range r.carried {
		more = kind.took(c) || more
	}
	return more
}

// letGo lets go of the rules that nobody asks, and reports whether there were any. Their
// pods may wait nevertheless, and nothing will be told of what helps them. So they are to
// be looked at again now, which has their rules carried forward again.
func (r *Rules) letGo() bool {
	before := len(r.carried)
	r.carried = slices.DeleteFunc(r.carried, func(kind *rule) bool {
		if kind.asked+idle >= r.changes {
			return false
		}
		kind.forget()
		kind.carried = false
		if r.kinds[kind.key] == kind {
			delete(r.kinds, kind.key)
		}
		return true
	})
	return len(r.carried) < before
}

// carry has a rule carried forward, if there are pods that it is about.
func (r *Rules) carry(kind *rule) {
	if !kind.carried && !kind.imagined {
		kind.carried = true
		r.kinds[kind.key] = kind
		r.carried = append(r.carried, kind)
	}
}

// mix reports whether from now on every pod has a Rule, which is so once something
// concerns all: a pod with affinity, or a taint to be avoided. It lasts, as there will
// be another.
func (r *Rules) mix(concernsAll bool) (news bool) {
	news = concernsAll && !r.mixed
	r.mixed = r.mixed || concernsAll
	return news
}

// Node implements [scheduler.Rules].
func (r *Rules) Node(name string, n *v1.Node) scheduler.Effect {
	old := r.snapshot.info(name).Node()
	r.snapshot.setNode(name, n)
	if prefersNone(old) {
		r.tainted--
	}
	if prefersNone(n) {
		r.tainted++
	}
	if old != nil && n != nil && maps.Equal(old.Labels, n.Labels) && old.Spec.Unschedulable == n.Spec.Unschedulable &&
		equality.Semantic.DeepEqual(old.Spec.Taints, n.Spec.Taints) && sameExtended(old, n) {
		return scheduler.Effect{}
	}
	r.forget(func(kind *rule) bool {
		kind.changed(name)
		return true
	})
	return scheduler.Effect{More: true, Keys: r.mix(r.tainted > 0)}
}

// forget has those rules run PreFilter again when they are asked next, and reports whether there are
// any.
func (r *Rules) forget(which func(*rule) bool) (found bool) {
	for _, kind := range r.carried {
		if which(kind) {
			kind.forget()
			found = true
		}
	}
	return found
}

// match reports whether any of the terms is about a pod.
func (r *Rules) match(terms []fwk.AffinityTerm, p *v1.Pod) bool {
	if len(terms) == 0 {
		return false
	}
	var of labels.Set
	if ns, err := r.namespaces.Get(p.Namespace); err == nil {
		of = ns.Labels
	}
	return slices.ContainsFunc(terms, func(t fwk.AffinityTerm) bool { return t.Matches(p, of) })
}
