package scheduler

import (
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

	// Object is the whole pod, for [Rules]; the core itself does not look into it.
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

	// Killed: the pod goes on without this attempt. See [Kill].
	Killed bool `json:",omitempty"`
}

// pod is a pod that the core knows, from PodAdded to PodRemoved.
type pod struct {
	Pod
	seq   uint64 // its number in the order of priority, then of arrival
	node  string // name of the Node it is known to be bound to; never undone
	state podState

	// Of the queue.
	class   *class // while it waits
	place   int    // among the ready pods of its class, or among the late ones
	backoff alarm  // the end of it

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
