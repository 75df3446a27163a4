package scheduler

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// simulation is everything around the core: a Mesos master and its agents with our
// executors and kubelets, the API server, the store, and users. Its seed decides
// what it does. It is written from what Mesos does, not from what the core expects.
type simulation struct {
	*fate
	t     *testing.T
	mesos *simMesos
	api   *simAPI
	check checker
	log   []entry

	cfg        Config
	core, twin *State               // twin is given the same events and must do the same
	broken     bool                 // the stream is lost, which the core does not know yet
	given      map[string]*simOffer // as the core must see them: told, and not used, declined, taken back
	rules      *fakeRules           // of the core
	usedIDs    map[string]bool      // of tasks
	settled    map[string]bool      // the same, of which the Rules were told
	nominees   map[string]string    // the nodes where room was kept for pods when the step began, by uid
}

// fate is what the parts of a simulation have in common.
type fate struct {
	rng    *rand.Rand
	now    time.Time
	faults bool
	count  int // for ids
}

func (f *fate) id(kind string) string {
	f.count++
	return fmt.Sprint(kind, f.count)
}

// chance reports, once in so many times, that a fault happens.
func (f *fate) chance(oneIn int) bool { return f.faults && f.rng.IntN(oneIn) == 0 }

func newSimulation(t *testing.T, seed uint64) *simulation {
	f := &fate{rng: rand.New(rand.NewPCG(seed, 17)), now: time.Unix(1000, 0), faults: true}
	sim := &simulation{
		fate: f, t: t,
		mesos:   &simMesos{fate: f, offers: map[string]*simOffer{}, tasks: map[string]*simTask{}, delivered: map[string]*simUpdate{}},
		api:     &simAPI{fate: f, byUID: map[string]*simPod{}, stored: map[string]Task{}},
		usedIDs: map[string]bool{}, settled: map[string]bool{},
	}
	sim.cfg = simConfig
	sim.cfg.Order, sim.cfg.Choice = Orders[seed%2], Choices[seed/2%2]
	sim.check = checker{sim}
	sim.mesos.mayAcknowledge = sim.check.mayAcknowledge
	for range 1 + sim.rng.IntN(4) {
		sim.mesos.addAgent()
	}
	sim.startCore()
	return sim
}

var simConfig = Config{Executor: Amount{CPU: 250, Mem: 64}}

// startCore begins a life of the framework, the first or one after a crash:
// only stored data is left.
func (sim *simulation) startCore() {
	own, twins := sim.cfg, sim.cfg
	sim.rules = newFakeRules()
	own.Rules, twins.Rules = sim.rules, newFakeRules()
	sim.core, sim.twin = New(own), New(twins)
	sim.rules.settling = sim.check.placement
	sim.mesos.connected, sim.mesos.stream, sim.api.results, sim.api.watch = false, nil, nil, nil
	sim.voidOffers()
	var tasks []Task
	for _, id := range slices.Sorted(maps.Keys(sim.api.stored)) {
		tasks = append(tasks, sim.api.stored[id])
	}
	sim.broken = false
	sim.step(Restored{Tasks: tasks})
	for _, a := range sim.mesos.agents {
		sim.step(NodeChanged{a.node, nodeOf(a)})
	}
	early := sim.rng.IntN(2) == 0
	if early {
		sim.subscribe()
	}
	for _, p := range sim.api.pods {
		if !p.finished {
			p.message = ""
			sim.step(PodAdded{p.Pod, p.node})
		}
	}
	sim.step(PodsListed{})
	if !early {
		sim.subscribe()
	}
}

func (sim *simulation) voidOffers() {
	sim.mesos.offers, sim.given = map[string]*simOffer{}, map[string]*simOffer{}
}

func (sim *simulation) subscribe() {
	sim.voidOffers()
	sim.mesos.connected, sim.mesos.suppressed, sim.mesos.stream = true, false, nil
	for _, a := range sim.mesos.agents {
		a.refusedTill = time.Time{}
	}
	sim.step(Subscribed{})
}

func (sim *simulation) disconnect() {
	if sim.mesos.connected {
		sim.mesos.connected, sim.mesos.stream = false, nil
		sim.voidOffers()
		sim.step(Disconnected{})
	}
}

// step gives the core an event, checks what it does, and does it.
func (sim *simulation) step(e Event) {
	if o, ok := e.(Offered); ok {
		for _, offer := range o.Offers {
			known := sim.mesos.offers[offer.ID]
			if known == nil { // taken back meanwhile, which the core does not know yet
				known = &simOffer{Offer: offer, agent: sim.mesos.agentOf(offer.Agent)}
			}
			known.told = sim.now
			sim.given[offer.ID] = known
		}
	}
	if r, ok := e.(Rescinded); ok {
		delete(sim.given, r.ID)
	}
	sim.nominees = map[string]string{}
	for _, p := range sim.core.nominations.all {
		sim.nominees[p.UID] = p.nomination.node.name
	}
	calls := sim.core.Step(sim.now, e)
	sim.log = append(sim.log, entry{at: sim.now, event: e, calls: calls})
	sim.check.twin(e, calls)
	sim.check.order(calls)
	sim.check.state()
	for _, c := range calls {
		if sim.chance(300) {
			sim.remark("the framework is killed before: " + showCall(c))
			sim.startCore()
			return
		}
		sim.do(c)
	}
	if sim.broken {
		sim.broken = false
		sim.disconnect()
	}
}

func (sim *simulation) do(c Call) {
	if k, ok := c.(Kill); ok && k.Record != nil {
		sim.api.stored[k.Task] = *k.Record
	}
	switch c.(type) {
	case Launch, Decline, Suppress, Revive, Kill, Reconcile, Acknowledge:
		if !sim.mesos.connected {
			sim.violated("%s while not connected", showCall(c))
		}
		if _, ok := c.(Launch); !ok && sim.broken {
			return // lost
		}
	}
	switch c := c.(type) {
	case Launch:
		sim.check.launch(c)
		sim.launch(c)
	case Decline:
		for _, id := range c.Offers {
			sim.spend(id, "declined")
			if o := sim.mesos.offers[id]; o != nil {
				delete(sim.mesos.offers, id)
				sim.mesos.refuse(o.agent, o.Amount, c)
			}
		}
	case Suppress:
		if sim.mesos.suppressed {
			sim.violated("suppressed twice")
		}
		sim.mesos.suppressed = true
	case Revive:
		sim.mesos.suppressed = false
		for _, a := range sim.mesos.agents {
			a.refusedTill = a.refusedTill.AddDate(-1, 0, 0)
		}
	case Kill:
		sim.mesos.kill(c)
	case Reconcile:
		sim.mesos.answer(c)
	case Acknowledge:
		sim.acknowledged(c)
	case Bind:
		sim.api.bind(c)
	case Fail:
		sim.check.fail(c)
		if p := sim.api.byUID[c.PodUID]; p != nil && !p.finished {
			sim.api.endPod(p, false)
		}
		sim.api.results = append(sim.api.results, Failed{c.PodUID})
	case Explain:
		sim.check.explain(c)
	case Nominate:
		sim.api.nominate(c)
	case Preempt:
		sim.check.preempt(c)
		sim.api.preempt(c)
	case Forget:
		sim.check.forget(c)
		delete(sim.api.stored, c.Task)
	}
}

// spend removes an offer from those that the core may use.
func (sim *simulation) spend(id, how string) *simOffer {
	o := sim.given[id]
	if o == nil {
		sim.violated("offer %s is %s, but the core does not have it", id, how)
		return &simOffer{}
	}
	if age := sim.now.Sub(o.told); age > sim.core.fleet.cfg.Hold {
		sim.violated("offer %s is %s after %v", id, how, age)
	}
	delete(sim.given, id)
	return o
}

func (sim *simulation) launch(c Launch) {
	if sim.chance(12) {
		sim.api.results = append(sim.api.results, LaunchFailed{Tasks: c.Tasks, Err: errors.New("the store is away")})
		for _, id := range c.Offers {
			delete(sim.mesos.offers, id) // the framework gives them back
		}
		return
	}
	for _, t := range c.Tasks {
		sim.api.stored[t.ID] = t
		sim.usedIDs[t.ID] = true
	}
	if sim.broken = sim.broken || sim.chance(20); sim.broken {
		return // the stream ends before the ACCEPT is sent
	}
	sim.mesos.accept(c)
}

func (sim *simulation) acknowledged(c Acknowledge) {
	u := sim.mesos.delivered[c.UUID]
	if u == nil || u.Task != c.Task || u.Agent != c.Agent {
		sim.violated("%s, which was not delivered so", showCall(c))
		return
	}
	if why := u.check(); why != "" && !u.acked {
		sim.violated("%s (%v) before its effect is stored: %s", showCall(c), u.State, why)
	}
	if sim.chance(10) {
		return // lost
	}
	u.acked = true
	if t := sim.mesos.tasks[c.Task]; t != nil && len(t.updates) > 0 && t.updates[0] == u {
		t.updates = t.updates[1:]
	}
}

// entry is a line of a life's story.
type entry struct {
	at     time.Time
	event  Event
	calls  []Call
	remark string
}

func (sim *simulation) remark(text string) {
	sim.log = append(sim.log, entry{at: sim.now, remark: text})
}

func (n entry) String() string {
	if n.remark != "" {
		return n.remark
	}
	var b strings.Builder
	b.WriteString(n.at.Format("04:05.000 "))
	b.WriteString(showEvent(n.event))
	for _, c := range n.calls {
		b.WriteString("\n             -> " + showCall(c))
	}
	return b.String()
}

func (sim *simulation) violated(format string, args ...any) {
	sim.t.Helper()
	var story strings.Builder
	for _, n := range sim.log[max(0, len(sim.log)-60):] {
		fmt.Fprintln(&story, n)
	}
	sim.t.Log(story.String())
	sim.t.Fatalf(format, args...)
}
