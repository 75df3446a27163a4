package scheduler

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

func showEvent(e Event) string {
	switch e := e.(type) {
	case Updated:
		reason := ""
		if e.Update.Reason != nil {
			reason = e.Update.Reason.String()
		}
		return fmt.Sprintf("update %s %v %v %s of %s %s", e.Update.Task, e.Update.State, e.Update.Source, reason, e.Update.Agent, e.Update.UUID)
	case PodAdded:
		return fmt.Sprintf("pod %s %+v %v class %q on %q", e.Pod.UID, e.Pod.Amount, e.Pod.Ports, e.Pod.Class, e.Node)
	case NodeChanged:
		return "node " + e.Name
	}
	return fmt.Sprintf("%T %+v", e, e)
}

// checker says what must never happen in a simulation.
type checker struct{ sim *simulation }

// twin: the same events give the same calls, whatever the order of maps.
func (k checker) twin(e Event, calls []Call) {
	sim := k.sim
	if twin := sim.twin.Step(sim.now, e); !reflect.DeepEqual(calls, twin) {
		sim.violated("the same events gave other calls: %v", twin)
	}
	if !sim.core.Next().Equal(sim.twin.Next()) {
		sim.violated("the same events gave another time")
	}
}

// launch: only offers that the core has, of one agent, for no more than
// they hold; no task id twice; no pod in two places.
func (k checker) launch(c Launch) {
	sim := k.sim
	var sum, need Amount
	var ranges []PortRange
	for _, id := range c.Offers {
		o := sim.spend(id, "used")
		if o.Agent != c.Agent {
			sim.violated("offer %s of agent %s is used for agent %s", id, o.Agent, c.Agent)
		}
		sum = sum.plus(o.Amount)
		ranges = append(ranges, o.Ports...)
	}
	if c.Executor {
		need = simConfig.Executor
	}
	taken := map[uint16]bool{}
	for _, t := range c.Tasks {
		need = need.plus(t.Amount)
		for _, p := range t.Ports {
			inOffer := slices.ContainsFunc(ranges, func(r PortRange) bool { return r.Begin <= p && p <= r.End })
			if taken[p] || !inOffer {
				sim.violated("task %s is given port %d, which is taken or not offered", t.ID, p)
			}
			taken[p] = true
		}
		if sim.usedIDs[t.ID] {
			sim.violated("task id %s is used twice", t.ID)
		}
		p := sim.core.pods.byUID[t.PodUID]
		if bound := sim.api.byUID[t.PodUID]; bound != nil && bound.node != "" && bound.node != t.Node {
			sim.violated("task %s is launched on %s, but its pod is bound to %s", t.ID, t.Node, bound.node)
		}
		if p != nil && p.Node != "" && p.Node != t.Node {
			sim.violated("task %s is launched on %s, but its pod is assigned to %s", t.ID, t.Node, p.Node)
		}
		if p == nil || p.task == nil || p.task.ID != t.ID || p.state != placed {
			sim.violated("task %s is launched, but its pod does not have it", t.ID)
		}
		for _, other := range sim.mesos.liveTasks() {
			known := sim.core.tasks.byID[other.ID]
			if other.PodUID == t.PodUID && (known == nil || known.state != killing) {
				sim.violated("task %s is launched while %s of the same pod lives", t.ID, other.ID)
			}
			if other.PodUID == t.PodUID && other.Agent == t.Agent {
				sim.violated("task %s is launched on the agent where %s of the same pod lives", t.ID, other.ID)
			}
		}
	}
	if !need.within(sum) || len(c.Tasks) == 0 {
		sim.violated("%s takes %v of %v", showCall(c), need, sum)
	}
}

// order: whenever a pod was placed, no older one that still waits would have fitted what
// was left of the same offers; and those assigned to the node by others went first.
func (k checker) order(calls []Call) {
	sim := k.sim
	for _, c := range calls {
		l, ok := c.(Launch)
		if !ok {
			continue
		}
		a := sim.core.fleet.byID[l.Agent]
		var rest Amount
		for _, id := range l.Offers {
			if o := sim.given[id]; o != nil {
				rest = rest.plus(o.Amount)
			}
		}
		if l.Executor {
			rest = rest.minus(simConfig.Executor)
		}
		rest = rest.minus(a.reserved())
		for _, t := range l.Tasks {
			if sim.core.tasks.byID[t.ID].bound { // what it uses was its own before
				rest = rest.minus(t.Amount)
				continue
			}
			placed, left := sim.core.pods.byUID[t.PodUID], rest
			if placed.Node == "" {
				left = rest.minus(a.node.owed())
			}
			if !t.Amount.within(left) {
				sim.violated("%s takes what is kept for pods assigned to its node", t.ID)
			}
			for _, q := range sim.core.pods.byUID {
				if q.state == ready && q.class.rule == nil && k.precedes(q, placed) && q.Amount.within(left.minus(k.kept(q, a.node))) &&
					k.suits(q, a) && a.missingPort(q.class) == 0 {
					sim.violated("%s overtakes the older pod %s, which would fit %v", t.ID, q.UID, left)
				}
			}
			rest = rest.minus(t.Amount)
		}
	}
}

// placement: when the Rules are told of a pod that is placed, they allow it there,
// and no older pod that they speak of would have fitted.
func (k checker) placement(p Pod, node string) {
	sim := k.sim
	placed := sim.core.pods.byUID[p.UID]
	if placed == nil || placed.node != "" || placed.Node != "" || placed.task == nil || placed.task.launch == 0 {
		return // bound or assigned by another, or placed in an earlier life
	}
	if sim.settled[placed.task.ID] {
		return // it has changed meanwhile
	}
	sim.settled[placed.task.ID] = true
	if why := sim.rules.refuses(p.Object, node); why != "" {
		sim.violated("pod %s is placed on %s, which %s", p.UID, node, why)
	}
	a := sim.core.fleet.byID[placed.task.Agent]
	room := sim.core.fleet.spareFor(a).plus(p.Amount)
	for _, q := range sim.core.pods.byUID {
		if q.state == ready && q.class.rule != nil && k.precedes(q, placed) && q.Amount.within(room.minus(k.kept(q, a.node))) &&
			k.suits(q, a) && a.missingPort(q.class) == 0 && !k.keptByRule(q, a.node) {
			sim.violated("pod %s overtakes the older pod %s, which would fit %v", p.UID, q.UID, room)
		}
	}
}

// kept returns what was kept from a waiting pod on a node, when the step began.
func (k checker) kept(q *pod, n *node) (sum Amount) {
	for _, p := range k.nominees(q, n) {
		sum = sum.plus(p.Amount)
	}
	return sum
}

// keptByRule reports whether the Rules kept a node from a waiting pod, when the step began.
func (k checker) keptByRule(q *pod, n *node) bool {
	trial := q.class.rule.Try(n.name)
	for _, p := range k.nominees(q, n) {
		trial.Add(p.Pod)
	}
	return trial.Refuses() != ""
}

// nominees returns for which pods room was kept on a node from a waiting one.
func (k checker) nominees(q *pod, n *node) (all []*pod) {
	for uid, node := range k.sim.nominees {
		p := k.sim.core.pods.byUID[uid]
		if p != nil && p != q && node == n.name && (p.seq < q.seq || k.sim.nominees[q.UID] != "" && p.Priority == q.Priority) {
			all = append(all, p)
		}
	}
	return all
}

// preempt: a pod makes room for a waiting one of a higher priority that may ask for that.
func (k checker) preempt(c Preempt) {
	sim := k.sim
	victim, p := sim.core.pods.byUID[c.PodUID], sim.core.pods.byUID[c.For]
	switch {
	case victim == nil || p == nil || victim.Priority >= p.Priority:
		sim.violated("%s: it is not of a lower priority", showCall(c))
	case p.neverPreempts() || !p.waits() || p.nomination == nil || p.nomination.node.name != c.Node:
		sim.violated("%s: which is not to go there", showCall(c))
	case victim.task == nil || victim.task.Node != c.Node:
		sim.violated("%s: it is not there", showCall(c))
	case !victim.goneBy().IsZero():
		sim.violated("%s: it is about to end", showCall(c))
	}
}

// nominations: whom nodes keep room for is who is nominated to them.
func (k checker) nominations() {
	s := k.sim.core
	all := 0
	for _, n := range s.nodes.byName {
		for _, p := range n.nominees {
			all++
			if p.nomination == nil || p.nomination.node != n || !p.waits() || s.pods.byUID[p.UID] != p || !p.nomination.end.isSet() {
				k.sim.violated("pod %s is nominated to %s: %+v", p.UID, n.name, p)
			}
		}
	}
	if all != len(s.nominations.all) {
		k.sim.violated("%d pods are nominated, nodes keep room for %d", len(s.nominations.all), all)
	}
}

// precedes reports whether q must not be overtaken by p: both can run anywhere, or both
// were assigned by others. With policy Fair the shares decide between namespaces.
func (k checker) precedes(q, p *pod) bool {
	comparable := (q.Node != "") == (p.Node != "")
	if k.sim.cfg.Order == Fair && p.Node == "" {
		comparable = comparable && (q.Namespace == p.Namespace || q.Priority > p.Priority)
	}
	return comparable && q.seq < p.seq
}

// shares: a namespace has what its tasks have.
func (k checker) shares() {
	used := map[string]Amount{}
	for _, t := range k.sim.core.tasks.byID {
		if t.index >= 0 && t.namespace != "" {
			used[t.namespace] = used[t.namespace].plus(t.Amount)
		}
	}
	maps.DeleteFunc(used, func(_ string, a Amount) bool { return a == Amount{} })
	if k.sim.cfg.Order == Fair && !maps.Equal(used, k.sim.core.shares.used) {
		k.sim.violated("namespaces have %v, but are said to have %v", used, k.sim.core.shares.used)
	}
}

// suits is the slow and simple form of rules.verdict.
func (k checker) suits(p *pod, a *agent) bool {
	if p.pinned != nil {
		return p.pinned.last.Agent == a.id
	}
	if a.node == nil || a.node.object == nil || a.hasSuperseded(p) || p.Node != "" && p.Node != a.node.name {
		return false
	}
	ok, err := p.Affinity.Match(a.node.object)
	return ok && err == nil && k.sim.rules.refuses(p.Object, a.node.object.Name) == ""
}

// state: what must hold after every step.
func (k checker) state() {
	sim := k.sim
	s := sim.core
	waiting := 0
	for _, p := range s.pods.byUID {
		if p.waits() {
			waiting++
			if p.task != nil {
				sim.violated("pod %s waits and has task %s", p.UID, p.task.ID)
			}
		}
		if (p.state == placed) != (p.task != nil) || (p.class != nil) != p.waits() {
			sim.violated("pod %s is in state %d with task %v and class %v", p.UID, p.state, p.task, p.class)
		}
	}
	for _, p := range s.pods.byUID {
		for node, on := range sim.rules.on {
			is := p.node == node || p.node == "" && (p.task != nil && p.task.Node == node || p.task == nil && p.Node == node)
			if told := on[p.Object.UID] != nil; told != is {
				sim.violated("pod %s is on %s: %v, but the Rules were told %v", p.UID, node, is, told)
			}
		}
	}
	if n := sim.rules.residents(); n > len(s.pods.byUID) {
		sim.violated("the Rules know of %d pods, of which %d exist", n, len(s.pods.byUID))
	}
	k.shares()
	k.nominations()
	members := 0
	for _, c := range s.queue.classes {
		members += c.members
	}
	if members != waiting || s.queue.empty() != (waiting == 0) {
		sim.violated("%d pods wait, classes have %d", waiting, members)
	}
	if s.session.ready() && s.queue.empty() && len(s.fleet.offers) > 0 {
		sim.violated("%d offers are held idle", len(s.fleet.offers))
	}
	for _, a := range s.fleet.known {
		for _, o := range a.held {
			if g := sim.given[o.ID]; g == nil || sim.now.Sub(g.told) > s.fleet.cfg.Hold {
				sim.violated("offer %s is held after its time", o.ID)
			}
		}
		if !s.session.listed || len(a.held) == 0 || a.backoff.active() {
			continue
		}
		for _, p := range s.pods.byUID {
			if p.state == ready && p.Amount.within(s.fleet.roomForClass(a, p.class)) && k.suits(p, a) && a.missingPort(p.class) == 0 &&
				!a.node.promisedByRule(p.class) {
				sim.violated("pod %s waits although it fits offers of %s that are held", p.UID, a.id)
			}
		}
	}
}

// mayAcknowledge returns why an update must not be acknowledged yet.
func (k checker) mayAcknowledge(t *simTask, u *simUpdate) string {
	sim := k.sim
	p, known := sim.api.byUID[t.PodUID], sim.core.tasks.byID[t.ID]
	if p == nil || p.finished {
		return ""
	}
	if q := sim.core.pods.byUID[t.PodUID]; q != nil && q.attempt > t.Attempt {
		return "" // the pod has gone on without it
	}
	bound := p.node == t.Node
	_, recorded := sim.api.stored[t.ID]
	switch {
	case !isTerminal(u.State) && !u.Waits && known != nil && known.state <= binding:
		return "the binding is not stored"
	case classify(u.Update) == vanished && bound:
		return "the pod's end is not stored"
	case isTerminal(u.State) && !recorded && (bound || p.node == ""):
		return "nothing is left that tells of the attempt"
	}
	return ""
}

// kill: the executor is about to delete the pod, which must be meant.
func (k checker) kill(t *simTask, p *simPod) {
	sim := k.sim
	if !p.deleting {
		sim.violated("task %s was killed, but pod %s was not to be deleted", t.ID, p.UID)
	}
}

func (k checker) runsOnce(t *simTask, p *simPod) {
	sim := k.sim
	for _, other := range sim.mesos.liveTasks() {
		if other != t && other.PodUID == p.UID && other.state == runningNow {
			sim.violated("pod %s runs as %s and %s", p.UID, t.ID, other.ID)
		}
	}
}

func (k checker) fail(c Fail) {
	sim := k.sim
	p := sim.api.byUID[c.PodUID]
	if p == nil || p.finished {
		return
	}
	if c.Reason == "" || strings.ContainsAny(c.Reason, " _") || c.Message == "" {
		sim.violated("%s: no good reason", showCall(c))
	}
	for _, t := range sim.mesos.liveTasks() {
		late := c.Reason == "ExecutorLost" && t.state != runningNow // the attempt under way, which may still begin: see giveUp
		if t.PodUID == c.PodUID && p.node == t.Node && !late {
			sim.violated("%s, but its task %s lives", showCall(c), t.ID)
		}
	}
}

func (k checker) forget(c Forget) {
	sim := k.sim
	if t := sim.mesos.tasks[c.Task]; t != nil && !t.over {
		sim.violated("task %s is forgotten while it lives", c.Task)
	}
}

func (k checker) explain(c Explain) {
	sim := k.sim
	p := sim.api.byUID[c.PodUID]
	if c.Message == "" {
		sim.violated("pod %s waits for no reason", c.PodUID)
	}
	if p != nil && p.message == c.Message {
		sim.violated("pod %s is told the same twice: %s", c.PodUID, c.Message)
	}
	if p != nil {
		p.message = c.Message
	}
}

// end: all faults are over and things have had their time.
func (k checker) end() {
	sim := k.sim
	for _, t := range sim.mesos.order {
		id := t.ID
		if len(t.updates) > 0 {
			sim.violated("update %v of %s was never acknowledged", t.updates[0].State, id)
		}
		p := sim.api.byUID[t.PodUID]
		if !t.over && (p == nil || p.finished || p.node != t.Node) {
			sim.violated("task %s lives without its pod", id)
		}
		if _, ok := sim.api.stored[id]; !t.over && !ok {
			sim.violated("task %s lives without a record", id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(sim.api.stored)) {
		p := sim.api.byUID[sim.api.stored[id].PodUID]
		if t := sim.mesos.tasks[id]; (t == nil || t.over) && (p == nil || p.node != "") {
			sim.violated("the record of task %s is never forgotten", id)
		}
	}
	for _, p := range sim.api.pods {
		if p.finished {
			continue
		}
		live := 0
		for _, t := range sim.mesos.liveTasks() {
			if t.PodUID == p.UID && t.state == runningNow && t.Node == p.node {
				live++
			}
		}
		switch {
		case p.node != "" && live != 1:
			sim.violated("pod %s is bound to %s and has %d tasks", p.UID, p.node, live)
		case p.node == "":
			k.waits(p)
		}
	}
	if len(sim.given) > 0 || sim.core.queue.empty() && !sim.mesos.suppressed {
		sim.violated("at rest %d offers are held, suppressed: %v", len(sim.given), sim.mesos.suppressed)
	}
}

// waits: a pod that waits at the end fits nowhere, and knows why.
func (k checker) waits(p *simPod) {
	sim := k.sim
	q := sim.core.pods.byUID[p.UID]
	if q == nil || q.state != ready {
		sim.violated("pod %s is not in the queue: %+v", p.UID, q)
	}
	if p.message == "" {
		sim.violated("pod %s waits without a reason", p.UID)
	}
	if x := &sim.core.preemptor; q.nomination == nil && x.mayPreempt(q.class) && q.class.ready[0] == q && !x.mayFrom(q.class).After(sim.now) {
		t := &turn{class: q.class}
		if x.find(t); len(t.best) > 0 && len(t.best[0].victims.Pods) > 0 {
			sim.violated("pod %s waits, though pods of agent %s could make room", p.UID, t.best[0].agent.id)
		}
	}
	for _, a := range sim.mesos.agents {
		room := sim.mesos.free(a)
		if !a.executor {
			room = room.minus(simConfig.Executor)
		}
		known := sim.core.fleet.byID[a.id]
		ports := !slices.ContainsFunc(p.Ports, func(port uint16) bool { return !has(sim.mesos.freePorts(a), port) })
		if known != nil && q.Node == "" {
			room, ports = room.minus(known.node.owed()), ports && known.keptPort(q.class) == 0
		}
		if !a.gone && known != nil && !known.backoff.active() && p.Amount.within(room) && ports && k.suits(q, known) {
			sim.violated("pod %s waits although agent %s has room (%s)", p.UID, a.id, p.message)
		}
	}
}
