// Package executor is our Mesos executor: one per agent, it takes pods in as
// tasks and gives their statuses back. It runs nothing itself. A Node runs the
// pods, and says what the API server tells of them.
//
// A task goes this way; what is sent to Mesos stands in capitals:
//
//	LAUNCH ──► STARTING ──► RUNNING ──► FINISHED, FAILED
//	               │           │
//	               └───────────┴──► KILLING ──► KILLED
//
// STARTING is sent at once, since upon it the framework binds the pod to this
// node. All else follows what is seen of the pod, and nothing is invented: a pod
// that is never bound stays STARTING. A terminal status is sent when no container
// of the pod runs any more, so that ports and memory are free when Mesos offers
// them again.
//
// # Layers
//
// core.go and its neighbours decide: events in, effects out, without goroutines,
// clocks or I/O. loop.go owns the core and carries the effects out.
//
// # After a restart
//
// Mesos gives a new executor process new tasks only; those of the old process
// it has declared failed. The framework launches the pods of the old one, which
// the API server still binds to this node, again under new task ids. The kubelet
// has taken their containers over by then, or will: it goes by the API server.
//
// # Another program
//
// The framework may want executors to be another program. That one takes over in
// this very process, with the same tasks (replace.go, memory.go, package upgrade).
// For the agent the connection has ended and come back.
package executor
