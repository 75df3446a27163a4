package scheduler

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// world is everything around the core: a Mesos master and its agents with our
// executors and kubelets, the API server, the store, and users. Its seed
// decides what it does. It is written from what Mesos does, not from what the
// core expects.
type world struct {
	t      *testing.T
	rng    *rand.Rand
	now    time.Time
	faults bool
	log    []entry

	core, twin *State // twin is given the same events and must do the same
	connected  bool
	broken     bool    // the stream is lost, which the core does not know yet
	stream     []Event // from Mesos, in order, not delivered yet
	results    []Event // from API server and store, in any order
	watch      []Event // from the API server's watch, in order

	agents     []*wAgent
	offers     map[string]*wOffer // valid at the master
	given      map[string]*wOffer // as the core must see them: told, and not used, declined, taken back
	suppressed bool
	tasks      map[string]*wTask // that master or agent know of
	order      []*wTask          // the same, by age
	count      int               // for ids

	pods   []*wPod // those that exist, by age
	byUID  map[string]*wPod
	stored map[string]Task

	usedIDs   map[string]bool
	delivered map[string]*wUpdate // by uuid
}

type wAgent struct {
	id, node    string
	amount      Amount
	ports       []PortRange
	gone        bool // permanently
	unreachable bool
	forgotten   bool // the master has failed over and the agent is not back
	backBy      time.Time
	executor    bool
	refusedTill time.Time
	refused     Amount // the filter holds for what is within it
}

type wOffer struct {
	Offer
	agent *wAgent
	told  time.Time // when the core was told
}

type wTask struct {
	Task
	agent    *wAgent
	state    mesospb.TaskState // as the executor sees it
	updates  []*wUpdate        // kept by the agent until acknowledged
	over     bool              // terminal
	killed   bool
	waits    bool // its node cannot run pods yet
	lastSent time.Time
}

type wUpdate struct {
	Update
	acked bool
	check func() string // says why it must not be acknowledged yet
}

type wPod struct {
	Pod
	node     string // bound to
	foreign  bool   // bound by another client
	finished bool
	deleting bool // by the user, while the kubelet stops it
	message  string
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{
		t: t, rng: rand.New(rand.NewPCG(seed, 17)), now: time.Unix(1000, 0), faults: true,
		offers: map[string]*wOffer{}, tasks: map[string]*wTask{}, byUID: map[string]*wPod{},
		stored: map[string]Task{}, usedIDs: map[string]bool{}, delivered: map[string]*wUpdate{},
	}
	for range 1 + w.rng.IntN(4) {
		w.addAgent()
	}
	w.startCore()
	return w
}

func (w *world) id(kind string) string {
	w.count++
	return fmt.Sprint(kind, w.count)
}

func (w *world) addAgent() {
	id := w.id("agent")
	w.agents = append(w.agents, &wAgent{
		id: id, node: "node-" + id, amount: Amount{int64(1+w.rng.IntN(8)) * 1000, 4096},
		ports: []PortRange{{31000, 31004}},
	})
}

var worldConfig = Config{Executor: Amount{250, 64}}

// startCore begins a life of the framework, the first or one after a crash:
// only stored data is left.
func (w *world) startCore() {
	w.core, w.twin = New(worldConfig), New(worldConfig)
	w.connected, w.stream, w.results, w.watch = false, nil, nil, nil
	w.voidOffers()
	var tasks []Task
	for _, id := range slices.Sorted(maps.Keys(w.stored)) {
		tasks = append(tasks, w.stored[id])
	}
	w.broken = false
	w.step(Restored{Tasks: tasks})
	for _, a := range w.agents {
		w.step(NodeChanged{a.node, nodeOf(a)})
	}
	early := w.rng.IntN(2) == 0
	if early {
		w.subscribe()
	}
	for _, p := range w.pods {
		if !p.finished {
			p.message = ""
			w.step(PodAdded{p.Pod, p.node})
		}
	}
	w.step(PodsListed{})
	if !early {
		w.subscribe()
	}
}

func (w *world) voidOffers() {
	w.offers, w.given = map[string]*wOffer{}, map[string]*wOffer{}
}

func (w *world) subscribe() {
	w.voidOffers()
	w.connected, w.suppressed, w.stream = true, false, nil
	for _, a := range w.agents {
		a.refusedTill = time.Time{}
	}
	w.step(Subscribed{})
}

func (w *world) disconnect() {
	if w.connected {
		w.connected, w.stream = false, nil
		w.voidOffers()
		w.step(Disconnected{})
	}
}

// free returns what an agent has that is neither used nor offered.
func (w *world) free(a *wAgent) Amount {
	left := a.amount
	if a.executor {
		left = left.minus(worldConfig.Executor)
	}
	for _, t := range w.order {
		if t.agent == a && !t.over {
			left = left.minus(t.Amount)
		}
	}
	for _, o := range w.offers {
		if o.agent == a {
			left = left.minus(o.Amount)
		}
	}
	return left
}

func (w *world) freePorts(a *wAgent) (ranges []PortRange) {
	for p := a.ports[0].Begin; p <= a.ports[0].End; p++ {
		used := false
		for _, t := range w.order {
			used = used || t.agent == a && !t.over && slices.Contains(t.Ports, p)
		}
		for _, o := range w.offers {
			used = used || o.agent == a && has(o.Ports, p)
		}
		if !used {
			ranges = append(ranges, PortRange{p, p})
		}
	}
	return ranges
}

// allocate makes offers, as the master does each second.
func (w *world) allocate() {
	if !w.connected || w.suppressed {
		return
	}
	for _, a := range w.agents {
		free := w.free(a)
		if a.gone || a.unreachable || a.forgotten || free.CPU < 10 && free.Mem < 32 ||
			w.now.Before(a.refusedTill) && free.within(a.refused) {
			continue
		}
		parts := []Amount{free}
		if w.faults && w.rng.IntN(4) == 0 {
			parts = []Amount{{free.CPU / 2, free.Mem / 2}, free.minus(Amount{free.CPU / 2, free.Mem / 2})}
		}
		var event Offered
		for i, part := range parts {
			o := &wOffer{agent: a, Offer: Offer{ID: w.id("offer"), Agent: a.id, Node: a.node, Amount: part, Executor: a.executor}}
			if i == 0 {
				o.Ports = w.freePorts(a)
			}
			w.offers[o.ID] = o
			event.Offers = append(event.Offers, o.Offer)
		}
		w.stream = append(w.stream, event)
	}
}

func (w *world) takeBack(o *wOffer) {
	if w.offers[o.ID] != nil {
		delete(w.offers, o.ID)
		w.send(Rescinded{o.ID})
	}
}

// send puts an event of the master into the stream; without one it is lost.
func (w *world) send(e Event) {
	if w.connected {
		w.stream = append(w.stream, e)
	}
}

// masterSays is an update of the master's own: no uuid, sent once.
func (w *world) masterSays(task, agent string, state mesospb.TaskState, reason mesospb.TaskStatus_Reason) {
	w.send(Updated{Update{Task: task, Agent: agent, State: state, Source: mesospb.TaskStatus_SOURCE_MASTER, Reason: &reason}})
}

// report queues an update at the agent, to be repeated until acknowledged.
func (w *world) report(t *wTask, state mesospb.TaskState, source mesospb.TaskStatus_Source, reason mesospb.TaskStatus_Reason) {
	if t.over {
		return
	}
	u := &wUpdate{Update: Update{Task: t.ID, Agent: t.Agent, State: state, Source: source, UUID: w.id("uuid")}}
	if reason != noReason {
		u.Reason = &reason
	}
	u.check = func() string { return w.mayAcknowledge(t, u) }
	t.updates = append(t.updates, u)
	t.state = state
	t.lastSent = time.Time{}
	t.over = isTerminal(state)
}

func isTerminal(s mesospb.TaskState) bool {
	switch s {
	case mesospb.TaskState_TASK_STAGING, mesospb.TaskState_TASK_STARTING, mesospb.TaskState_TASK_RUNNING,
		mesospb.TaskState_TASK_KILLING, mesospb.TaskState_TASK_UNREACHABLE, mesospb.TaskState_TASK_UNKNOWN:
		return false
	}
	return true
}

// resend has the agents send the heads of their queues, again every 10 s.
func (w *world) resend() {
	if !w.connected {
		return
	}
	for _, t := range w.order {
		if len(t.updates) == 0 || t.agent.unreachable || t.agent.forgotten || w.now.Sub(t.lastSent) < 10*time.Second {
			continue
		}
		t.lastSent = w.now
		if w.chance(10) {
			continue // lost on the way
		}
		u := t.updates[0]
		w.delivered[u.UUID] = u
		w.send(Updated{u.Update})
		if w.chance(8) {
			w.send(Updated{u.Update})
		}
	}
}

func (w *world) chance(oneIn int) bool { return w.faults && w.rng.IntN(oneIn) == 0 }

func (w *world) addPod() {
	p := &wPod{Pod: Pod{UID: w.id("pod"), Amount: Amount{int64(1+w.rng.IntN(12)) * 250, int64(1+w.rng.IntN(8)) * 128}}}
	if w.rng.IntN(4) == 0 {
		p.Ports = []uint16{31000 + uint16(w.rng.IntN(5))}
	}
	if w.rng.IntN(8) == 0 {
		p.Amount.CPU = 100000
	}
	if w.rng.IntN(6) == 0 {
		a := w.agents[w.rng.IntN(len(w.agents))]
		p.Affinity = nodeaffinity.GetRequiredNodeAffinity(&v1.Pod{Spec: v1.PodSpec{NodeSelector: map[string]string{"agent": a.id}}})
	} else if w.rng.IntN(3) > 0 {
		p.Class = fmt.Sprint(p.Amount, p.Ports)
	}
	w.pods = append(w.pods, p)
	w.byUID[p.UID] = p
	w.watch = append(w.watch, PodAdded{p.Pod, ""})
}

// endPod: the pod is finished, or the object is gone.
func (w *world) endPod(p *wPod, removed bool) {
	p.finished = true
	if removed {
		delete(w.byUID, p.UID)
		w.pods = slices.DeleteFunc(w.pods, func(q *wPod) bool { return q == p })
	}
	w.watch = append(w.watch, PodRemoved{p.UID})
}

// deletePod is a user's delete: without a kubelet the object goes at once.
func (w *world) deletePod(p *wPod) {
	switch {
	case p.node == "" || p.finished || p.foreign:
		w.endPod(p, true)
	default:
		p.deleting = true
	}
}

func nodeOf(a *wAgent) *v1.Node {
	return &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: a.node, Labels: map[string]string{"agent": a.id}}}
}
