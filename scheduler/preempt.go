package scheduler

import (
	"cmp"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler/preemption"
)

const (
	// patience is how long a pod waits for offers before others make room for it.
	patience = 3 * time.Second
	// looksAtOnce bounds how many pairs of class and agent are looked at each time.
	looksAtOnce = 1 << 20
	tryLooks    = 8   // as many as it counts to find out who would have to go
	ruleLooks   = 512 // where a Rule is asked
	// Where a Rule is asked, agents are looked for until so many and such a part of all are
	// found on which pods can make room, as Kubernetes' scheduler does.
	leastCandidates = 100
	candidatesPart  = 10
	// mostAtOnce bounds how many pods have to go each time, but for those of the last node.
	mostAtOnce = 100
)

// preemptor has pods make room for waiting ones of a higher priority that fit nowhere. It
// chooses agent and pods as Kubernetes' scheduler would (see package preemption), and has
// the room kept ([nominations]).
//
// It counts on what agents have offered and on what tasks of ours use there, never on
// what others use. Where a pod fits without anybody's end, as pods are ending anyway or as
// an offer is late, it is nominated there, and none has to go. While all pods are of one
// priority it does nothing.
type preemptor struct {
	clock       *clock
	session     *session
	changes     *changes
	pods        *pods
	queue       *queue
	fleet       *fleet
	nominations *nominations
	outlook     *outlook
	rules       rules

	budgets preemption.Budgets
	left    int     // of looksAtOnce
	going   int     // pods that have to go this time
	turns   []*turn // those of the classes, in the order of their first pods
	after   uint64  // the pod to go on after, as there have been too many; 0: none
	from    int     // where among the agents those with a Rule begin to look
}

// turn is a class's.
type turn struct {
	class *class
	best  []candidate // agents on which pods can make room, the best first; nil: not known
	stale bool        // who would have to go there may have become worse
}

func (t *turn) compare(other *turn) int {
	return cmp.Compare(t.class.ready[0].seq, other.class.ready[0].seq)
}

// candidate is an agent on which pods can make room for one of a class.
type candidate struct {
	agent   *agent
	place   int // among the known agents
	victims preemption.Victims
	tasks   []*task // that the victims are numbers of
}

func (a candidate) compare(b candidate) int {
	return cmp.Or(preemption.Compare(a.victims, b.victims), cmp.Compare(a.place, b.place))
}

// run makes room for all waiting pods for which it can be made, the first to be served
// first.
func (x *preemptor) run() {
	mayAct := len(x.nominations.all) > 0 || len(x.pods.priorities) > 1
	if !mayAct || !x.session.ready() {
		return
	}
	if x.clock.since(x.session.since) < patience { // what there is may not have been offered yet
		x.clock.after(reportEvery, &x.changes.report)
		return
	}
	x.review()
	if len(x.pods.priorities) < 2 {
		return
	}
	again := x.lineUp()
	last := uint64(0)
	x.left, x.going, x.after = looksAtOnce, 0, 0
	for len(x.turns) > 0 && x.left > 0 && x.going < mostAtOnce {
		t := x.turns[0]
		x.turns = x.turns[1:]
		last = t.class.ready[0].seq
		switch {
		case x.mayFrom(t.class).After(x.clock.now):
			again = true
			continue
		case t.stale:
			x.confirm(t)
		}
		if t.best == nil {
			x.find(t)
		}
		if len(t.best) == 0 {
			t.class.hopeless = x.changes.version
			continue
		}
		x.make(t)
		if len(t.class.ready) > 0 && x.mayPreempt(t.class) {
			i, _ := slices.BinarySearchFunc(x.turns, t, (*turn).compare)
			x.turns = slices.Insert(x.turns, i, t)
		}
	}
	if len(x.turns) > 0 && x.left <= 0 {
		x.after = last
	}
	if again || len(x.turns) > 0 {
		x.clock.after(reportEvery, &x.changes.report)
	}
}

// lineUp finds the turns there are. It reports whether some were left out, as they have been
// taken the last time.
func (x *preemptor) lineUp() (more bool) {
	x.turns = x.turns[:0]
	for _, c := range x.queue.lines.classes() {
		switch {
		case c == nil || len(c.ready) == 0 || c.hopeless == x.changes.version || !x.mayPreempt(c):
		case c.ready[0].seq <= x.after:
			more = true
		default:
			x.turns = append(x.turns, &turn{class: c})
		}
	}
	slices.SortFunc(x.turns, (*turn).compare)
	return more
}

// mayPreempt reports whether other pods may have to go for the first one of a class.
func (x *preemptor) mayPreempt(c *class) bool {
	p := c.ready[0]
	return !c.isTied() && p.nomination == nil && !p.neverPreempts() && x.pods.priorities.below(p.Priority) &&
		(c.rule == nil || c.rule.Nowhere() == "")
}

// mayFrom returns from when others may have to go for the first pod of a class: when it could
// have been offered what it needs, and has rested after having been nominated in vain.
func (x *preemptor) mayFrom(c *class) time.Time {
	p := c.ready[0]
	from := p.since.Add(patience)
	if p.vain.until.After(from) {
		return p.vain.until
	}
	return from
}

// find finds the agents on which pods can make room for one of a class, or enough of them and
// all those on which none has to go.
func (x *preemptor) find(t *turn) {
	t.best, t.stale = []candidate{}, false
	all, enough := x.fleet.known, len(x.fleet.known)
	if t.class.rule != nil {
		enough = max(leastCandidates, len(all)/candidatesPart)
	}
	from := x.from
	for i := range all {
		place := (from + i) % len(all)
		a := all[place]
		switch {
		case len(t.best) < enough:
			x.from = place + 1 // others the next time
		case a.node == nil || !t.class.amount.within(x.outlook.ifNoneGoes(a)):
			x.left--
			continue
		}
		if c, ok := x.on(a, place, t.class); ok {
			t.best = append(t.best, c)
		}
	}
	slices.SortFunc(t.best, candidate.compare)
}

// confirm has the best of a turn's candidates be one that is as good as it was thought to be:
// it tries again those that come first. When there is none left, it is not known which is best.
func (x *preemptor) confirm(t *turn) {
	for len(t.best) > 0 {
		first := t.best[0]
		t.best = t.best[1:]
		c, ok := x.on(first.agent, first.place, t.class)
		if !ok {
			continue
		}
		i, _ := slices.BinarySearchFunc(t.best, c, candidate.compare)
		t.best = slices.Insert(t.best, i, c)
		if i == 0 {
			return
		}
	}
	t.best = nil
}

// on returns which pods would have to go from an agent.
func (x *preemptor) on(a *agent, place int, c *class) (candidate, bool) {
	x.left--
	if !x.suits(a, c) {
		return candidate{}, false
	}
	if c.rule != nil {
		x.left -= ruleLooks
	} else {
		x.left -= tryLooks
	}
	t := x.outlook.try(a, c)
	pods := make([]preemption.Pod, len(t.could))
	for i, task := range t.could {
		pods[i] = task.pod.victim()
	}
	v, ok := preemption.Select(t, pods, &x.budgets)
	return candidate{a, place, v, t.could}, ok
}

// suits reports whether an agent could take pods of a class if nothing else was there.
func (x *preemptor) suits(a *agent, c *class) bool {
	return a.node != nil && !a.backoff.active() && !a.hasSuperseded(c.ready[0]) &&
		c.amount.within(a.node.total) && x.rules.verdict(c, a.node) == suits
}

// make has pods make room for the first of a turn's class where that is best.
func (x *preemptor) make(t *turn) {
	p, c := t.class.ready[0], t.best[0]
	x.nominations.begin(p, c.agent.node)
	if len(c.victims.Pods) > 0 {
		x.nominations.tell(p)
	}
	spent, now := false, x.clock.now
	for _, i := range c.victims.Pods {
		victim := c.tasks[i].pod
		if victim.Priority >= p.Priority {
			continue // never, whatever was thought before
		}
		victim.preempted = &now
		x.going++
		spent = x.budgets.Spend(victim.Object) || spent
		x.session.call(Preempt{PodUID: victim.UID, Node: c.agent.node.name, For: p.UID})
	}
	if ready := t.class.ready; len(ready) > 0 && ready[0].Priority != p.Priority {
		t.best = nil // others may go for the next one
	}
	for _, other := range append(x.turns, t) {
		other.stale = other.stale || spent || other.class.rule != nil // other agents may be concerned
		x.changed(other, c.agent, c.place)
	}
}

// changed notes that an agent is not what it was when a turn's candidates were found.
func (x *preemptor) changed(t *turn, a *agent, place int) {
	if t.best == nil || len(t.class.ready) == 0 {
		return
	}
	t.best = slices.DeleteFunc(t.best, func(c candidate) bool { return c.agent == a })
	if c, ok := x.on(a, place, t.class); ok {
		i, _ := slices.BinarySearchFunc(t.best, c, candidate.compare)
		t.best = slices.Insert(t.best, i, c)
	}
}

// review drops the nominations whose room others have taken, or whose node does not suit any
// more.
func (x *preemptor) review() {
	for _, p := range slices.Clone(x.nominations.all) {
		a := p.nomination.node.agent
		if a != nil && p.state == ready && !(x.suits(a, p.class) && x.outlook.try(a, p.class).Fits()) {
			x.outlook.forgetStale(a)
			x.nominations.drop(p)
		}
	}
}
