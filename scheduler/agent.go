package scheduler

import (
	"math"
	"slices"
	"time"
)

// agent holds what the core knows about a Mesos agent: what it offers, or
// offered last, and what of ours is there.
type agent struct {
	id   string
	node *node

	held   []Offer // offers neither used nor given back
	fresh  bool    // listed in fleet.fresh
	expiry alarm   // of the offers held

	// What is left of the latest offers. It is kept when they are given back,
	// so a waiting pod can be told what it lacked.
	offered  bool // there has been an offer
	room     Amount
	ranges   [][]PortRange
	known    time.Time // when it was what was offered
	freed    freed     // since the latest offer
	executor bool      // the offers show our executor there
	lost     bool      // our executor has ended since

	tasks          []*task        // those that use something there, or may
	ports          map[uint16]int // their host ports
	hasUnconfirmed bool           // some of them may be orphaned

	pinned  []*class // of waiting pods that can only run there
	backoff agentBackoff

	// Of the current Step.
	batch []Task // what the matcher launches there
	pays  bool   // the batch pays for the executor
	last  uint64 // the youngest pod that the matcher has considered
}

// freed is what ended tasks have used, and Mesos has not offered since.
type freed struct {
	Amount
	ports []uint16
	at    time.Time // the latest
}

// runsSomething reports whether a task there is known to its executor.
func (a *agent) runsSomething() bool {
	return slices.ContainsFunc(a.tasks, func(t *task) bool { return t.state == running && !t.orphaned })
}

// needsExecutor reports whether a first task there has to pay for the executor.
func (a *agent) needsExecutor() bool {
	return !a.pays && (a.lost || !a.executor && len(a.tasks) == 0)
}

// executorEnded notes that the executor of the agent's tasks has ended. What it
// was to report is on the way, unless it gets lost.
func (a *agent) executorEnded() {
	a.lost, a.executor = true, false
	for _, t := range a.tasks {
		if t.state == binding || t.state == running {
			t.orphaned, a.hasUnconfirmed = true, true
		}
	}
}

// isFull reports whether the agent has no place for pods of the class: it runs as many
// as its Node may have, those included that go before them.
func (a *agent) isFull(c *class) bool {
	taken := len(a.tasks)
	if !c.isTied() {
		taken += len(a.node.expected) + a.node.nomineesBefore(c)
	}
	return taken >= a.node.maxPods
}

// portBounds returns the least and the greatest port of the offers.
func (a *agent) portBounds() (low, high uint16) {
	low = math.MaxUint16
	for _, r := range a.ranges {
		if len(r) > 0 {
			low, high = min(low, r[0].Begin), max(high, r[len(r)-1].End)
		}
	}
	return low, high
}

// lacksPort returns the first port of the class that is not available, or 0. One that
// another task has is available to a pod that others have assigned there: that has been
// decided, and the kubelet, which knows addresses and protocols, admits it or fails it.
func (a *agent) lacksPort(c *class) uint16 {
	for _, p := range c.ports {
		if a.ports[p] > 0 && c.node != "" {
			continue
		}
		if a.ports[p] > 0 || !slices.ContainsFunc(a.ranges, func(r []PortRange) bool { return has(r, p) }) {
			return p
		}
	}
	return 0
}

// split tells ports that are to be taken from offers from those that other tasks have.
func (a *agent) split(ports []uint16) (own, shared []uint16) {
	if !slices.ContainsFunc(ports, func(p uint16) bool { return a.ports[p] > 0 }) {
		return ports, nil
	}
	for _, p := range ports {
		if a.ports[p] > 0 {
			shared = append(shared, p)
		} else {
			own = append(own, p)
		}
	}
	return own, shared
}

// reserved returns the needs of pods that will come back to the agent, plus
// those of tasks not heard of since their executor ended. Mesos offers both, but
// containers still use them.
func (a *agent) reserved() (sum Amount) {
	for _, c := range a.pinned {
		sum = sum.plus(c.amount)
	}
	if !a.hasUnconfirmed {
		return sum
	}
	a.hasUnconfirmed = false
	for _, t := range a.tasks {
		if t.orphaned {
			a.hasUnconfirmed = true
			sum = sum.plus(t.Amount)
		}
	}
	return sum
}

// keptPort returns the first port of the class that is kept for a pod that will come back
// to the agent, that others have assigned to its Node, or that is nominated to it; 0: none. Ports of tasks stay
// booked as long as the tasks do.
func (a *agent) keptPort(c *class) uint16 {
	for _, port := range c.ports {
		if a.node != nil && a.node.promisesPort(c, port) {
			return port
		}
		wants := func(p *class) bool { return slices.Contains(p.ports, port) }
		if slices.ContainsFunc(a.pinned, wants) || c.node == "" && slices.ContainsFunc(a.node.expected, wants) {
			return port
		}
	}
	return 0
}

// missingPort returns the first port of the class that its pods cannot have, or 0.
func (a *agent) missingPort(c *class) uint16 {
	if p := a.lacksPort(c); p != 0 || c.agent != "" {
		return p
	}
	return a.keptPort(c)
}

// hasSuperseded reports whether an earlier attempt of the pod may still live
// there; the executor could not tell the ends of the two apart.
func (a *agent) hasSuperseded(p *pod) bool {
	return p.superseded > 0 && slices.ContainsFunc(a.tasks, func(t *task) bool { return t.supersededBy == p })
}

// An agent on which nothing starts looks empty, and so the best place of all.
// After several failed launches in a row it is left alone, ever longer, until a
// pod runs. Pods that can only run there are still launched.
const (
	failuresAllowed   = 3
	firstAgentBackoff = 30 * time.Second
	mostAgentBackoff  = 10 * time.Minute
)

// agentBackoff holds the outcome of launches on an agent, and whether it is left
// alone because of them.
type agentBackoff struct {
	failures int    // consecutive ones
	counted  uint64 // the latest launch when the last of them was told; all up to it count with it
	end      alarm
}

// active reports whether the agent is to be left alone.
func (b *agentBackoff) active() bool { return b.end.isSet() }

// recordFailure counts a launch that failed by a fault of the agent, once for all
// its tasks and for all launches up to latest, which were made without knowing.
// With atOnce the agent is left alone after the first failure.
func (b *agentBackoff) recordFailure(c *clock, launch, latest uint64, atOnce bool) {
	if launch <= b.counted {
		return
	}
	b.failures++
	b.counted = latest
	n := b.failures - failuresAllowed
	if atOnce {
		n = max(n, 0)
	}
	if n >= 0 {
		c.after(backoff(n, firstAgentBackoff, mostAgentBackoff), &b.end)
	}
}

// recordSuccess forgets all failures, and reports whether the agent was left alone.
func (b *agentBackoff) recordSuccess(c *clock) bool {
	was := b.active()
	b.failures = 0
	c.stop(&b.end)
	return was
}
