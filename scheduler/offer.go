package scheduler

import "slices"

func (s *State) offered(offers []Offer) {
	if !s.connected {
		return // of a stream that is over
	}
	for _, o := range offers {
		if s.offers[o.ID] != nil {
			continue
		}
		a := s.agent(o.Agent)
		a.node = s.node(o.Node)
		if len(a.held) == 0 {
			a.room, a.ranges = Amount{}, nil
			s.alarms.set(&a.expiry, s.now.Add(s.cfg.Hold))
		}
		a.held = append(a.held, o)
		a.offered = true
		a.room = a.room.plus(o.Amount)
		a.ranges = append(a.ranges, o.Ports)
		a.executor = o.Executor
		if o.Executor {
			a.lost = false
		} else if !a.lost && a.runsSomething() {
			s.executorEnded(a, 0) // the event for it got lost
		}
		s.offers[o.ID] = a
		s.refresh(a)
	}
	s.teller.stir(s)
}

// refresh has the agent's offers looked at in this Step.
func (s *State) refresh(a *agent) {
	if !a.fresh {
		a.fresh = true
		s.fresh = append(s.fresh, a)
	}
}

func (s *State) rescinded(id string) {
	a := s.offers[id]
	if a == nil {
		return // used or given back already; the answer to that will tell
	}
	delete(s.offers, id)
	i := slices.IndexFunc(a.held, func(o Offer) bool { return o.ID == id })
	a.room = a.room.minus(a.held[i].Amount)
	a.ranges = slices.Delete(a.ranges, i, i+1)
	a.held = slices.Delete(a.held, i, i+1)
	if len(a.held) == 0 {
		s.void(a)
	}
	s.teller.stir(s)
}

// void forgets an agent's offers and their content: they are gone.
func (s *State) void(a *agent) {
	s.release(a)
	a.offered, a.room, a.ranges, a.executor = false, Amount{}, nil, false
	s.dropAgent(a)
}

// release ends the holding of an agent's offers and returns their ids.
func (s *State) release(a *agent) []string {
	ids := make([]string, len(a.held))
	for i, o := range a.held {
		ids[i] = o.ID
		delete(s.offers, o.ID)
	}
	a.held = nil
	s.alarms.stop(&a.expiry)
	return ids
}

func (s *State) voidAll() {
	for _, a := range slices.Clone(s.known) {
		s.void(a)
	}
}

// giveBack has an agent's offers declined in this Step.
func (s *State) giveBack(a *agent) { s.useless = append(s.useless, s.release(a)...) }

// decline declines the useless offers, all in one call and for long: any change
// that could make them useful is followed by a Revive, which brings them back.
func (s *State) decline() {
	if s.idle() && s.listed && len(s.offers) > 0 {
		for _, a := range s.known {
			s.giveBack(a)
		}
	}
	if len(s.useless) == 0 {
		return
	}
	s.wish.filtered = true
	s.call(Decline{Offers: s.useless, Refuse: s.cfg.Refuse})
	s.useless = nil
}
