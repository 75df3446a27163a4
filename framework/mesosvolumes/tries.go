package mesosvolumes

import (
	"fmt"
	"time"
)

const (
	// patience is how long a call may take to show in offers before it is repeated.
	patience = 10 * time.Second

	// pause is the same for a call about what an offer shows unchanged, so without an effect:
	// pods have the agent's offers until then.
	pause = 3 * time.Second

	// mostTries is how often Mesos is asked for something before it is taken to refuse that,
	// and people are told.
	mostTries = 6

	// whenRefused is how long what Mesos refuses waits until it is asked for again: an offer
	// that is used for it is lost to pods.
	whenRefused = 5 * time.Minute
)

// What Mesos refuses, and what may help.
const (
	refusedMaking    = "Mesos does not make the volume: see whether its ACLs let the framework's principal reserve resources and create volumes"
	refusedRemoving  = "Mesos does not remove the volume: see whether its ACLs let the framework's principal destroy volumes and unreserve resources"
	refusedReleasing = "Mesos does not give up what is reserved for the volume without need: see whether its ACLs let the framework's principal unreserve resources"
)

// tries are the calls about a volume, or about disk that is reserved without a record.
type tries struct {
	sent time.Time // when the last one was decided
	n    int       // without an effect
}

// due reports whether the last call was long enough ago: wait, or more if it is refused.
func (t *tries) due(now time.Time, wait time.Duration) bool {
	if t.n > mostTries {
		wait = whenRefused
	}
	return now.Sub(t.sent) >= wait
}

// triesOf returns the calls about what is reserved for a volume.
func (s *State) triesOf(at place) *tries {
	if v := s.volumes[at]; v != nil {
		return &v.tries
	}
	if s.leftOver[at] == nil {
		s.leftOver[at] = &tries{}
	}
	return s.leftOver[at]
}

// try reports whether a call about a volume may be made now, and notes it then. After too
// many, Mesos is taken to refuse them.
func (s *State) try(now time.Time, at place, refused string, o *Outcome) bool {
	t := s.triesOf(at)
	if !t.due(now, pause) {
		return false
	}
	t.sent = now
	t.n++
	if t.n == mostTries+1 {
		o.Notices = append(o.Notices, fmt.Sprintf("volume %s on node %s: %s", at.name, at.node, refused))
	}
	if t.n <= mostTries {
		refused = ""
	}
	if v := s.volumes[at]; v != nil && v.why != refused {
		v.why = refused
		o.Changed = append(o.Changed, at.name)
	}
	return true
}
