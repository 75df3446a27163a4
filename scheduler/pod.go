package scheduler

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// Amount is a quantity of what Mesos offers and pods ask for.
type Amount struct {
	CPU int64 // thousandths of a cpu, the precision of Mesos' scalars
	Mem int64 // MiB: a pod's bytes rounded up, an offer's rounded down
}

// Pod holds what the core needs to know about a pod that waits or has a task.
type Pod struct {
	UID       string
	Namespace string
	Name      string

	Amount Amount
	Ports  []uint16 // fixed host ports, ascending; each is taken from the offer's ranges

	// Affinity is the pod's node selector and required node affinity, compiled.
	Affinity    nodeaffinity.RequiredNodeAffinity
	Tolerations []v1.Toleration

	// Class is equal for pods that are interchangeable in matching: same
	// amount, ports, affinity and tolerations. Empty: in a class of its own.
	Class string
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
