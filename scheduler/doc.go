// Package scheduler is the pure core of the framework: it decides which pod is
// launched on which Mesos offer, and what follows from everything that happens
// to a pod's task afterwards.
//
// It is a value and one function. [State.Step] takes an event and the time and
// returns the calls to make, in order. It never waits, logs, reads a clock, does
// I/O or starts a goroutine, so a whole cluster's life is a list of events that a
// test can write down. Package framework owns the one State of a process, feeds it
// and carries out its calls; what comes of a call comes back as an event.
//
// # What the caller owes
//
//   - Restored first, then the pods in order of creation, then PodsListed; the
//     Nodes before the offers of their agents. Until PodsListed nothing is launched.
//   - Calls to Mesos and to the store in the order in which they are given, over
//     Steps, too: a Reconcile must not overtake the Launch before it. Bind, Fail,
//     Nominate, Preempt and Explain may take their time; of a pod's Nominates the latest
//     counts.
//   - An answer to every Bind (Bound) and Fail (Failed), and LaunchFailed where
//     the tasks of a Launch could not be stored. Calls to Mesos need no answer:
//     whatever gets lost is asked for or said again.
//   - With Rules, a Resident for each pod on a node that is not ours to run, and
//     RulesChanged when what they know by themselves may make a difference.
//   - A PodStarted for each pod that a kubelet has taken, and a BudgetChanged for each
//     disruption budget: they decide which pods make room for others.
//   - A Tick at [State.Next] at the latest.
//
// # What it promises
//
// Pods are served by priority, and within a priority in order of arrival: whenever a pod
// is placed on an agent's offers, none that goes before it and waits would have fitted what
// was left of them. Where policy [Fair] decides between namespaces, that holds within each.
// A pod that fits nowhere holds no other pod up, and keeps its place when an attempt fails.
//
// For a pod that fits nowhere, pods of lower priorities are deleted where that makes room
// for it: the pods that Kubernetes' scheduler would choose. What becomes free is kept for
// it, as far as Mesos offers it: from all that go after it, for a limited time, over a
// restart, too. A pod that goes before it may take that.
//
// An offer is used or given back in the Step in which it comes; it is held, for
// [Config].Hold at most, only until the pods are listed, or for a pod that is
// about to end its backoff or for which room is made there. What is declined is refused for long, as everything
// that could make it useful brings a Revive.
//
// A pod is bound only when the executor has its task. Until then it may go
// elsewhere under a new task id; from then on its task's end is its own.
//
// An update is acknowledged when its effect is stored, here or by another.
//
// # Assigned by others
//
// A pod whose Node others have decided on, by its nodeName or as another scheduler, is
// launched there and nowhere else, and before all pods that could run elsewhere: what is
// offered there is kept for it, unless it asks for more than the whole Node has. Of the
// rules those hold that a kubelet would reject it for: cordons and taints without
// NoExecute do not keep it away. It counts as bound when a Bind has confirmed it.
//
// # Left alone
//
// A pod that a Bind has bound, but for no task that is known, is neither launched, failed
// nor counted. What it uses is not Mesos'; the kubelet's admission decides about it.
//
// # Parts
//
// State passes each event to the part that it is about. A part owns its fields and
// is used by its methods:
//
//	pods        what the API server has announced (pods.go)
//	queue       the pods that wait: classes, their order, backoff (queue.go, class.go, index.go, policy.go)
//	nodes       the Node objects (node.go)
//	fleet       agents, their offers, what is used there (fleet.go, offer.go, agent.go)
//	rules       where a pod may run, amounts aside (rules.go)
//	residents   tells the Rules which pods are on which nodes (constraint.go)
//	matcher     places pods of the queue on offers of the fleet, by the rules (match.go)
//	preemptor   has pods make room for those of a higher priority (preempt.go)
//	outlook     what agents will have when what ends has ended (trial.go)
//	nominations keeps that room for them (nomination.go)
//	demand      whether Mesos is asked for offers (demand.go)
//	reasons     why pods wait (explain.go, reason.go)
//	tasks       the tasks that live (tasks.go)
//	attempts    tasks whose pod is not bound yet (attempt.go)
//	bound       tasks whose pod is bound, and its relaunch (bound.go, relaunch.go)
//	killer      tasks that must end (kill.go)
//	reconciler  asks Mesos what became of tasks (reconcile.go)
//
// All share the clock, the session with its calls, and the marks of what has changed
// (shared.go). Queue, fleet and tasks know nothing of the parts that
// decide; matcher, demand and reasons know nothing of what happens to a task.
//
// A condition on an agent's Node is a rule of rules.go. What depends on other pods or
// on volumes, and what is a preference among agents, is asked of [Config].Rules, which
// are handed in: a Rule for each class of pods that the Rules have something to say
// about, and none for the others, which cost as if there were no Rules. Its answers
// are not kept, as any placement may change them; a placement or an end by which it may
// allow more is followed up in the same Step, with a Revive where offers have been
// declined. The order of agents' turns is a [Choice] of the matcher; a preference among
// pods belongs where their ages are made (inOrder) or the lines of the queue are compared
// ([Order]).
package scheduler
