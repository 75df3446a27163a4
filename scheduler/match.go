package scheduler

import (
	"cmp"
	"slices"
	"time"
)

// leftoverRefuse is the filter for what a launch leaves over while pods still
// wait. Masters before 1.7.3 also apply it to what was freed meanwhile
// (MESOS-9616), so it must be short; when nothing waits it may be long.
const leftoverRefuse = 5 * time.Second

// mostScored bounds the agents of which the best is sought for a pod, as a Rule has to be
// asked about each: Kubernetes' scheduler finds that many enough, too.
const mostScored = 100

// heldToLook bounds how many pods in backoff are looked at to decide whether
// an offer is worth holding.
const heldToLook = 32

// matcher places pods of the queue on the offers of the fleet. Where a pod may run
// is for the rules to say, which of several goes first for the queue, and what
// follows from a launch for start.
type matcher struct {
	choice  Choice
	refuse  time.Duration
	session *session
	changes *changes
	queue   *queue
	fleet   *fleet
	rules   rules
	demand  *offerDemand
	start   func(*pod, *agent) Task // begins the pod's next attempt

	looked []*agent // of the current Step: those that take part
	scored int      // where among them the search for the best begins
}

// run places waiting pods on the offers held, then gives back the useless ones.
//
// Afterwards no ready pod fits any held offer, so a later run looks only at
// agents with new offers or, when a class has become ready, with held ones. In the
// order of the policy each takes the oldest pod that fits what it has left, until
// none fits any. Pods that can only run there, as they did before, go first: what
// they use was theirs. Then come those that others have assigned to its Node. Beyond
// these, no pod is passed over for a younger one on
// offers that would have fit it, and each turn either places a pod or ends the
// agent's part, until a placement makes room by the Rules. A pod with preferences goes
// to the agent that suits it best, if no older one takes its room there.
func (m *matcher) run() {
	if !m.session.ready() {
		return
	}
	if m.changes.fit {
		m.fleet.refreshAll()
	}
	m.looked = m.fleet.takeFresh()
	if m.choice == Binpack {
		m.pack()
	} else {
		m.spread()
	}
	for _, a := range m.looked {
		a.fresh, a.last = false, 0
		switch {
		case len(a.batch) > 0:
			m.launch(a)
		case !m.worthHolding(a):
			m.fleet.giveBack(a)
		}
	}
}

// spread lets agents take turns.
func (m *matcher) spread() {
	turn := append([]*agent(nil), m.looked...)
	for len(turn) > 0 {
		again := turn[:0]
		for _, a := range turn {
			if m.place(a) {
				again = append(again, a)
			}
		}
		turn = again
		if m.lookAgain() {
			turn = append(turn[:0], m.looked...)
		}
	}
}

// pack fills one agent after the other: first the one that has least left.
func (m *matcher) pack() {
	for more := true; more; more = m.lookAgain() {
		for _, a := range m.fullestFirst() {
			for !m.changes.stirred && m.place(a) {
			}
		}
	}
}

func (m *matcher) fullestFirst() []*agent {
	left := func(a *agent) float64 {
		room, total := m.fleet.spareFor(a), a.node.total
		return fraction(room.CPU, total.CPU) + fraction(room.Mem, total.Mem)
	}
	return slices.SortedStableFunc(slices.Values(m.looked), func(a, b *agent) int { return cmp.Compare(left(a), left(b)) })
}

// lookAgain reports whether a placement has made room by the Rules, for which all agents
// are to be looked at again.
func (m *matcher) lookAgain() bool {
	if !m.changes.takeStirred() {
		return false
	}
	m.fleet.refreshAll()
	m.looked = append(m.looked, m.fleet.takeFresh()...)
	return true
}

// place places the oldest pod that fits an agent's offers: there, or where it is
// better off.
func (m *matcher) place(a *agent) bool {
	c := m.oldestOn(a)
	if c == nil {
		return false
	}
	for b := m.best(c, a); b != a; b = m.best(c, a) {
		a.last, b.last = 0, 0 // what they have considered is not placed yet
		older := m.oldestOn(b)
		if a = b; older == c {
			break
		}
		c = older
	}
	p := m.queue.take(c)
	m.fleet.claim(a, p.Amount)
	a.batch = append(a.batch, m.start(p, a))
	if m.changes.stirred { // by the Rules, this made room for pods that were passed over
		for _, other := range m.looked {
			other.last = 0
		}
	}
	return true
}

// best returns the agent that suits pods of a class best of those that they fit, of which
// a is one. Where these are many, others are compared the next time.
func (m *matcher) best(c *class, a *agent) *agent {
	if c.rule == nil || !c.rule.Prefers() {
		return a
	}
	agents, nodes := []*agent{a}, []string{a.node.object.Name}
	from := m.scored
	for i := range m.looked {
		at := (from + i) % len(m.looked)
		if b := m.looked[at]; b != a && len(b.held) > 0 && m.hasRoom(b, c.ready[0]) && m.mayPlace(c, b) {
			agents, nodes = append(agents, b), append(nodes, b.node.object.Name)
		}
		if len(agents) == mostScored {
			m.scored = at + 1
			break
		}
	}
	best := 0
	scores := c.rule.Scores(nodes)
	for i, score := range scores {
		if score > scores[best] {
			best = i
		}
	}
	return agents[best]
}

// oldestOn returns the class of the oldest pod that fits an agent's offers, or nil.
func (m *matcher) oldestOn(a *agent) *class {
	if len(a.held) == 0 {
		return nil
	}
	var c *class
	if len(a.pinned) > 0 {
		c = m.oldestOf(a.pinned, a, m.fleet.roomFor(a))
	}
	if c == nil && len(a.node.assigned) > 0 {
		c = m.oldestOf(a.node.assigned, a, m.fleet.roomForAssigned(a))
	}
	if c != nil || a.backoff.active() {
		return c
	}
	return m.oldestFor(a, m.fleet.spareFor(a))
}

// oldestFor returns the class of the oldest pod that may be placed on the agent
// and could run elsewhere; nil when there is none.
func (m *matcher) oldestFor(a *agent, room Amount) *class {
	promises := len(a.node.nominees) > 0
	q := search{room: room, after: a.last, fits: func(c *class) bool {
		return !c.isTied() && (!promises || c.amount.within(room.minus(a.node.promised(c))) && !a.node.promisedByRule(c)) && m.mayPlace(c, a)
	}}
	q.low, q.high = a.portBounds()
	c := m.queue.oldest(q)
	if c != nil {
		a.last = c.ready[0].seq
	}
	return c
}

// oldestOf returns the class of the oldest pod that fits there now, of those that can only
// run there; nil when there is none.
func (m *matcher) oldestOf(tied []*class, a *agent, room Amount) *class {
	var found *class
	for _, c := range tied {
		if len(c.ready) > 0 && c.amount.within(room) && (found == nil || c.ready[0].seq < found.ready[0].seq) && m.mayPlace(c, a) {
			found = c
		}
	}
	return found
}

// mayPlace reports whether the oldest pod of a class may be placed on the agent, its
// amount aside.
func (m *matcher) mayPlace(c *class, a *agent) bool {
	return m.rules.fits(c, a) && (c.agent != "" || !a.hasSuperseded(c.ready[0]))
}

// launch uses up an agent's offers for its batch.
func (m *matcher) launch(a *agent) {
	refuse := m.refuse
	if !m.queue.empty() {
		refuse = min(refuse, leftoverRefuse)
	}
	m.demand.launched()
	m.changes.reasons()
	m.session.call(Launch{Agent: a.id, Offers: m.fleet.release(a), Tasks: a.batch, Executor: a.pays, Refuse: refuse})
	a.batch, a.pays = nil, false
}

// worthHolding reports whether a pod that room is made for there, or one in backoff, will
// be able to use the agent's offers before they expire.
func (m *matcher) worthHolding(a *agent) bool {
	if len(a.held) > 0 && len(a.node.nominees) > 0 {
		return true
	}
	late := m.queue.late
	for _, p := range late[:min(len(late), heldToLook)] {
		if len(a.held) > 0 && p.backoff.at.Before(a.expiry.at) && m.rules.fits(p.class, a) && m.hasRoom(a, p) {
			return true
		}
	}
	return false
}

// hasRoom reports whether the agent's offers are enough for a pod, which may be
// one that can only run there.
func (m *matcher) hasRoom(a *agent, p *pod) bool {
	return (p.class.isTied() || !a.backoff.active()) && p.Amount.within(m.fleet.roomForClass(a, p.class))
}

// decline declines the useless offers, all in one call and for long: any change
// that could make them useful is followed by a Revive, which brings them back.
func (m *matcher) decline() {
	if m.queue.empty() && m.session.listed {
		m.fleet.giveAllBack()
	}
	if useless := m.fleet.takeUseless(); len(useless) > 0 {
		m.demand.declined()
		m.session.call(Decline{Offers: useless, Refuse: m.refuse})
	}
}
