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
package scheduler
