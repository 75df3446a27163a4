package scheduler

import (
	"math"
	"slices"
)

// agent holds what the core knows about a Mesos agent: what it offers, or
// offered last, and what of ours is there.
type agent struct {
	id   string
	node *node

	held   []Offer // offers neither used nor given back
	fresh  bool    // listed in State.fresh
	expiry alarm   // of the offers held

	// What is left of the latest offers. It is kept when they are given back,
	// so a waiting pod can be told what it lacked.
	offered  bool // there has been an offer
	room     Amount
	ranges   [][]PortRange
	executor bool // the offers show our executor there
	lost     bool // our executor has ended since

	tasks []*task         // those that use something there, or may
	ports map[uint16]bool // their host ports

	awaited []*class // of pods that can only run there
	record  record
	shaken  bool // some of its tasks may be orphaned

	batch []Task // to be launched in this Step
	pays  bool   // the batch pays for the executor
	last  uint64 // the youngest pod in it
}

func (s *State) agent(id string) *agent {
	a := s.agents[id]
	if a == nil {
		a = &agent{id: id, ports: map[uint16]bool{}}
		a.expiry.ring = func() { s.giveBack(a) }
		a.record.shun.ring = s.shunOver
		s.agents[id] = a
		s.known = append(s.known, a)
	}
	return a
}

// dropAgent forgets an agent once nothing that matters is known about it.
func (s *State) dropAgent(a *agent) {
	if len(a.tasks) > 0 || len(a.held) > 0 || a.offered || len(a.awaited) > 0 || a.shunned() {
		return
	}
	delete(s.agents, a.id)
	if i := slices.Index(s.known, a); i >= 0 {
		s.known = slices.Delete(s.known, i, i+1)
	}
}

func (s *State) executorLost(id string) {
	if a := s.agents[id]; a != nil {
		s.executorEnded(a, hintAsk)
	}
}

func (s *State) agentLost(id string) {
	if a := s.agents[id]; a != nil {
		a.lost = true
		s.doubt(a, hintAsk)
		s.void(a)
		s.teller.stir(s)
	}
}

// runsSomething reports whether a task there is known to its executor.
func (a *agent) runsSomething() bool {
	return slices.ContainsFunc(a.tasks, func(t *task) bool { return t.state == running && !t.orphaned })
}

// needsExecutor reports whether a first task there has to pay for the executor.
func (a *agent) needsExecutor() bool {
	return !a.pays && (a.lost || !a.executor && len(a.tasks) == 0)
}

// roomFor returns the room left there for pods, minus the executor's where that
// must be paid for.
func (s *State) roomFor(a *agent) Amount {
	if a.needsExecutor() {
		return a.room.minus(s.cfg.Executor)
	}
	return a.room
}

// welcomes reports whether the agent can take pods of the class, its room
// aside.
func (a *agent) welcomes(c *class) bool {
	if c.home != "" {
		return c.home == a.id && a.lacksPort(c) == 0
	}
	return !a.keeps(c) && c.judge(a.node) == suits && len(a.tasks) < a.node.maxPods && a.lacksPort(c) == 0
}

// hull returns the least and the greatest port of the offers.
func (a *agent) hull() (low, high uint16) {
	low = math.MaxUint16
	for _, r := range a.ranges {
		if len(r) > 0 {
			low, high = min(low, r[0].Begin), max(high, r[len(r)-1].End)
		}
	}
	return low, high
}

// lacksPort returns the first port of the class that is not available, or 0.
func (a *agent) lacksPort(c *class) uint16 {
	for _, p := range c.ports {
		if a.ports[p] || !slices.ContainsFunc(a.ranges, func(r []PortRange) bool { return has(r, p) }) {
			return p
		}
	}
	return 0
}
