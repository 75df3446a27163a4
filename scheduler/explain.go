package scheduler

import "time"

// Limits on telling reasons: each one is a write to the API server.
const (
	tellEvery  = time.Second      // reasons are recomputed at most this often
	tellAtOnce = 200              // at most this many pods are told each time
	tellAgain  = 10 * time.Second // a pod is told nothing new within this time
	// checksAtOnce bounds how many pairs of class and agent are compared each time.
	checksAtOnce = 1 << 20
)

// teller makes sure that every waiting pod is told its reason, at a limited
// rate: any event that may change reasons stirs it, and at most once a second
// it recomputes them, class by class, and tells the pods whose reason has
// changed.
type teller struct {
	version uint64 // of what reasons are made from
	at      int    // slot of the class to go on with
	alarm   alarm
}

func (w *teller) init(s *State) { w.alarm.ring = func() { s.explain() } }

// stir is called when reasons may have changed.
func (w *teller) stir(s *State) {
	w.version++
	if !w.alarm.isSet() {
		s.alarms.set(&w.alarm, s.now.Add(tellEvery))
	}
}

// explain computes reasons and tells them; the rest is left for the next time.
func (s *State) explain() {
	w := &s.teller
	checks, tells, later := checksAtOnce, tellAtOnce, false
	for range s.index.classes {
		w.at = (w.at + 1) % len(s.index.classes)
		c := s.index.classes[w.at]
		if c == nil || len(c.ready) == 0 {
			continue
		}
		if c.version != w.version {
			if checks <= 0 {
				later = true
				continue
			}
			checks -= len(s.known)
			c.reason, c.version = s.reason(c), w.version
		}
		for _, p := range c.ready {
			later = !s.tellSoon(p, c.reason, &tells) || later
		}
	}
	for _, p := range s.late {
		later = !s.tellSoon(p, "", &tells) || later
	}
	if later {
		s.alarms.set(&w.alarm, s.now.Add(tellEvery))
	}
}

// tellSoon tells a pod why it waits unless it knows; false when it must wait
// for that.
func (s *State) tellSoon(p *pod, reason string, tells *int) bool {
	if p.reason.same(p, reason) {
		return true
	}
	if *tells == 0 || p.told != "" && s.now.Sub(p.toldAt) < tellAgain {
		return false
	}
	*tells--
	p.reason = given{reason, p.failures, p.state}
	s.tell(p, p.sentence(reason))
	return true
}

// given holds what a pod's last sentence was made from.
type given struct {
	reason   string
	failures int
	state    podState
}

func (g given) same(p *pod, reason string) bool {
	return g == given{reason, p.failures, p.state}
}

// tell gives a reason, unless it is the one given last.
func (s *State) tell(p *pod, message string) {
	if message == p.told {
		return
	}
	p.told, p.toldAt = message, s.now
	s.call(Explain{PodUID: p.UID, Message: message})
}
