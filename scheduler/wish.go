package scheduler

import "time"

// Limits on asking Mesos for offers. A Revive makes the master consider all
// agents for us again, so it has to be worth it.
const (
	reviveBurst = 10          // Revives that may follow one another at once
	reviveEvery = time.Second // the time in which one more may
	firstAgain  = 5 * time.Second
	mostAgain   = 5 * time.Minute
)

// wish holds what Mesos knows about our need for offers, and when to tell it
// more.
type wish struct {
	suppressed bool
	filtered   bool // offers may be kept from us by our own filters

	allowance int       // Revives that may be sent at once
	granted   time.Time // when the allowance last grew

	allowed alarm // a wanted Revive may be sent
	again   alarm // one more Revive, as pods wait and no offers come: it may have got lost
	tries   int
	due     bool // a Revive is to be sent whether filters are known or not
	wanted  bool // by a change of what waits
}

func (w *wish) init(s *State) {
	w.allowance = reviveBurst
	w.allowed.ring = func() {}
	w.again.ring = func() { w.due = true }
}

// ask suppresses offers when no pod waits and asks for them when one does.
func (s *State) ask() {
	w := &s.wish
	if s.stirred {
		s.stirred = false
		w.wanted = true
	}
	if !s.connected || !s.listed {
		return
	}
	waiting := s.index.waiting()
	if !waiting {
		w.wanted, w.due = false, false
		s.alarms.stop(&w.again)
		s.alarms.stop(&w.allowed)
		if s.idle() && !w.suppressed {
			w.suppressed = true
			s.call(Suppress{})
		}
		return
	}
	switch {
	case w.suppressed || w.wanted && w.filtered:
		w.tries = 0
		if w.take(s) {
			w.revive(s)
		}
	case w.due:
		w.revive(s)
	default:
		if !w.again.isSet() {
			s.alarms.set(&w.again, s.now.Add(backoff(w.tries, firstAgain, mostAgain)))
		}
	}
	w.wanted = w.wanted && w.allowed.isSet()
}

// take uses up the allowance, or makes sure that it is used later.
func (w *wish) take(s *State) bool {
	if n := int(s.now.Sub(w.granted) / reviveEvery); n > 0 {
		w.allowance = min(w.allowance+n, reviveBurst)
		w.granted = s.now
	}
	if w.allowance == 0 {
		s.alarms.set(&w.allowed, w.granted.Add(reviveEvery))
		return false
	}
	w.allowance--
	s.alarms.stop(&w.allowed)
	return true
}

func (w *wish) revive(s *State) {
	w.suppressed, w.filtered, w.due = false, false, false
	s.alarms.set(&w.again, s.now.Add(backoff(w.tries, firstAgain, mostAgain)))
	w.tries++
	s.call(Revive{})
}

// progress notes a launch: the next Revive is wanted soon again.
func (w *wish) progress(s *State) { w.tries = 0 }

// reset is called at the start of a stream: filters and suppression of an
// earlier one are void (allocator, addFramework), and offers come by
// themselves.
func (w *wish) reset(s *State) {
	w.suppressed, w.filtered, w.due, w.tries = false, false, false, 0
	s.alarms.stop(&w.again)
}
