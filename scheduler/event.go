package scheduler

import (
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
)

// Event is something that happened; the types below are all there are.
type Event interface{ event() }

// What happens at the API server. At start the framework sends Restored once,
// then PodAdded for every pod there is, in order of creation, then PodsListed.
type (
	// Restored hands back every stored task of an earlier life. First event of all.
	Restored struct{ Tasks []Task }

	// PodAdded announces a pod that is ours to run and not finished. Node is the
	// binding that a Bind has made, empty while there is none: where others have
	// bound the pod is in Pod.Node. Repeating the event, as after a change of the
	// pod, is harmless.
	PodAdded struct {
		Pod  Pod
		Node string
	}

	// PodRemoved: the pod is finished or no longer exists. A task that it
	// still has must end: at once where the pod was not bound, and otherwise
	// when the executor, which sees the same, has not ended it by itself
	// within ten seconds.
	PodRemoved struct{ UID string }

	// PodStarted: a kubelet has taken a pod.
	PodStarted struct {
		UID string
		At  time.Time
	}

	// PodsListed: every pod that existed at start has been announced; only from
	// now on is a task without a pod significant.
	PodsListed struct{}

	// Resident announces a pod that is not ours to run, on a node: what it is may
	// matter to the [Rules]. Gone: it has finished or no longer exists.
	Resident struct {
		Pod  Pod
		Node string
		Gone bool
	}

	// BudgetChanged carries a disruption budget; nil: it is gone.
	BudgetChanged struct {
		Namespace, Name string
		Budget          *policyv1.PodDisruptionBudget
	}

	// RulesChanged: what the [Rules] know apart from pods and Nodes is not what it
	// was; any Rule may answer otherwise.
	RulesChanged struct{}

	// NodeChanged carries labels, taints and schedulability of an agent's Node;
	// it comes before the first offer of that agent. A nil Node means that it
	// is gone.
	NodeChanged struct {
		Name string
		Node *v1.Node
	}
)

// What Mesos says.
type (
	// Subscribed: a stream has begun. All offers of earlier streams are void.
	Subscribed struct{}

	// Disconnected: the stream is lost. All offers are void; calls would fail.
	// Err is the sentence that pods are told meanwhile.
	Disconnected struct{ Err error }

	// Offered brings new offers.
	Offered struct{ Offers []Offer }

	// Rescinded takes an offer back.
	Rescinded struct{ ID string }

	// Updated is a task's new status, possibly a duplicate, late, or of an
	// unknown task.
	Updated struct{ Update Update }

	// ExecutorLost: our executor on that agent has ended; its tasks' updates
	// come by themselves.
	ExecutorLost struct{ Agent string }

	// AgentLost: the agent is gone or unreachable; its tasks' updates come by
	// themselves.
	AgentLost struct{ Agent string }
)

// Update is the content of a status update.
type Update struct {
	Task    string // task id
	Agent   string // agent id, may be empty in the master's own updates
	State   mesospb.TaskState
	Source  mesospb.TaskStatus_Source
	Reason  *mesospb.TaskStatus_Reason // nil when not given
	Message string
	UUID    string // raw bytes; empty unless it must be acknowledged
	Waits   bool   // STARTING, but the node cannot run the pod yet
}

// What became of the core's own calls.
type (
	// LaunchFailed: the tasks of a Launch were not stored, so it was not sent.
	// Nothing runs.
	LaunchFailed struct {
		Tasks []Task
		Err   error
	}

	// Bound is the outcome of a Bind. Err means that the binding will never be
	// possible (the pod is gone or bound elsewhere) or, with Denied, that the API
	// server does not allow it now and another attempt may succeed; the framework
	// retries transient errors by itself.
	Bound struct {
		Task   string
		Err    error
		Denied bool
	}

	// Failed is the outcome of a Fail: the pod's end is stored, or the pod is gone.
	Failed struct{ PodUID string }

	// Tick: time has passed; see [State.Next].
	Tick struct{}
)

func (Restored) event()      {}
func (PodAdded) event()      {}
func (PodRemoved) event()    {}
func (PodStarted) event()    {}
func (BudgetChanged) event() {}
func (PodsListed) event()    {}
func (NodeChanged) event()   {}
func (Resident) event()      {}
func (RulesChanged) event()  {}
func (Subscribed) event()    {}
func (Disconnected) event()  {}
func (Offered) event()       {}
func (Rescinded) event()     {}
func (Updated) event()       {}
func (ExecutorLost) event()  {}
func (AgentLost) event()     {}
func (LaunchFailed) event()  {}
func (Bound) event()         {}
func (Failed) event()        {}
func (Tick) event()          {}

// Offer is what an agent offers, all roles that we may use taken together; the
// framework remembers which resources it is made of.
type Offer struct {
	ID       string
	Agent    string // Mesos agent id
	Node     string // name of the Node object of that agent
	Amount   Amount
	Ports    []PortRange // ascending, not overlapping
	Executor bool        // our executor runs there: its own resources are paid
}

// PortRange is a range of host ports, both ends included.
type PortRange struct{ Begin, End uint16 }
