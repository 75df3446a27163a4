package kubelet

import (
	"fmt"
	"strings"
	"sync"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	resourcehelper "k8s.io/component-helpers/resource"
	upstream "k8s.io/kubernetes/pkg/kubelet"
	"k8s.io/kubernetes/pkg/kubelet/lifecycle"
)

// Amount is an amount of what pods can be resized in.
type Amount struct {
	CPU    int64 // thousandths
	Memory int64 // bytes
}

// resizes decide whether pods may be resized in place. Mesos cannot change what a running
// task holds: a pod may shrink, and grow again to the size of its task. What is above that
// is taken from what the executor holds for all of its pods that grow, if there is any.
type resizes struct {
	spare     Amount                        // for all pods that grow
	allocated func(*v1.Pod) (*v1.Pod, bool) // returns a pod with what the kubelet has allocated to it

	mu   sync.Mutex
	held map[types.UID]Amount // by the tasks of pods
}

func newResizes(spare Amount) *resizes { return &resizes{spare: spare, held: map[types.UID]Amount{}} }

// hold records what the task of a pod holds; zero: it is over.
func (r *resizes) hold(uid types.UID, a Amount) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a == (Amount{}) {
		delete(r.held, uid)
		return
	}
	r.held[uid] = a
}

// join has a kubelet that does not run yet ask r, too. It reports false where that is not
// possible.
func (r *resizes) join(u *upstream.Kubelet) bool {
	place := allocations(u)
	if place == nil {
		return false
	}
	r.allocated = (*place).UpdatePodFromAllocation
	(*place).AddPodAdmitHandlers(lifecycle.PodAdmitHandlers{r})
	return true
}

// Admit implements lifecycle.PodAdmitHandler: the kubelet asks about pods one by one.
func (r *resizes) Admit(attrs *lifecycle.PodAdmitAttributes) lifecycle.PodAdmitResult {
	if attrs.Operation != lifecycle.ResizeOperation {
		return lifecycle.PodAdmitResult{Admit: true}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	allocated, _ := r.allocated(attrs.Pod)
	held, known := r.held[attrs.Pod.UID]
	has, wants := requested(allocated), requested(attrs.Pod)
	lacks := wants.above(has.max(held))
	if lacks == (Amount{}) {
		return lifecycle.PodAdmitResult{Admit: true}
	}
	if !known {
		return pending(v1.PodReasonDeferred, "the Mesos task of this pod is not known yet")
	}
	lacks = wants.above(held)
	left := r.spare.above(r.used(attrs.OtherPods))
	switch {
	case lacks.above(r.spare) != (Amount{}):
		return pending(v1.PodReasonInfeasible, fmt.Sprintf("Mesos cannot change the resources of a running task: this pod's has %s, "+
			"and %s more would be needed; the executor has %s for pods that grow (-resize_cpus, -resize_mem of framework_runner). "+
			"A new pod can have them", held, lacks, r.spare))
	case lacks.above(left) != (Amount{}):
		return pending(v1.PodReasonDeferred, fmt.Sprintf("Mesos cannot change the resources of a running task: this pod's has %s, "+
			"and of the %s more that would be needed, the executor has %s left for pods that grow", held, lacks, left))
	}
	return lifecycle.PodAdmitResult{Admit: true}
}

// used returns how much more than their tasks hold has been allocated to pods.
func (r *resizes) used(allocated []*v1.Pod) (sum Amount) {
	for _, p := range allocated {
		if held, known := r.held[p.UID]; known {
			more := requested(p).above(held)
			sum.CPU += more.CPU
			sum.Memory += more.Memory
		}
	}
	return sum
}

func pending(reason, message string) lifecycle.PodAdmitResult {
	return lifecycle.PodAdmitResult{Reason: reason, Message: message}
}

func requested(p *v1.Pod) Amount {
	all := resourcehelper.PodRequests(p, resourcehelper.PodResourcesOptions{})
	return Amount{CPU: all.Cpu().MilliValue(), Memory: all.Memory().Value()}
}

// above returns by how much a exceeds b.
func (a Amount) above(b Amount) Amount {
	return Amount{CPU: max(0, a.CPU-b.CPU), Memory: max(0, a.Memory-b.Memory)}
}

func (a Amount) max(b Amount) Amount {
	return Amount{CPU: max(a.CPU, b.CPU), Memory: max(a.Memory, b.Memory)}
}

// String returns an amount as people read it, without what is zero.
func (a Amount) String() string {
	var parts []string
	if a.CPU != 0 {
		parts = append(parts, fmt.Sprintf("%g cpus", float64(a.CPU)/1000))
	}
	if a.Memory != 0 {
		parts = append(parts, fmt.Sprintf("%.4g MiB", float64(a.Memory)/(1<<20)))
	}
	if parts == nil {
		return "nothing"
	}
	return strings.Join(parts, " and ")
}
