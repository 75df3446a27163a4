// Package framework is the loop around the scheduling core: the Mesos framework
// that runs a cluster's pods.
//
// One goroutine owns the [scheduler.State] and everything remembered in addition
// to it. All that happens is put into one inbox, in order of arrival; what the
// core wants done leaves by two ways, whose outcomes return as events:
//
//	Mesos events ──┐                    ┌─▶ outbox: store, then call Mesos, in order
//	pods, nodes ───┼─▶ inbox ─▶ loop ───┤
//	outcomes ──────┤       scheduler    └─▶ workers: bind, fail, explain, nodes, tokens
//	passing time ──┘         .State             │
//	      ▲────────────────────────────────────-┘
//
// The outbox keeps the promise that matters most: what is launched was stored
// before, and no status is acknowledged before its effect is stored. The loop
// itself never waits for a network or a disk.
//
// Besides, the framework keeps a Node object for every agent, a bootstrap token
// for every node, and approves the certificates that kubelets ask for with them.
//
// The end of Run is not the end of the pods: they live on for the failover
// timeout, and the next Run finds them again.
package framework
