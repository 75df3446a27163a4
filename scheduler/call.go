package scheduler

import "time"

// Call is something the framework must do; the types below are all there are.
// Calls of one Step are carried out in order; slow ones (Bind, Fail, Explain)
// may overlap later ones, as their outcome is a separate event.
type Call interface{ call() }

// Calls to Mesos.
type (
	// Launch uses up offers of one agent for one or more tasks. The framework
	// stores the tasks durably, all or none, and only then sends an ACCEPT; a
	// failure to store comes back as LaunchFailed. Only status updates and
	// reconciliation show whether a sent ACCEPT arrived.
	Launch struct {
		Agent  string
		Offers []string
		Tasks  []Task
		// Executor: these offers also pay for the executor, which does not
		// run on this agent yet.
		Executor bool
		Refuse   time.Duration // filter for what is left of the offers
	}

	// Decline gives offers back; Refuse is how long the same is not wanted.
	Decline struct {
		Offers []string
		Refuse time.Duration
	}

	// Suppress asks for no offers until Revive.
	Suppress struct{}

	// Revive asks for offers and clears all filters.
	Revive struct{}

	// Kill ends a task. It is repeated until an update reports the end, so the
	// executor sees it more than once. A killed task's pod may be bound to another
	// node, or to none, and wait for another attempt: the executor must touch the
	// pod object only where it is bound to its own node, and never when it is
	// finished. Where the pod may be launched again, Record must be stored first:
	// if the task were restored after a crash and the pod bound to its node, the
	// Kill would end the pod.
	Kill struct {
		Task, Agent string
		Record      *Task // may be nil
	}

	// Reconcile asks for the state of the tasks, 1,000 at most; with none, of
	// all that the master knows.
	Reconcile struct{ Tasks []Task }

	// Acknowledge tells Mesos that an update has been dealt with: its effect
	// is stored.
	Acknowledge struct{ Task, Agent, UUID string }
)

// Calls to the API server and to the framework's own store.
type (
	// Bind makes the pod of a task run on the node, to which others may have assigned
	// it already; answered by Bound.
	Bind struct {
		Task   Task
		PodUID string
	}

	// Fail ends a pod that no kubelet can end; answered by Failed. Reason is
	// one CamelCase word, Message a sentence.
	Fail struct {
		PodUID          string
		Reason, Message string
	}

	// Explain tells why a pod waits, in a sentence with amounts. It is issued
	// when the sentence has changed, about once in ten seconds per pod, and for
	// at most 200 pods a second.
	Explain struct {
		PodUID  string
		Message string
	}

	// Nominate shows with a waiting pod on which Node room is made for it; empty: on none
	// any more. A pod that is bound is not concerned.
	Nominate struct{ PodUID, Node string }

	// Preempt deletes a pod, as one of a higher priority needs its place on the Node. It may
	// come again.
	Preempt struct {
		PodUID string
		Node   string
		For    string // uid of the pod that needs the place
	}

	// Forget: the task is over and its pod needs no further attempt, or has a
	// later one; its record may go.
	Forget struct{ Task string }
)

func (Launch) call()      {}
func (Decline) call()     {}
func (Suppress) call()    {}
func (Revive) call()      {}
func (Kill) call()        {}
func (Reconcile) call()   {}
func (Acknowledge) call() {}
func (Bind) call()        {}
func (Fail) call()        {}
func (Explain) call()     {}
func (Nominate) call()    {}
func (Preempt) call()     {}
func (Forget) call()      {}
