package scheduler

import (
	"errors"
	"fmt"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// simAPI is the API server with its users, and the framework's store.
type simAPI struct {
	*fate
	results []Event // from API server and store, in any order
	watch   []Event // from the API server's watch, in order

	pods   []*simPod // those that exist, by age
	byUID  map[string]*simPod
	stored map[string]Task
}

type simPod struct {
	Pod
	node     string // bound to, by the framework
	finished bool
	deleting bool // by the user, while the kubelet stops it
	message  string
}

func (a *simAPI) addPod(agents []*simAgent) {
	p := &simPod{Pod: Pod{UID: a.id("pod"), Amount: Amount{CPU: int64(1+a.rng.IntN(12)) * 250, Mem: int64(1+a.rng.IntN(8)) * 128}}}
	if a.rng.IntN(4) == 0 {
		p.Ports = []uint16{31000 + uint16(a.rng.IntN(5))}
	}
	if a.rng.IntN(4) == 0 {
		p.Amount.Disk = int64(1+a.rng.IntN(5)) * 128
	}
	if a.rng.IntN(8) == 0 {
		p.Amount.CPU = 100000
	}
	p.Object = &v1.Pod{ObjectMeta: metav1.ObjectMeta{UID: types.UID(p.UID), Labels: map[string]string{}}}
	for _, wish := range []string{"in", "in", "apart", "near", "shun", "like", "even"} {
		if a.rng.IntN(6) == 0 {
			p.Object.Labels[wish] = string(rune('a' + a.rng.IntN(2)))
		}
	}
	if a.rng.IntN(6) == 0 {
		agent := agents[a.rng.IntN(len(agents))]
		p.Affinity = nodeaffinity.GetRequiredNodeAffinity(&v1.Pod{Spec: v1.PodSpec{NodeSelector: map[string]string{"agent": agent.id}}})
	} else if a.rng.IntN(3) > 0 {
		p.Class = fmt.Sprint(p.Amount, p.Ports)
	}
	p.Namespace = fmt.Sprint("team", a.rng.IntN(3))
	if a.rng.IntN(2) == 0 {
		p.Priority = int32(a.rng.IntN(3) - 1)
		if a.rng.IntN(4) == 0 {
			p.Object.Spec.PreemptionPolicy = new(v1.PreemptNever)
		}
	}
	if a.rng.IntN(10) == 0 {
		a.assign(p, agents)
	}
	a.pods = append(a.pods, p)
	a.byUID[p.UID] = p
	a.watch = append(a.watch, PodAdded{p.Pod, ""})
}

// assign has a pod assigned to a Node by a user or another scheduler, now and then to one
// that does not exist.
func (a *simAPI) assign(p *simPod, agents []*simAgent) {
	p.Pod.Node = "elsewhere"
	if a.rng.IntN(5) > 0 {
		p.Pod.Node = agents[a.rng.IntN(len(agents))].node
	}
}

// endPod: the pod is finished, or the object is gone.
func (a *simAPI) endPod(p *simPod, removed bool) {
	p.finished = true
	if removed {
		delete(a.byUID, p.UID)
		a.pods = slices.DeleteFunc(a.pods, func(q *simPod) bool { return q == p })
	}
	a.watch = append(a.watch, PodRemoved{p.UID})
}

// changed has a pod be another object, which is returned: the core keeps those that it gets.
func (p *simPod) changed() *v1.Pod {
	p.Object = p.Object.DeepCopy()
	return p.Object
}

// preempt deletes a pod, now and then after a while only.
func (a *simAPI) preempt(c Preempt) {
	if p := a.byUID[c.PodUID]; p != nil && !p.finished && !a.chance(4) {
		a.deletePod(p)
	}
}

func (a *simAPI) nominate(c Nominate) {
	if p := a.byUID[c.PodUID]; p != nil && p.node == "" {
		p.changed().Status.NominatedNodeName = c.Node
	}
}

// deletePod is a user's delete: without a kubelet the object goes at once.
func (a *simAPI) deletePod(p *simPod) {
	switch {
	case p.node == "" || p.finished:
		a.endPod(p, true)
	default:
		p.deleting = true
		p.changed().DeletionTimestamp = &metav1.Time{Time: a.now.Add(30 * time.Second)}
		a.watch = append(a.watch, PodAdded{p.Pod, p.node})
	}
}

func (a *simAPI) bind(c Bind) {
	p := a.byUID[c.PodUID]
	var err error
	denied := a.chance(10)
	switch {
	case p == nil || p.finished:
		err, denied = errors.New("no such pod"), false
	case p.node != "":
		err, denied = errors.New("bound to "+p.node), false
	case p.Pod.Node != "" && p.Pod.Node != c.Task.Node:
		err, denied = errors.New("assigned to "+p.Pod.Node), false
	case denied:
		err = errors.New("a webhook says no")
	default:
		p.node = c.Task.Node
		a.watch = append(a.watch, PodAdded{p.Pod, p.node})
	}
	a.results = append(a.results, Bound{Task: c.Task.ID, Err: err, Denied: denied})
}
