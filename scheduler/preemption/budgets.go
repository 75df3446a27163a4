package preemption

import (
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Budgets are the disruption budgets of a cluster. The zero value has none.
type Budgets struct {
	of map[string][]*budget // by namespace, in the order in which they came
}

// budget is a disruption budget, with what it allows yet.
type budget struct {
	name    string
	matches labels.Selector
	allowed int32
	exempt  map[string]metav1.Time // pods, by name, whose disruption is counted already
}

// Set tells what a disruption budget is now; one that is nil is gone.
func (b *Budgets) Set(namespace, name string, object *policyv1.PodDisruptionBudget) {
	all := b.of[namespace]
	kept := make([]*budget, 0, len(all)+1)
	now := newBudget(object)
	for _, x := range all {
		if x.name == name {
			x, now = now, nil
		}
		if x != nil {
			kept = append(kept, x)
		}
	}
	if now != nil {
		kept = append(kept, now)
	}
	if b.of == nil {
		b.of = map[string][]*budget{}
	}
	b.of[namespace] = kept
	if len(kept) == 0 {
		delete(b.of, namespace)
	}
}

// newBudget returns nil for a budget that is gone, or that concerns no pod.
func newBudget(object *policyv1.PodDisruptionBudget) *budget {
	if object == nil {
		return nil
	}
	s, err := metav1.LabelSelectorAsSelector(object.Spec.Selector)
	if err != nil || s.Empty() {
		return nil
	}
	return &budget{object.Name, s, object.Status.DisruptionsAllowed, object.Status.DisruptedPods}
}

// concerning calls use with each budget that the end of the pod counts in.
func (b *Budgets) concerning(p *v1.Pod, use func(*budget)) {
	if len(b.of) == 0 || p == nil || len(p.Labels) == 0 {
		return
	}
	for _, x := range b.of[p.Namespace] {
		if _, counted := x.exempt[p.Name]; !counted && x.matches.Matches(labels.Set(p.Labels)) {
			use(x)
		}
	}
}

// Spend notes that the pod is made to go, until the budget itself says what it allows then.
// It reports whether there is one.
func (b *Budgets) Spend(p *v1.Pod) (found bool) {
	b.concerning(p, func(x *budget) {
		x.allowed--
		found = true
	})
	return found
}

// divide returns which of the pods would violate a budget, if all went in this order, and
// which would not.
func (b *Budgets) divide(order []int, pods []Pod) (violating, others []int) {
	if len(b.of) == 0 {
		return nil, order
	}
	spent := map[*budget]int32{}
	for _, i := range order {
		violates := false
		b.concerning(pods[i].Object, func(x *budget) {
			spent[x]++
			violates = violates || spent[x] > x.allowed
		})
		if violates {
			violating = append(violating, i)
		} else {
			others = append(others, i)
		}
	}
	return violating, others
}
