// Package scheduler is the pure core of the framework: it decides which pod is
// launched on which Mesos offer, and what follows from everything that happens
// to a pod's task afterwards.
//
// It is a value and one function. [State.Step] takes an event and the time and
// returns the calls to make, in order; it never waits, logs, reads a clock,
// talks to anybody or starts a goroutine, so a whole cluster's life is a list of
// events that a test can write down. Package framework owns the one State of a
// process, feeds it and carries out its calls; what comes of a call comes back
// as an event.
//
// # What the caller owes
//
//   - Restored first, then the pods in order of creation, then PodsListed; the
//     Nodes before the offers of their agents. Until PodsListed nothing is launched.
//   - Calls to Mesos and to the store in the order in which they are given, over
//     Steps, too: a Reconcile must not overtake the Launch before it. Bind, Fail
//     and Explain may take their time.
//   - An answer to every Bind (Bound) and Fail (Failed), and LaunchFailed where
//     the tasks of a Launch could not be stored. Calls to Mesos need no answer:
//     whatever gets lost is asked for or said again.
//   - A Tick at [State.Next] at the latest.
//
// # What it promises
//
// Pods are served in order of arrival: whenever a pod is placed on an agent's
// offers, no older one that waits would have fitted what was left of them. A pod
// that fits nowhere holds no other pod up, and keeps its place when an attempt fails.
//
// An offer is used or given back in the Step in which it comes; it is held, for
// [Config].Hold at most, only until the pods are listed or for a pod that is
// about to end its backoff. What is declined is refused for long, as everything
// that could make it useful brings a Revive.
//
// A pod is bound only when the executor has its task. Until then it may go
// elsewhere under a new task id; from then on its task's end is its own.
//
// An update is acknowledged when its effect is stored, by whomever.
//
// # Left alone
//
// A pod that is bound, but by no task of ours, is neither launched, failed nor
// counted: a static pod's mirror or a binding by another client. What it uses is
// not Mesos'; the kubelet's admission decides about it.
package scheduler
