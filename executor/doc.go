// Package executor is our Mesos executor: one per agent, it receives pods as tasks and
// reports their statuses. It runs nothing itself: a PodRunner runs the pods, and reports
// what the API server shows of them.
//
// The states of a task; what is sent to Mesos is in capitals:
//
//	LAUNCH ──► STARTING ──► RUNNING ──► FINISHED, FAILED
//	               │           │
//	               └───────────┴──► KILLING ──► KILLED
//
// STARTING is sent as soon as the node is up, since upon it the framework binds the pod
// to this node. All later statuses follow from what the API server shows of the pod: a
// pod that is never bound stays STARTING. A terminal status is sent when no container of
// the pod runs any more, so that ports and memory are free when Mesos offers them again.
//
// # A pod's status on its way back
//
// The PodRunner passes all pods of the node to its Observer (observer.go) after each
// change; the loop takes the latest from there and calls core.podsChanged (podschanged.go), which
// compares it with the tasks and returns effects (effect.go): statuses to send, pods to
// delete, ends to wait for.
//
// # Layers
//
// core (core.go, podschanged.go, task.go, state.go) decides: events in, effects out, without
// goroutines, clocks or I/O. loop (loop.go, retry.go, replace.go, idle.go) owns the core
// and carries the effects out.
//
// # After a restart
//
// Mesos gives a new executor process new tasks only; it has declared those of the old
// process failed. The framework launches the old one's pods, which are still bound to
// this node, again under new task ids. The kubelet takes their containers over: it goes
// by the API server.
//
// # Another program
//
// The framework may request that executors be another program. That one takes over in
// this very process, with the same tasks (replace.go, state.go, package upgrade). To the
// agent the connection has ended and come back.
package executor
