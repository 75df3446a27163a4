package scheduler

import "slices"

// offered adds an offer to those of its agent, and reports whether the agent's
// executor must have ended unnoticed: the offer does not show it.
func (f *fleet) offered(o Offer, n *node) (a *agent, executorMissing bool) {
	a = f.agent(o.Agent)
	a.has(n)
	if len(a.held) == 0 {
		a.room, a.ranges = Amount{}, nil
		f.clock.after(f.cfg.Hold, &a.expiry)
	}
	a.held = append(a.held, o)
	a.offered, a.known, a.freed = true, f.clock.now, freed{}
	a.room = a.room.plus(o.Amount)
	a.ranges = append(a.ranges, o.Ports)
	a.executor = o.Executor
	if o.Executor {
		a.lost = false
	}
	f.offers[o.ID] = a
	f.refresh(a)
	return a, !o.Executor && !a.lost && a.runsSomething()
}

// isHeld reports whether an offer is known and neither used nor given back.
func (f *fleet) isHeld(id string) bool { return f.offers[id] != nil }

// rescinded takes an offer back. One that is used or given back already is left
// to the answer to that.
func (f *fleet) rescinded(id string) {
	a := f.offers[id]
	if a == nil {
		return
	}
	delete(f.offers, id)
	i := slices.IndexFunc(a.held, func(o Offer) bool { return o.ID == id })
	a.room = a.room.minus(a.held[i].Amount)
	a.ranges = slices.Delete(a.ranges, i, i+1)
	a.held = slices.Delete(a.held, i, i+1)
	if len(a.held) == 0 {
		f.void(a)
	}
	f.changes.reasons()
}

// refresh has the offers of an agent, if it has any, looked at in this Step.
func (f *fleet) refresh(a *agent) {
	if len(a.held) > 0 && !a.fresh {
		a.fresh = true
		f.fresh = append(f.fresh, a)
	}
}

// refreshAll has all offers looked at.
func (f *fleet) refreshAll() {
	for _, a := range f.known {
		f.refresh(a)
	}
}

// takeFresh returns the agents whose offers must be looked at.
func (f *fleet) takeFresh() []*agent {
	fresh := f.fresh
	f.fresh = nil
	return fresh
}

// void forgets an agent's offers and their content: they are gone.
func (f *fleet) void(a *agent) {
	f.release(a)
	a.forgetOffers()
	a.executor = false
	f.drop(a)
}

// forgetOffers forgets what an agent has offered: that is not there any more.
func (a *agent) forgetOffers() {
	a.offered, a.room, a.ranges, a.freed = false, Amount{}, nil, freed{}
}

func (f *fleet) voidAll() {
	for _, a := range slices.Clone(f.known) {
		f.void(a)
	}
}

// release ends the holding of an agent's offers and returns their ids.
func (f *fleet) release(a *agent) []string {
	ids := make([]string, len(a.held))
	for i, o := range a.held {
		ids[i] = o.ID
		delete(f.offers, o.ID)
	}
	if len(a.held) > 0 {
		a.held, a.known = nil, f.clock.now
	}
	f.clock.stop(&a.expiry)
	return ids
}

// giveBack has an agent's offers declined in this Step.
func (f *fleet) giveBack(a *agent) { f.useless = append(f.useless, f.release(a)...) }

func (f *fleet) giveAllBack() {
	if len(f.offers) > 0 {
		for _, a := range f.known {
			f.giveBack(a)
		}
	}
}

// takeUseless returns the offers that are to be declined.
func (f *fleet) takeUseless() []string {
	useless := f.useless
	f.useless = nil
	return useless
}
