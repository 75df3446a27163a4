package scheduler

import "slices"

// fleet holds the agents: what each offers, and what the tasks and the returning
// pods there use. It knows neither why a pod waits nor what becomes of a task.
type fleet struct {
	clock   *clock
	changes *changes
	nodes   *nodes
	shares  *shares
	cfg     Config

	byID   map[string]*agent // by Mesos agent id
	known  []*agent          // all agents, in the order in which they were met
	offers map[string]*agent // who made the offer; held ones only

	fresh    []*agent // agents whose offers must be looked at in this Step
	useless  []string // offers to be declined in this Step
	launches uint64   // Launch calls ever made
}

// agent returns the agent of an id, met now if it is not known.
func (f *fleet) agent(id string) *agent {
	a := f.byID[id]
	if a == nil {
		a = &agent{id: id, ports: map[uint16]int{}}
		a.expiry.ring = func() { f.giveBack(a) }
		a.backoff.end.ring = f.backoffOver
		f.byID[id] = a
		f.known = append(f.known, a)
	}
	return a
}

// find returns the agent of an id, nil when it is not known.
func (f *fleet) find(id string) *agent { return f.byID[id] }

// drop forgets an agent once nothing that matters is known about it.
func (f *fleet) drop(a *agent) {
	if len(a.tasks) > 0 || len(a.held) > 0 || a.offered || len(a.pinned) > 0 || a.backoff.active() {
		return
	}
	delete(f.byID, a.id)
	if a.node != nil && a.node.agent == a {
		a.node.agent = nil
	}
	if i := slices.Index(f.known, a); i >= 0 {
		f.known = slices.Delete(f.known, i, i+1)
		f.changes.reasons()
	}
}

// book notes what a task uses on its agent.
func (f *fleet) book(t *task) {
	a := f.agent(t.Agent)
	if a.node == nil && t.Node != "" {
		a.has(f.nodes.get(t.Node))
	}
	t.index = len(a.tasks)
	a.tasks = append(a.tasks, t)
	for _, p := range t.uses() {
		a.ports[p]++
	}
}

// has notes which Node is an agent's.
func (a *agent) has(n *node) { a.node, n.agent = n, a }

// belongs notes whose share a task counts in; of one without a pod that is unknown.
func (f *fleet) belongs(t *task, namespace string) {
	if t.index >= 0 {
		f.shares.add(namespace, t.Amount)
	}
	t.namespace = namespace
}

// unbook frees what a task used on its agent.
func (f *fleet) unbook(t *task) {
	if t.index < 0 {
		return
	}
	a := f.byID[t.Agent]
	last := a.tasks[len(a.tasks)-1]
	a.tasks[t.index], last.index = last, t.index
	a.tasks = a.tasks[:len(a.tasks)-1]
	t.index = -1
	f.shares.remove(t.namespace, t.Amount)
	for _, p := range t.uses() {
		if a.ports[p]--; a.ports[p] == 0 {
			delete(a.ports, p)
		}
	}
	a.freed = freed{a.freed.plus(t.Amount), append(a.freed.ports, t.Ports...), f.clock.now}
	if a.node != nil && len(a.node.nominees) > 0 {
		f.changes.mayFit() // what has become free is asked for
	}
	f.refresh(a) // a port or a place has become free
	f.drop(a)
}

// reserve keeps room for the pod of a class that can only run in one place.
func (f *fleet) reserve(c *class) {
	if c.agent == "" {
		f.nodes.assign(c)
		return
	}
	a := f.agent(c.agent)
	a.pinned = append(a.pinned, c)
}

func (f *fleet) unreserve(c *class) {
	if c.agent == "" {
		f.nodes.unassign(c)
		return
	}
	if a := f.byID[c.agent]; a != nil {
		a.pinned = slices.DeleteFunc(a.pinned, func(x *class) bool { return x == c })
		f.drop(a)
	}
}

// roomGrew notes that what was kept on an agent is free for other pods.
func (f *fleet) roomGrew(id string) {
	if a := f.byID[id]; a != nil {
		f.changes.mayFit()
		f.refresh(a)
	}
}

// roomFor returns the room left there for pods, minus the executor's where that
// must be paid for.
func (f *fleet) roomFor(a *agent) Amount {
	if a.needsExecutor() {
		return a.room.minus(f.cfg.Executor)
	}
	return a.room
}

// spareFor returns what is left there for pods that may run anywhere.
func (f *fleet) spareFor(a *agent) Amount { return f.roomForAssigned(a).minus(a.node.owed()) }

// roomForAssigned returns what is left there for pods that others have assigned to the
// agent's Node.
func (f *fleet) roomForAssigned(a *agent) Amount { return f.roomFor(a).minus(a.reserved()) }

// roomForClass returns what is left there for the pods of a class.
func (f *fleet) roomForClass(a *agent, c *class) Amount {
	switch {
	case c.agent != "":
		return f.roomFor(a)
	case c.node != "":
		return f.roomForAssigned(a)
	}
	return f.spareFor(a).minus(a.node.promised(c))
}

// claim uses up room there for one more task of the agent's batch, which is a
// launch of its own when it is the first.
func (f *fleet) claim(a *agent, need Amount) {
	if len(a.batch) == 0 {
		f.launches++
	}
	room := f.roomFor(a)
	a.pays = a.pays || a.needsExecutor()
	a.lost = false
	a.room = room.minus(need)
}

// recordFailure counts a launch that failed by a fault of the task's agent. When a
// pod is bound there and waits for the agent to recover, the agent is left alone
// after the first failure.
func (f *fleet) recordFailure(t *task) {
	bound := t.state != launching || t.bound
	f.agent(t.Agent).backoff.recordFailure(f.clock, t.launch, f.launches, bound)
}

// recordSuccess notes that a pod runs on that agent, or has run.
func (f *fleet) recordSuccess(id string) {
	if a := f.byID[id]; a != nil && a.backoff.recordSuccess(f.clock) {
		f.backoffOver()
	}
}

// backoffOver lets an agent's offers be asked for and considered again.
func (f *fleet) backoffOver() {
	f.changes.mayFit()
	f.changes.reasons()
}
