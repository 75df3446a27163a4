package scheduler

import (
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler/preemption"
	v1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// Pod holds what the core needs to know about a pod that waits or has a task.
type Pod struct {
	UID       string
	Namespace string
	Name      string

	// Node is the name of the Node that others have assigned the pod to; empty: it may
	// run anywhere. See the package comment.
	Node string

	// Priority is that of its PriorityClass: a pod of a higher one goes first, whenever
	// it has arrived.
	Priority int32

	Amount Amount
	Ports  []uint16 // fixed host ports, ascending; each is taken from the offer's ranges

	// Affinity is the pod's node selector and required node affinity, compiled.
	Affinity    nodeaffinity.RequiredNodeAffinity
	Tolerations []v1.Toleration

	// Class is equal for pods that are interchangeable in matching: same
	// amount, ports, affinity and tolerations. Empty: in a class of its own.
	Class string

	// Object is the whole pod, for [Rules] and disruption budgets. The core itself looks into
	// it only to find out who makes room for whom: for its preemptionPolicy and deletion,
	// and, when the pod is announced first, its start and nomination. May be nil.
	Object *v1.Pod
}

// Task is one attempt to run a pod on an agent. The framework stores it before
// the launch is sent (see [Launch]) and forgets it when the core says so
// ([Forget]); after a restart it hands all of them back ([Restored]).
type Task struct {
	ID      string // the pod's uid, a dot and the attempt; never used twice
	PodUID  string
	Attempt int
	Agent   string // Mesos agent id
	Node    string // name of the Node object of that agent
	Amount  Amount
	Ports   []uint16
	Shared  []uint16 `json:",omitempty"` // of its pod's ports, those that other tasks have there

	// Killed: the pod goes on without this attempt. See [Kill].
	Killed bool `json:",omitempty"`
}

// uses returns all ports of the task's pod.
func (t *Task) uses() []uint16 { return slices.Concat(t.Ports, t.Shared) }

// pod is a pod that the core knows, from PodAdded to PodRemoved.
type pod struct {
	Pod
	seq   uint64 // its number in the order of priority, then of arrival
	node  string // name of the Node it is known to be bound to; never undone
	state podState

	// Of the queue.
	class   *class    // while it waits
	place   int       // among the ready pods of its class, or among the late ones
	since   time.Time // when it became ready last
	backoff alarm     // the end of it

	nomination *nomination // room is made for it, while it waits
	vain       vain        // earlier ones
	preempted  *time.Time  // when it was told to make room for another; nil: never
	started    *time.Time  // when a kubelet has taken it, in this life of the core

	task       *task    // while it has one
	attempt    int      // number of the latest attempt
	failures   int      // consecutive failed attempts
	trouble    string   // what became of the last of them
	old        []string // ended tasks whose records keep the attempts counted
	superseded int      // earlier attempts that must end and may still live
	pinned     *pinned  // it is bound, and waits for an executor there or has just been launched again

	residence string // where the Rules were told that it is
	explained explained
}

// podState is where a pod stands; the progress of its task is in task.state.
type podState int

const (
	// left alone: bound, but by no task that we know, or with no way to be bound. It
	// is neither launched, nor failed, nor counted: its resources are not Mesos' and
	// the kubelet's admission decides about it.
	leftAlone  podState = iota
	ready               // waits for an offer
	backingOff          // waits for the end of its backoff
	placed              // has a task
)

// neverPreempts reports whether no other pod has to go for this one.
func (p *Pod) neverPreempts() bool {
	return p.Object != nil && p.Object.Spec.PreemptionPolicy != nil && *p.Object.Spec.PreemptionPolicy == v1.PreemptNever
}

// goneBy returns when the pod will have ended, as it is being deleted; zero: it is not.
func (p *Pod) goneBy() time.Time {
	if p.Object == nil || p.Object.DeletionTimestamp == nil {
		return time.Time{}
	}
	return p.Object.DeletionTimestamp.Time
}

// nominated returns the name of the Node on which room was made for the pod, empty: none.
func (p *Pod) nominated() string {
	if p.Object == nil {
		return ""
	}
	return p.Object.Status.NominatedNodeName
}

// victim returns what the choice of the pod as a victim depends on.
func (p *pod) victim() preemption.Pod {
	v := preemption.Pod{Object: p.Object, Priority: p.Priority}
	switch {
	case p.started != nil:
		v.Started = *p.started
	case p.Object != nil && p.Object.Status.StartTime != nil:
		v.Started = p.Object.Status.StartTime.Time
	}
	return v
}

func (p *pod) waits() bool { return p.state == ready || p.state == backingOff }

// mayBeAssigned reports whether the pod is left alone until somebody binds it: then it
// is launched again.
func (p *pod) mayBeAssigned() bool { return p.state == leftAlone && p.node == "" }

// forgetOld drops the records of earlier attempts.
func (p *pod) forgetOld(s *session) {
	for _, id := range p.old {
		s.call(Forget{Task: id})
	}
	p.old = nil
}

// pods holds the pods that the API server has announced. It joins each with its
// task of an earlier life, has those that are not bound wait in the queue, and the
// tasks of those that are gone end.
type pods struct {
	session     *session
	queue       *queue
	tasks       *tasks
	killer      *killer
	bound       *boundTasks
	residents   *residents
	nominations *nominations
	explain     func(*pod, string)

	byUID      map[string]*pod
	priorities priorities
	arrivals   uint64             // pods ever announced
	stored     map[string][]*task // by pod uid: tasks of an earlier life whose pod has not been announced
}

// get returns the pod of a uid, nil when it is not known.
func (x *pods) get(uid string) *pod { return x.byUID[uid] }

func (x *pods) added(in Pod, node string) {
	p := x.byUID[in.UID]
	isNew := p == nil
	if isNew {
		x.arrivals++
		p = &pod{Pod: in, seq: inOrder(in.Priority, x.arrivals)}
		x.byUID[in.UID] = p
		x.priorities.add(in.Priority, 1)
		x.adopt(p, node)
	}
	if node == "" {
		node = p.node // an old event: Bound has reported the binding
	}
	p.node = node
	defer x.residents.update(p, p.Object != in.Object)
	same := p.Pod.Class == in.Class && p.Pod.Node == in.Node && (in.Class != "" || reflect.DeepEqual(p.Pod, in))
	switch {
	case p.state == placed:
		p.Pod = in
		x.seenBound(p, node)
	case p.pinned != nil:
		p.Pod = in // in its class of its own; what it asks for hardly changes once it is bound
	case node != "":
		x.queue.remove(p)
		p.Pod = in
		p.forgetOld(x.session)
	case p.state == leftAlone:
		p.Pod = in
		x.queue.add(p)
	case !same || x.queue.differs(p, in):
		x.queue.replace(p, in)
	default:
		p.Pod = in
	}
	x.nominations.seen(p, isNew)
}

// started notes when a kubelet has taken a pod.
func (x *pods) started(uid string, at time.Time) {
	if p := x.byUID[uid]; p != nil {
		p.started = &at
	}
}

func (x *pods) removed(uid string) {
	p := x.byUID[uid]
	if p == nil {
		return
	}
	x.nominations.removed(p)
	x.queue.remove(p)
	if p.task != nil {
		x.endTask(p.task)
	}
	x.bound.unpin(p)
	x.residents.gone(p)
	delete(x.byUID, uid)
	x.priorities.add(p.Priority, -1)
	p.forgetOld(x.session)
}

// priorities are those of all pods that are known, in ascending order, with the number of
// pods that have them.
type priorities []struct {
	priority int32
	pods     int
}

// add notes that there are n more pods of a priority.
func (x *priorities) add(priority int32, n int) {
	all := *x
	i := 0
	for i < len(all) && all[i].priority < priority {
		i++
	}
	if i == len(all) || all[i].priority != priority {
		all = slices.Insert(all, i, struct {
			priority int32
			pods     int
		}{priority: priority})
	}
	if all[i].pods += n; all[i].pods == 0 {
		all = slices.Delete(all, i, i+1)
	}
	*x = all
}

// below reports whether a pod of a lower priority is known.
func (x priorities) below(priority int32) bool { return len(x) > 0 && x[0].priority < priority }

// endTask handles the removal of the task's pod.
func (x *pods) endTask(t *task) {
	switch t.state {
	case launching:
		x.killer.kill(t, 0)
	case running:
		// The pod is finished, or the kubelet has deleted it: the executor will
		// report that itself. A Kill now could take a finished pod for one that
		// must go.
		x.killer.kill(t, removeGrace)
	case isEnded:
		x.bound.endSeen(t)
	default: // the outcome of Bind or Fail decides
		t.pod = nil
	}
}

// restored takes over the tasks of an earlier life. Each counts as alive until
// Mesos has reported what became of it, so its pod is not launched again.
func (x *pods) restored(tasks []Task) {
	for _, in := range tasks {
		if x.tasks.get(in.ID) == nil {
			x.stored[in.PodUID] = append(x.stored[in.PodUID], x.tasks.add(in))
		}
	}
}

// inOrder returns the number of a pod that arrived as number n: numbers grow from higher
// priorities to lower ones, and within a priority with each arrival.
func inOrder(priority int32, n uint64) uint64 {
	return uint64(math.MaxInt32-int64(priority))<<32 | n
}

// adopt gives a pod back its task of an earlier life: that of the latest attempt,
// unless it was killed. The attempts before it failed; any that still lives must
// end.
func (x *pods) adopt(p *pod, node string) {
	var latest *task
	for _, t := range x.stored[p.UID] {
		if latest == nil || t.Attempt > latest.Attempt {
			latest, t = t, latest
		}
		if t != nil {
			x.killer.kill(t, 0)
		}
	}
	delete(x.stored, p.UID)
	if latest == nil {
		return
	}
	p.attempt = latest.Attempt
	if latest.Killed {
		x.killer.kill(latest, 0)
		return
	}
	p.task, latest.pod = latest, p
	p.state = placed
	x.tasks.fleet.belongs(latest, p.Namespace)
	if node == "" {
		x.explain(p, "waiting for Mesos to tell what became of task "+latest.ID+", launched before the framework was started again")
	}
}

// seenBound records where a pod that has a task is bound or assigned. Our own bindings are
// learned from Bound, except for those of an earlier life.
func (x *pods) seenBound(p *pod, node string) {
	t := p.task
	switch {
	case t.state != launching || t.bound:
	case node == t.Node:
		t.state = running
	case node != "":
		p.task, p.state = nil, leftAlone
		x.killer.kill(t, 0)
		p.forgetOld(x.session)
	case p.Node != "" && p.Node != t.Node: // others have assigned it elsewhere meanwhile
		p.task = nil
		x.killer.kill(t, 0)
		x.queue.add(p)
	}
}

// listed: from now on a stored task without a pod is one whose pod has finished or
// gone while no framework ran.
func (x *pods) listed() {
	x.stored = nil
	for _, t := range x.tasks.sorted() {
		if t.pod == nil && t.state == launching {
			x.killer.kill(t, removeGrace)
		}
	}
}
