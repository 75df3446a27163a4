package scheduler

import "time"

// Config holds what the core does not find out by itself. Zero values are
// replaced by the defaults named.
type Config struct {
	Executor Amount        // what an executor costs on an agent; 0 means none
	Hold     time.Duration // how long an offer is held at most; default 10 s
	Refuse   time.Duration // filter of a declined offer that is of no use; default 1 h
}

// New returns the state of a framework that has seen nothing yet.
func New(cfg Config) *State { return &State{} }

// State is everything the core knows. It is not safe for concurrent use.
type State struct{}

// Step applies one event and returns the calls it gives rise to, in order.
func (s *State) Step(now time.Time, e Event) []Call { return nil }

// Next returns when the core wants a Tick at the latest; zero means never.
func (s *State) Next() time.Time { return time.Time{} }
