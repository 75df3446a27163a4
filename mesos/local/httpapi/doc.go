// Package httpapi is the HTTP side of a v1 API of Mesos as a master or agent serves it:
// calls in protobuf and JSON, refusals, streams of events, and the listener of a master
// that can look dead. What a call means is its caller's; the one that owns the state
// hands events to a stream by a Queue and never waits for it.
package httpapi
