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
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// idle is after how many comings and goings a rule that nobody asks is carried
// forward no longer.
const idle = 1000

// Rules are scheduler.Rules by the plugins of Kubernetes' scheduler.
type Rules struct {
	plugins    framework.Framework
	snapshot   *snapshot
	objects    informers.SharedInformerFactory // never started: see Observe
	namespaces corelisters.NamespaceLister

	kinds   map[string]*rule // those carried forward, by kind of pod
	carried []*rule          // the same, in the order in which they began to be
	changes uint64           // pods that came or went
	tainted int              // nodes that pods are asked to avoid
	mixed   bool             // pods depend on one another, so every pod has a Rule
}

// New returns rules for a cluster of which nothing is known yet. The plugins' own
// goroutines end with ctx.
func New(ctx context.Context) (*Rules, error) {
	profile, err := defaultProfile()
	if err != nil {
		return nil, err
	}
	r := &Rules{snapshot: newSnapshot(), kinds: map[string]*rule{}}
	r.objects = informers.NewSharedInformerFactory(&kubernetes.Clientset{}, 0)
	r.namespaces = r.objects.Core().V1().Namespaces().Lister()
	r.plugins, err = newFramework(ctx, profile, r.snapshot, r.objects)
	if err != nil {
		return nil, fmt.Errorf("the plugins of Kubernetes' scheduler: %w", err)
	}
	return r, nil
}

// Key implements [scheduler.Rules].
func (r *Rules) Key(p scheduler.Pod) string {
	if p.Object == nil || !r.mixed && !dependsOnOthers(p.Object) {
		return ""
	}
	return kind(p.Object)
}

// Rule implements [scheduler.Rules].
func (r *Rules) Rule(p scheduler.Pod) scheduler.Rule {
	key := kind(p.Object)
	if known := r.kinds[key]; known != nil {
		return known
	}
	return newRule(r, key, p.Object)
}

// Settled implements [scheduler.Rules].
func (r *Rules) Settled(p scheduler.Pod, node string) scheduler.Effect {
	if p.Object == nil {
		return scheduler.Effect{}
	}
	e := r.leave(p.Object)
	info, err := framework.NewPodInfo(p.Object)
	if err != nil {
		return e // the API server has checked it
	}
	r.snapshot.add(node, info)
	r.changed()
	for _, kind := range r.carried {
		e.More = kind.came(info, r.snapshot.info(node)) || e.More
	}
	e.Keys = r.mix()
	return e
}

// Left implements [scheduler.Rules].
func (r *Rules) Left(p scheduler.Pod, _ string) scheduler.Effect {
	if p.Object == nil {
		return scheduler.Effect{}
	}
	return r.leave(p.Object)
}

func (r *Rules) leave(p *v1.Pod) (e scheduler.Effect) {
	was, is := r.snapshot.remove(p.UID)
	if !is {
		return e
	}
	r.changed()
	for _, kind := range r.carried {
		e.More = kind.went(was.PodInfo, r.snapshot.info(was.node)) || e.More
	}
	return e
}

// changed counts a coming or going, and lets go of the rules that nobody asks.
func (r *Rules) changed() {
	r.changes++
	if r.changes%idle != 0 {
		return
	}
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
}

// carry has a rule carried forward.
func (r *Rules) carry(kind *rule) {
	if !kind.carried {
		kind.carried = true
		r.kinds[kind.key] = kind
		r.carried = append(r.carried, kind)
	}
}

// mix reports whether from now on every pod has a Rule: one with affinity, or a taint
// to be avoided, says something about all. That lasts, as there will be another.
func (r *Rules) mix() bool {
	was := r.mixed
	r.mixed = was || r.snapshot.withAffinity > 0 || r.tainted > 0
	return r.mixed != was
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
		equality.Semantic.DeepEqual(old.Spec.Taints, n.Spec.Taints) {
		return scheduler.Effect{}
	}
	return scheduler.Effect{More: r.forgetAll(), Keys: r.mix()}
}

// forgetAll has every rule made anew when it is asked next.
func (r *Rules) forgetAll() bool {
	for _, kind := range r.carried {
		kind.forget()
	}
	return true
}

// namespaceLabels returns the labels of a namespace, which terms may select by.
func (r *Rules) namespaceLabels(name string) labels.Set {
	ns, err := r.namespaces.Get(name)
	if err != nil {
		return nil
	}
	return ns.Labels
}
