// Package mesos is this project's client of Mesos: the v1 HTTP API as a
// scheduler and as an executor speak it, with Mesos 1.0 to 1.11.
//
// A Scheduler keeps a framework subscribed to the leading master:
//
//	find the masters ── SUBSCRIBE ──► 307: the leader, at once (a few hops)
//	      ▲                           404, 503, no connection: the next master
//	      │                           400, 401, 403, ERROR: Run returns
//	      │                           200: SUBSCRIBED, then events
//	      │                                │ the stream ends, is silent for five
//	      └───────── wait, growing ◄───────┘ heartbeats, or a call's fate is unknown
//
// An Executor does the same with its agent, and in addition keeps each status
// update until the agent has acknowledged it.
//
// The read loop only decodes: what the handler has not dealt with yet waits in a
// backlog that is bounded by bytes, so that the master never has to buffer for
// us and we never run out of memory. A scheduler that falls too far behind
// drops the backlog and subscribes again, upon which Mesos repeats what still
// matters: offers are made again and unacknowledged statuses sent again.
//
// The package decides nothing about pods, tasks or offers. Messages are in
// package mesospb, framing is in package recordio.
package mesos
