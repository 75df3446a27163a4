package mesosvolumes_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/mesosvolumes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/operations"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// world is a Mesos with one agent, a framework with its records, and claims. Everything
// between them can get lost.
type world struct {
	t    *testing.T
	r    *rand.Rand
	seed uint64
	now  time.Time

	master, agent []*mesospb.Resource          // what each takes the agent to have
	unheard       []operations.Change          // which the agent has yet to hear of
	data          map[string]string            // in the directories of volumes, on the agent
	offer         int                          // the valid one
	refused       mesospb.Offer_Operation_Type // what the master does not let the framework do now
	inFlight      []accept                     // calls that the master has yet to see
	lists         []list                       // answers that the framework has yet to see
	store         map[string][]byte            // the framework's records
	outbox        []func()                     // stores and calls, in order
	state         *mesosvolumes.State          // of this life
	claims        map[string]*claim            // by volume
	order         []string                     // of the claims
}

type list struct {
	asked time.Time
	total []*mesospb.Resource
}

type accept struct {
	offer int
	ops   []*mesospb.Offer_Operation
}

// claim is what Kubernetes knows of a volume.
type claim struct {
	mb                         int64
	bound, written             bool // there is a PersistentVolume; a pod has written
	released, retained, closed bool // nobody needs the data; all is over
}

var config = mesosvolumes.Config{Role: "web", Principal: "fw", Cluster: "c1"}

const node = "n1"

func newWorld(t *testing.T, seed uint64) *world {
	rs, err := resources.Parse("cpus:4;disk:100;disk(web):10")
	if err != nil {
		t.Fatal(err)
	}
	rs = resources.AllRefined(rs)
	w := &world{t: t, seed: seed, r: rand.New(rand.NewPCG(seed, 0)), now: time.Unix(1e9, 0), master: rs, agent: rs,
		data: map[string]string{}, store: map[string][]byte{}, claims: map[string]*claim{}}
	w.start()
	return w
}

// start begins another life of the framework.
func (w *world) start() {
	w.outbox, w.lists = nil, nil
	w.offer++ // offers of an earlier subscription are void
	var stored []records.Volume
	for _, key := range slices.Sorted(maps.Keys(w.store)) {
		stored = append(stored, decode(w.t, key, w.store[key]))
	}
	w.state = mesosvolumes.New(config, stored)
	for _, name := range w.order {
		if c := w.claims[name]; !c.closed && !c.released {
			_, _, o := w.state.Have(name, node, c.mb, c.bound)
			w.carryOut(o)
		}
	}
	w.carryOut(w.state.Begin())
}

func (w *world) carryOut(o mesosvolumes.Outcome, ops ...*mesospb.Offer_Operation) {
	for _, c := range o.Records {
		w.outbox = append(w.outbox, func() {
			if w.store[c.Key] = c.Value; c.Value == nil {
				delete(w.store, c.Key)
			}
		})
	}
	if len(ops) > 0 {
		a := accept{w.offer, ops}
		w.outbox = append(w.outbox, func() { w.inFlight = append(w.inFlight, a) })
	}
}

// offers shows the framework what the master takes the agent to have.
func (w *world) offers() {
	w.offer++
	var rs []*mesospb.Resource
	for _, r := range w.master {
		old, _ := resources.Unrefined(r)
		rs = append(rs, old)
	}
	ops, o := w.state.Offered(w.now, node, rs)
	w.carryOut(o, ops...)
}

// deliver has the master do what it is asked for, if the offer still is valid.
func (w *world) deliver() {
	if len(w.inFlight) == 0 {
		return
	}
	a := w.inFlight[0]
	w.inFlight = w.inFlight[1:]
	if a.offer != w.offer {
		return
	}
	w.offer++
	for _, op := range a.ops {
		change, problem := operations.Of(op, operations.Place{Role: "web", Principal: "fw", Total: w.master})
		after, ok := change.Apply(w.master)
		if op.GetType() == w.refused || w.refused != 0 && (problem != "" || !ok) { // for what precedes it was refused
			continue
		}
		if problem != "" || !ok {
			w.t.Fatalf("seed %d: %v is invalid: %s", w.seed, op, problem)
		}
		for _, r := range op.GetCreate().GetVolumes() {
			if id := resources.VolumeID(r); w.claims[id].bound {
				w.t.Fatalf("seed %d: volume %s is made although a claim has it", w.seed, id)
			}
		}
		w.master = after
		w.unheard = append(w.unheard, change)
	}
}

// hear has the agent do the first thing that it has not heard of yet.
func (w *world) hear() {
	if len(w.unheard) == 0 {
		return
	}
	before := ids(w.agent)
	w.agent, _ = w.unheard[0].Apply(w.agent)
	w.unheard = w.unheard[1:]
	after := ids(w.agent)
	for id := range after {
		if !before[id] {
			w.data[id] = ""
		}
	}
	for id := range before {
		if after[id] {
			continue
		}
		if c := w.claims[id]; c.bound && !c.released {
			w.t.Fatalf("seed %d: volume %s, which is in use, is destroyed", w.seed, id)
		}
		delete(w.data, id)
	}
}

func ids(rs []*mesospb.Resource) map[string]bool {
	all := map[string]bool{}
	for _, r := range rs {
		if id := resources.VolumeID(r); id != "" {
			all[id] = true
		}
	}
	return all
}

// comeBack is an agent that registers again, with this master or another one: what it has
// not heard of never happens, and its offers are void.
func (w *world) comeBack() {
	w.master, w.unheard = w.agent, nil
	w.offer++
}

// claimStep goes on with a claim, as the controller of volumes does.
func (w *world) claimStep(name string) {
	c := w.claims[name]
	switch {
	case c.closed:
	case c.released:
		removed, _, o := w.state.Remove(name, node)
		w.carryOut(o)
		if removed {
			c.closed = true
			w.carryOut(w.state.Forget(name))
		}
	default:
		a, err, o := w.state.Have(name, node, c.mb, c.bound)
		w.carryOut(o)
		if err != nil && strings.Contains(err.Error(), "does not have it") && ids(w.master)[name] {
			w.t.Fatalf("seed %d: volume %s is there, but: %v", w.seed, name, err)
		}
		if err != nil && !c.bound {
			c.closed = true
			w.carryOut(w.state.Forget(name))
		}
		c.bound = c.bound || a.Ready
		if _, there := w.data[name]; there && c.bound {
			c.written, w.data[name] = true, name
		}
	}
}

func (w *world) anyClaim() string {
	if len(w.order) == 0 {
		return ""
	}
	return w.order[w.r.IntN(len(w.order))]
}

// step does something at random.
func (w *world) step() {
	w.now = w.now.Add(time.Duration(w.r.IntN(4000)) * time.Millisecond)
	name := w.anyClaim()
	switch w.r.IntN(21) {
	case 0:
		name = fmt.Sprintf("v%d", len(w.order))
		w.claims[name] = &claim{mb: int64(1 + w.r.IntN(30))}
		w.order = append(w.order, name)
		if w.r.IntN(4) == 0 { // it is to be on a node first whose agent never comes back
			_, _, o := w.state.Have(name, "lost", w.claims[name].mb, false)
			w.carryOut(o)
			w.carryOut(w.state.Forget(name))
		}
	case 1, 2, 3:
		if name != "" {
			w.claimStep(name)
		}
	case 4: // the claim of a bound volume is deleted; it may have to be retained
		c := w.claims[name]
		switch {
		case c == nil || c.closed || c.released:
		case !c.bound && w.r.IntN(4) > 0:
		case !c.bound: // the claim goes before it has a volume
			c.closed = true
			w.carryOut(w.state.Forget(name))
		case w.r.IntN(4) == 0: // people do this, long after the records say that it was handed over
			_, _, o := w.state.Have(name, node, c.mb, true)
			w.carryOut(o)
			for len(w.outbox) > 0 {
				w.work()
			}
			c.retained, c.closed = true, true
			w.carryOut(w.state.Forget(name))
		default:
			c.released = true
		}
	case 5, 6:
		w.offers()
	case 7, 8, 9, 10, 11:
		w.work()
		w.work()
	case 12, 13, 14, 15:
		w.deliver()
	case 16, 17:
		w.hear()
	case 18:
		w.lists = append(w.lists, list{w.now, w.master})
	case 19:
		w.listed()
	default:
		w.fault()
	}
}

// work does the first job of the outbox.
func (w *world) work() {
	if len(w.outbox) > 0 {
		job := w.outbox[0]
		w.outbox = w.outbox[1:]
		job()
	}
}

// listed has the framework see an answer of the master, which may be old by now.
func (w *world) listed() {
	if len(w.lists) > 0 {
		w.carryOut(w.state.Listed(w.lists[0].asked, node, w.lists[0].total))
		w.lists = w.lists[1:]
		w.state.Present(map[string]bool{node: true})
	}
}

func (w *world) fault() {
	switch w.r.IntN(5) {
	case 0: // the framework is killed, with all that it had still to do
		w.start()
	case 1: // a call is lost
		if len(w.inFlight) > 0 {
			w.inFlight = w.inFlight[1:]
		}
	case 2: // another master, or an agent that was lost
		w.comeBack()
	case 3: // the offer is rescinded
		w.offer++
	case 4: // other rights
		w.refused = refusable[w.r.IntN(len(refusable))]
	}
}

// refusable is what rights are about; the first is none of that.
var refusable = []mesospb.Offer_Operation_Type{0, mesospb.Offer_Operation_RESERVE, mesospb.Offer_Operation_UNRESERVE, mesospb.Offer_Operation_CREATE, mesospb.Offer_Operation_DESTROY}

// calm lets everything that goes on come to its end.
func (w *world) calm() {
	w.refused = 0
	w.now = w.now.Add(5 * time.Minute) // after which what was refused is tried again
	for range 20 {
		for _, name := range w.order {
			w.claimStep(name)
		}
		w.offers()
		for len(w.outbox)+len(w.inFlight)+len(w.unheard) > 0 {
			w.work()
			w.deliver()
			w.hear()
		}
		w.now = w.now.Add(15 * time.Second)
		w.carryOut(w.state.Listed(w.now, node, w.master))
		w.state.Present(map[string]bool{node: true})
	}
}

// check fails if a volume was lost or leaked.
func (w *world) check() {
	for _, name := range w.order {
		c := w.claims[name]
		data, there := w.data[name]
		keep := c.bound && (c.retained || !c.released && !c.closed)
		switch {
		case keep && c.written && data != name:
			w.t.Errorf("seed %d: volume %s has lost its data", w.seed, name)
		case keep && !there: // the agent never heard of it, which must be known
			if _, err, _ := w.state.Have(name, node, c.mb, true); err == nil {
				w.t.Errorf("seed %d: nobody says that volume %s is missing", w.seed, name)
			}
		case !keep && there:
			w.t.Errorf("seed %d: volume %s is leaked: %+v", w.seed, name, c)
		case c.released && !c.closed:
			w.t.Errorf("seed %d: the removal of volume %s does not end", w.seed, name)
		}
	}
	for _, r := range w.agent {
		if resources.Reservation(r) != nil && resources.VolumeID(r) == "" {
			w.t.Errorf("seed %d: %v is reserved for nothing", w.seed, r)
		}
	}
	if got := resources.Scalar(w.agent, "disk"); got != 110_000 {
		w.t.Errorf("seed %d: there are %d of disk", w.seed, got)
	}
	if w.state.Busy() {
		w.t.Errorf("seed %d: something is still to be done", w.seed)
	}
}

// Whatever is lost at whatever step, no volume in use is destroyed or replaced, none that
// nobody needs stays, and all disk that was reserved for nothing comes back.
func TestNoVolumeIsLostOrLeaked(t *testing.T) {
	t.Parallel()
	written, closed := 0, 0
	for seed := range uint64(200) {
		w := newWorld(t, seed)
		for range 300 {
			w.step()
		}
		w.calm()
		w.check()
		for _, c := range w.claims {
			if c.written {
				written++
			}
			if c.released && c.closed {
				closed++
			}
		}
		if t.Failed() {
			return
		}
	}
	if written < 300 || closed < 150 {
		t.Errorf("only %d volumes were used and %d removed", written, closed)
	}
}
