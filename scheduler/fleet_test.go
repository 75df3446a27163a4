package scheduler

import (
	"slices"
	"testing"
	"time"
)

func newTestFleet(cfg Config) *fleet {
	c := &clock{now: at(0)}
	return &fleet{
		clock: c, changes: &changes{clock: c, report: alarm{ring: func() {}}}, cfg: cfg.withDefaults(), nodes: &nodes{byName: map[string]*node{}}, shares: &shares{nodes: &nodes{}, used: map[string]Amount{}},
		byID: map[string]*agent{}, offers: map[string]*agent{},
	}
}

// offer gives the fleet an offer of agent A1.
func (f *fleet) offer(id string, a Amount, ports ...PortRange) *agent {
	got, _ := f.offered(Offer{ID: id, Agent: "A1", Amount: a, Ports: ports}, &node{maxPods: 100})
	return got
}

func TestFleetOffers(t *testing.T) {
	t.Parallel()
	f := newTestFleet(Config{Hold: 10 * time.Second})
	a := f.offer("o1", Amount{CPU: 1000, Mem: 64}, PortRange{10, 19})
	f.offer("o2", Amount{CPU: 500, Mem: 32}, PortRange{30, 39})
	if a.room != (Amount{CPU: 1500, Mem: 96}) || !f.isHeld("o2") || f.isHeld("o3") {
		t.Errorf("%+v", a)
	}
	if low, high := a.portBounds(); low != 10 || high != 39 {
		t.Errorf("ports from %d to %d", low, high)
	}
	if fresh := f.takeFresh(); len(fresh) != 1 || fresh[0] != a || f.takeFresh() != nil {
		t.Errorf("to be looked at: %v", fresh)
	}
	a.fresh = false
	f.rescinded("o1")
	f.rescinded("o1")
	if a.room != (Amount{CPU: 500, Mem: 32}) || len(a.ranges) != 1 || f.isHeld("o1") {
		t.Errorf("after o1 was rescinded: %+v", a)
	}
	if f.refreshAll(); len(f.takeFresh()) != 1 {
		t.Error("a held offer is not looked at again")
	}

	// What is left of the offer is remembered when it has been given back.
	f.clock.advance(at(9))
	if f.clock.ring(); !f.isHeld("o2") {
		t.Error("given back before its time")
	}
	f.clock.advance(at(10))
	f.clock.ring()
	if got := f.takeUseless(); !slices.Equal(got, []string{"o2"}) || f.takeUseless() != nil || f.isHeld("o2") {
		t.Errorf("to be declined: %v", got)
	}
	if a.room != (Amount{CPU: 500, Mem: 32}) || !a.offered || f.find("A1") != a {
		t.Errorf("after it was given back: %+v", a)
	}
	// The next offer is all there is.
	if f.offer("o3", Amount{CPU: 1, Mem: 1}); a.room != (Amount{CPU: 1, Mem: 1}) || len(a.ranges) != 1 {
		t.Errorf("%+v", a)
	}
	if f.giveAllBack(); !slices.Equal(f.takeUseless(), []string{"o3"}) {
		t.Error("o3 is not declined")
	}
	// Void offers leave nothing, so nothing is known about the agent.
	f.offer("o4", Amount{CPU: 1, Mem: 1})
	if f.voidAll(); f.find("A1") != nil || len(f.known) > 0 || f.isHeld("o4") || f.takeUseless() != nil {
		t.Errorf("after all offers became void: %+v", f)
	}
}

func TestFleetBooks(t *testing.T) {
	t.Parallel()
	f := newTestFleet(Config{Executor: Amount{CPU: 100, Mem: 10}})
	a := f.offer("o1", Amount{CPU: 1000, Mem: 100}, PortRange{10, 19})
	if got := f.roomFor(a); got != (Amount{CPU: 900, Mem: 90}) {
		t.Errorf("room %v: the first task pays for the executor", got)
	}
	var three []*task
	for _, port := range []uint16{10, 11, 12} {
		three = append(three, &task{Task: Task{Agent: "A1", Ports: []uint16{port}}})
		f.book(three[len(three)-1])
	}
	if got := f.roomFor(a); got != (Amount{CPU: 1000, Mem: 100}) {
		t.Errorf("room %v: the executor is paid for", got)
	}
	wants := &class{ports: []uint16{11, 13}}
	if got := a.lacksPort(wants); got != 11 {
		t.Errorf("lacks port %d, want 11", got)
	}
	a.fresh = false
	f.takeFresh()
	f.unbook(three[1])
	f.unbook(three[1])
	if got := a.lacksPort(wants); got != 0 || len(f.takeFresh()) != 1 {
		t.Errorf("lacks port %d, which has become free", got)
	}
	if got := a.lacksPort(&class{ports: []uint16{20}}); got != 20 {
		t.Errorf("lacks port %d, which is not offered", got)
	}
	f.unbook(three[0])
	f.unbook(three[2])
	if len(a.tasks) > 0 || len(a.ports) > 0 {
		t.Errorf("left: %+v", a)
	}
}

// An agent is known as long as anything about it matters.
func TestFleetDrops(t *testing.T) {
	t.Parallel()
	for name, holds := range map[string]func(f *fleet, a *agent) (end func()){
		"a task": func(f *fleet, a *agent) func() {
			x := &task{Task: Task{Agent: "A1"}}
			f.book(x)
			return func() { f.unbook(x) }
		},
		"a pod that can only run there": func(f *fleet, a *agent) func() {
			c := &class{agent: "A1"}
			f.reserve(c)
			return func() { f.unreserve(c) }
		},
		"an offer": func(f *fleet, a *agent) func() {
			f.offer("o1", Amount{})
			return func() { f.rescinded("o1") }
		},
		"failures": func(f *fleet, a *agent) func() {
			for launch := range uint64(3) {
				a.backoff.recordFailure(f.clock, launch+1, launch+1, false)
			}
			return func() { f.recordSuccess("A1"); f.drop(a) }
		},
	} {
		f := newTestFleet(Config{})
		a := f.agent("A1")
		end := holds(f, a)
		if f.drop(a); f.find("A1") != a {
			t.Errorf("forgotten in spite of %s", name)
		}
		if end(); f.find("A1") != nil || len(f.known) > 0 {
			t.Errorf("known after the end of %s", name)
		}
	}
}

// What a pod that comes back needs, and what may still run after the end of an
// executor, is kept from other pods.
func TestFleetReserves(t *testing.T) {
	t.Parallel()
	f := newTestFleet(Config{Executor: Amount{CPU: 100, Mem: 10}})
	a := f.offer("o1", Amount{CPU: 1000, Mem: 100}, PortRange{10, 19})
	c := &class{agent: "A1", amount: Amount{CPU: 200, Mem: 20}, ports: []uint16{10}}
	f.reserve(c)
	x := &task{Task: Task{Agent: "A1", Amount: Amount{CPU: 300, Mem: 30}}, state: running}
	f.book(x)
	a.executorEnded()
	if got := f.spareFor(a); got != (Amount{CPU: 400, Mem: 40}) || !x.orphaned || !a.lost {
		t.Errorf("spare: %v", got)
	}
	if a.keptPort(&class{ports: []uint16{10}}) != 10 || a.keptPort(&class{ports: []uint16{11}}) != 0 {
		t.Error("the port of the returning pod, and it alone, must be kept")
	}
	x.orphaned = false
	if f.unreserve(c); f.spareFor(a) != (Amount{CPU: 900, Mem: 90}) || a.hasUnconfirmed {
		t.Errorf("spare: %v", f.spareFor(a))
	}
	a.fresh, f.changes.fit = false, false
	f.takeFresh()
	if f.roomGrew("A9"); f.changes.fit || f.find("A9") != nil {
		t.Error("an unknown agent makes a difference")
	}
	if f.roomGrew("A1"); !f.changes.fit || len(f.takeFresh()) != 1 {
		t.Error("the offer is not looked at again")
	}
}

// An offer that does not show the executor of a running task says that it ended.
func TestFleetNoticesTheEndOfAnExecutor(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		state              taskState
		orphaned, lost     bool
		executor, noticed  bool
		needsAnotherBefore bool
	}{
		{state: running, noticed: true},
		{state: running, executor: true},
		{state: running, orphaned: true},
		{state: running, lost: true, needsAnotherBefore: true},
		{state: launching},
	} {
		f := newTestFleet(Config{})
		f.book(&task{Task: Task{Agent: "A1"}, state: row.state, orphaned: row.orphaned})
		a := f.agent("A1")
		a.lost = row.lost
		if got := a.needsExecutor(); got != row.needsAnotherBefore {
			t.Errorf("%+v: needs an executor: %v", row, got)
		}
		if _, got := f.offered(Offer{Agent: "A1", Executor: row.executor}, &node{}); got != row.noticed {
			t.Errorf("%+v: noticed: %v", row, got)
		}
	}
}

func TestAgentBackoff(t *testing.T) {
	t.Parallel()
	type failure struct {
		launch, latest uint64
		atOnce         bool
		left           time.Duration // it is left alone for, afterwards
	}
	const s = time.Second
	for name, failures := range map[string][]failure{
		"the third in a row":            {{1, 1, false, 0}, {2, 2, false, 0}, {3, 3, false, 30 * s}, {4, 4, false, 60 * s}},
		"at once":                       {{1, 1, true, 30 * s}, {2, 2, true, 30 * s}, {3, 3, true, 30 * s}, {4, 4, true, 60 * s}},
		"made before the first is told": {{1, 5, false, 0}, {3, 5, false, 0}, {5, 5, false, 0}, {6, 6, false, 0}, {7, 7, false, 30 * s}},
		"of an earlier life":            {{0, 5, true, 0}},
	} {
		c := &clock{now: at(0)}
		b := &agentBackoff{end: alarm{ring: func() {}}}
		for i, f := range failures {
			b.recordFailure(c, f.launch, f.latest, f.atOnce)
			left := time.Duration(0)
			if b.active() {
				left = b.end.at.Sub(c.now)
			}
			if left != f.left {
				t.Errorf("%s: left alone for %v after failure %d, want %v", name, left, i+1, f.left)
			}
		}
		was := b.active()
		if b.recordSuccess(c) != was || b.active() || b.failures != 0 {
			t.Errorf("%s: a success leaves %+v", name, b)
		}
	}
	c, long := &clock{}, &agentBackoff{end: alarm{ring: func() {}}}
	for launch := range uint64(20) {
		long.recordFailure(c, launch+1, launch+1, false)
	}
	if got := long.end.at.Sub(c.now); got != mostAgentBackoff {
		t.Errorf("after 20 failures: %v", got)
	}
}

// A batch is one launch, and its first task pays for the executor.
func TestClaim(t *testing.T) {
	t.Parallel()
	f := newTestFleet(Config{Executor: Amount{CPU: 100, Mem: 10}})
	a := f.offer("o1", Amount{CPU: 1000, Mem: 100})
	a.lost = true
	for i, left := range []Amount{{CPU: 800, Mem: 80}, {CPU: 700, Mem: 70}} {
		f.claim(a, Amount{CPU: 100, Mem: 10})
		a.batch = append(a.batch, Task{})
		if a.room != left || f.launches != 1 || !a.pays || a.lost {
			t.Errorf("after %d tasks: %d launches, %+v", i+1, f.launches, a)
		}
	}
	a.batch, a.pays = nil, false
	f.book(&task{Task: Task{Agent: "A1"}})
	if f.claim(a, Amount{CPU: 100, Mem: 10}); a.room != (Amount{CPU: 600, Mem: 60}) || f.launches != 2 || a.pays {
		t.Errorf("%d launches, %+v", f.launches, a)
	}
}
