// Package preemption chooses which pods make room for another one, as plugin
// DefaultPreemption of Kubernetes' scheduler does. It is pure: it knows neither agents nor
// offers, and asks who does whether what is left suffices.
package preemption

import (
	"cmp"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
)

// Pod is a pod that could go.
type Pod struct {
	Object   *v1.Pod // whose disruption budgets count
	Priority int32
	Started  time.Time // zero: it has not
}

// byImportance compares pods: first come those of the highest priority, and of these those
// that started first.
func byImportance(a, b Pod) int {
	if c := cmp.Compare(b.Priority, a.Priority); c != 0 {
		return c
	}
	return compareStart(a, b)
}

// compareStart compares when pods started; those that have not come last.
func compareStart(a, b Pod) int {
	if a.Started.IsZero() != b.Started.IsZero() {
		if a.Started.IsZero() {
			return 1
		}
		return -1
	}
	return a.Started.Compare(b.Started)
}

// Node is where the room is to be made. Pods are known to it by their number.
type Node interface {
	Remove(pod int)
	Restore(pod int)
	Fits() bool // the pod that needs the room, without what is removed
}

// Victims are pods whose end makes room.
type Victims struct {
	Pods       []int // the most important first
	Violations int   // how many of them go against a disruption budget
	Highest    int32 // priority among them
	sum        int64
	first      Pod // of the highest priority, that which started first
}

// Select returns which pods must go from the node, or false when even without all of them
// there is not enough. As many as possible stay: first those whose budget would be violated
// and then the others, in either case the most important first.
func Select(n Node, pods []Pod, budgets *Budgets) (Victims, bool) {
	order := make([]int, len(pods))
	for i := range pods {
		order[i] = i
		n.Remove(i)
	}
	if !n.Fits() {
		return Victims{}, false
	}
	important := func(a, b int) int { return byImportance(pods[a], pods[b]) }
	slices.SortStableFunc(order, important)
	violating, others := budgets.divide(order, pods)
	var v Victims
	goes := func(i int) bool {
		n.Restore(i)
		if n.Fits() {
			return false
		}
		n.Remove(i)
		v.Pods = append(v.Pods, i)
		return true
	}
	for _, i := range violating {
		if goes(i) {
			v.Violations++
		}
	}
	for _, i := range others {
		goes(i)
	}
	slices.SortStableFunc(v.Pods, important)
	v.weigh(pods)
	return v, true
}

// weigh notes what victims are compared by.
func (v *Victims) weigh(pods []Pod) {
	for _, i := range v.Pods {
		v.sum += int64(pods[i].Priority) + 1<<31 // so that each counts, whatever its sign
	}
	if len(v.Pods) > 0 {
		v.first = pods[v.Pods[0]]
		v.Highest = v.first.Priority
	}
}

// Compare compares victims on different nodes; those are less that rather go: fewer
// against budgets, then of a lower highest priority, of a smaller sum of priorities, fewer,
// and then those whose most important started last.
func Compare(a, b Victims) int {
	return cmp.Or(
		cmp.Compare(min(len(a.Pods), 1), min(len(b.Pods), 1)), // none at all
		cmp.Compare(a.Violations, b.Violations),
		cmp.Compare(a.Highest, b.Highest),
		cmp.Compare(a.sum, b.sum),
		cmp.Compare(len(a.Pods), len(b.Pods)),
		compareStart(b.first, a.first),
	)
}
