package scheduler

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// step gives the core an event, checks what it does, and does it.
func (w *world) step(e Event) {
	if o, ok := e.(Offered); ok {
		for _, offer := range o.Offers {
			known := w.offers[offer.ID]
			if known == nil { // taken back meanwhile, which the core does not know yet
				known = &wOffer{Offer: offer, agent: w.agentOf(offer.Agent)}
			}
			known.told = w.now
			w.given[offer.ID] = known
		}
	}
	if r, ok := e.(Rescinded); ok {
		delete(w.given, r.ID)
	}
	calls := w.core.Step(w.now, e)
	w.log = append(w.log, entry{at: w.now, event: e, calls: calls})
	w.checkTwin(e, calls)
	w.checkOrder(calls)
	w.checkState()
	for _, c := range calls {
		if w.chance(300) {
			w.remark("the framework is killed before: " + showCall(c))
			w.startCore()
			return
		}
		w.do(c)
	}
	if w.broken {
		w.broken = false
		w.disconnect()
	}
}

func (w *world) agentOf(id string) *wAgent {
	for _, a := range w.agents {
		if a.id == id {
			return a
		}
	}
	return nil
}

func (w *world) do(c Call) {
	if k, ok := c.(Kill); ok && k.Record != nil {
		w.stored[k.Task] = *k.Record
	}
	switch c.(type) {
	case Launch, Decline, Suppress, Revive, Kill, Reconcile, Acknowledge:
		if !w.connected {
			w.violated("%s while not connected", showCall(c))
		}
		if _, ok := c.(Launch); !ok && w.broken {
			return // lost
		}
	}
	switch c := c.(type) {
	case Launch:
		w.checkLaunch(c)
		w.launch(c)
	case Decline:
		for _, id := range c.Offers {
			w.spend(id, "declined")
			if o := w.offers[id]; o != nil {
				delete(w.offers, id)
				w.refuse(o.agent, o.Amount, c)
			}
		}
	case Suppress:
		if w.suppressed {
			w.violated("suppressed twice")
		}
		w.suppressed = true
	case Revive:
		w.suppressed = false
		for _, a := range w.agents {
			a.refusedTill = a.refusedTill.AddDate(-1, 0, 0)
		}
	case Kill:
		w.kill(c)
	case Reconcile:
		w.answer(c)
	case Acknowledge:
		w.acknowledged(c)
	case Bind:
		w.bind(c)
	case Fail:
		w.checkFail(c)
		if p := w.byUID[c.PodUID]; p != nil && !p.finished {
			w.endPod(p, false)
		}
		w.results = append(w.results, Failed{c.PodUID})
	case Explain:
		w.checkExplain(c)
	case Forget:
		w.checkForget(c)
		delete(w.stored, c.Task)
	}
}

func (w *world) refuse(a *wAgent, rest Amount, c Decline) {
	a.refusedTill, a.refused = w.now.Add(c.Refuse), rest
}

// spend removes an offer from those that the core may use.
func (w *world) spend(id, how string) *wOffer {
	o := w.given[id]
	if o == nil {
		w.violated("offer %s is %s, but the core does not have it", id, how)
		return &wOffer{}
	}
	if age := w.now.Sub(o.told); age > w.core.fleet.cfg.Hold {
		w.violated("offer %s is %s after %v", id, how, age)
	}
	delete(w.given, id)
	return o
}

func (w *world) launch(c Launch) {
	if w.chance(12) {
		w.results = append(w.results, LaunchFailed{Tasks: c.Tasks, Err: errors.New("the store is away")})
		for _, id := range c.Offers {
			delete(w.offers, id) // the framework gives them back
		}
		return
	}
	for _, t := range c.Tasks {
		w.stored[t.ID] = t
		w.usedIDs[t.ID] = true
	}
	if w.broken = w.broken || w.chance(20); w.broken {
		return // the stream ends before the ACCEPT is sent
	}
	a := w.agentOf(c.Agent)
	valid := true
	rest := Amount{}
	for _, id := range c.Offers {
		valid = valid && w.offers[id] != nil
		if o := w.offers[id]; o != nil {
			rest = rest.plus(o.Amount)
			delete(w.offers, id)
		}
	}
	reason := mesospb.TaskStatus_REASON_INVALID_OFFERS
	if a.unreachable || a.gone {
		valid, reason = false, mesospb.TaskStatus_REASON_AGENT_REMOVED
	}
	for _, t := range c.Tasks {
		switch {
		case !valid:
			w.masterSays(t.ID, a.id, dropped, reason)
		case !a.executor && !c.Executor:
			w.masterSays(t.ID, a.id, mesospb.TaskState_TASK_ERROR, mesospb.TaskStatus_REASON_TASK_INVALID)
		case w.chance(20): // lost between master and agent
		default:
			known := &wTask{Task: t, agent: a, state: staging}
			w.tasks[t.ID] = known
			w.order = append(w.order, known)
			rest = rest.minus(t.Amount)
		}
	}
	if valid {
		if c.Executor && !a.executor {
			a.executor = true
			rest = rest.minus(worldConfig.Executor)
		}
		w.refuse(a, rest, Decline{Refuse: c.Refuse})
	}
}

func (w *world) kill(c Kill) {
	t := w.tasks[c.Task]
	switch {
	case w.chance(5): // lost
	case t == nil || t.over && len(t.updates) == 0:
		w.reconciled(c.Task, c.Agent)
	case t.agent.unreachable:
		w.reconciled(c.Task, c.Agent)
	case t.agent.forgotten:
	default:
		t.killed = true
	}
}

func (w *world) answer(c Reconcile) {
	if w.chance(4) {
		return
	}
	for _, t := range c.Tasks {
		w.reconciled(t.ID, t.Agent)
	}
	if len(c.Tasks) == 0 {
		for _, t := range w.liveTasks() {
			if !t.agent.unreachable && !t.agent.forgotten {
				w.reconciled(t.ID, t.Agent)
			}
		}
	}
}

// reconciled answers as a master does; the state is that of the unacknowledged head.
func (w *world) reconciled(id, agent string) {
	a, t := w.agentOf(agent), w.tasks[id]
	say := func(s mesospb.TaskState) { w.masterSays(id, agent, s, mesospb.TaskStatus_REASON_RECONCILIATION) }
	switch {
	case a == nil:
		say(unknown)
	case a.gone:
		say(mesospb.TaskState_TASK_GONE_BY_OPERATOR)
	case a.forgotten:
		if w.faults && w.rng.IntN(2) == 0 {
			say(unknown) // where the registry was lost as well
		}
	case a.unreachable:
		say(unreached)
	case t == nil || t.over && len(t.updates) == 0:
		say(gone)
	case len(t.updates) > 0:
		say(t.updates[0].State)
	default:
		say(t.state)
	}
}

func (w *world) acknowledged(c Acknowledge) {
	u := w.delivered[c.UUID]
	if u == nil || u.Task != c.Task || u.Agent != c.Agent {
		w.violated("%s, which was not delivered so", showCall(c))
		return
	}
	if why := u.check(); why != "" && !u.acked {
		w.violated("%s (%v) before its effect is stored: %s", showCall(c), u.State, why)
	}
	if w.chance(10) {
		return // lost
	}
	u.acked = true
	if t := w.tasks[c.Task]; t != nil && len(t.updates) > 0 && t.updates[0] == u {
		t.updates = t.updates[1:]
	}
}

func (w *world) bind(c Bind) {
	p := w.byUID[c.PodUID]
	var err error
	denied := w.chance(10)
	switch {
	case p == nil || p.finished:
		err, denied = errors.New("no such pod"), false
	case p.node != "":
		err, denied = errors.New("bound to "+p.node), false
	case denied:
		err = errors.New("a webhook says no")
	default:
		p.node = c.Task.Node
		w.watch = append(w.watch, PodAdded{p.Pod, p.node})
	}
	w.results = append(w.results, Bound{Task: c.Task.ID, Err: err, Denied: denied})
}

// entry is a line of a life's story.
type entry struct {
	at     time.Time
	event  Event
	calls  []Call
	remark string
}

func (w *world) remark(text string) { w.log = append(w.log, entry{at: w.now, remark: text}) }

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

func (w *world) violated(format string, args ...any) {
	w.t.Helper()
	var story strings.Builder
	for _, n := range w.log[max(0, len(w.log)-60):] {
		fmt.Fprintln(&story, n)
	}
	w.t.Log(story.String())
	w.t.Fatalf(format, args...)
}
