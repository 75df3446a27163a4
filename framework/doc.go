// Package framework is the loop around the scheduling core: the Mesos framework
// that runs a cluster's pods.
//
// One goroutine, loop, owns the [scheduler.State] and the parts around it. All that
// happens is a message in its inbox, in order of arrival (messages.go); what the core
// wants done leaves by two ways, whose outcomes return as messages:
//
//	Mesos events ──┐                    ┌─▶ outbox: store, then call Mesos, in order
//	pods, Nodes ───┼─▶ inbox ─▶ loop ───┤
//	outcomes ──────┤       scheduler    └─▶ podwriter, nodes, nodecerts: write to the API server
//	passing time ──┘         .State             │
//	      ▲─────────────────────────────────────┘
//
// The loop itself never waits for a network or a disk. Its parts own what they remember:
//
//	podTracker   the pods that are ours to run, and why they wait
//	agents       the agents, with their tasks, offers and records
//	nodeKeeper   what Nodes should show, and what the core was told of them
//	launcher     a decision to launch made into an ACCEPT
//	drains       agents that an operator drains or deactivates
//	maintenance  agents that an operator has announced to be without tasks
//
// The core's events that a part gives rise to it passes to step, which has the core's
// answer carried out at once (calls.go).
//
// Besides, the framework keeps a Node object for every agent, a bootstrap token
// for every node, and approves the certificates that kubelets ask for with them.
//
// The end of Run is not the end of the pods: they live on for the failover
// timeout, and the next Run finds them again.
package framework
