package scheduler

import (
	"maps"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// simMesos is a Mesos master and its agents, with what our executors have reported.
type simMesos struct {
	*fate
	connected  bool
	suppressed bool
	stream     []Event // to the core, in order, not delivered yet

	agents    []*simAgent
	offers    map[string]*simOffer  // valid at the master
	tasks     map[string]*simTask   // that master or agent know of
	order     []*simTask            // the same, by age
	delivered map[string]*simUpdate // by uuid

	// mayAcknowledge returns why an update must not be acknowledged yet.
	mayAcknowledge func(*simTask, *simUpdate) string
}

// liveTasks returns the tasks that are not over, by age.
func (m *simMesos) liveTasks() (live []*simTask) {
	for _, t := range m.order {
		if !t.over {
			live = append(live, t)
		}
	}
	return live
}

// clear forgets what master and agents forget: tasks over and acknowledged.
func (m *simMesos) clear() {
	m.order = slices.DeleteFunc(m.order, func(t *simTask) bool {
		done := t.over && len(t.updates) == 0
		if done {
			delete(m.tasks, t.ID)
		}
		return done
	})
}

func (m *simMesos) partition(a *simAgent) {
	if a.unreachable {
		return
	}
	a.unreachable = true
	for _, id := range slices.Sorted(maps.Keys(m.offers)) {
		if o := m.offers[id]; o.agent == a {
			m.takeBack(o)
		}
	}
	for _, t := range m.liveTasks() {
		if t.agent == a {
			m.masterSays(t.ID, a.id, unreached, mesospb.TaskStatus_REASON_AGENT_REMOVED)
		}
	}
	if m.rng.IntN(2) == 0 {
		m.send(AgentLost{a.id})
	}
}

func (m *simMesos) comeBack(a *simAgent) {
	if a.gone || !a.unreachable && !a.forgotten {
		return
	}
	wasUnreachable := a.unreachable
	a.unreachable, a.forgotten = false, false
	for _, t := range m.liveTasks() {
		if t.agent == a && wasUnreachable && t.state != staging {
			m.masterSays(t.ID, a.id, t.state, mesospb.TaskStatus_REASON_AGENT_REREGISTERED)
		}
	}
}

func (m *simMesos) executorDies(a *simAgent) {
	a.executor = false
	m.send(ExecutorLost{a.id})
	for _, t := range m.liveTasks() {
		if t.agent == a {
			m.report(t, failedNow, agentSrc, mesospb.TaskStatus_REASON_EXECUTOR_TERMINATED)
		}
	}
}

func (m *simMesos) agentOf(id string) *simAgent {
	for _, a := range m.agents {
		if a.id == id {
			return a
		}
	}
	return nil
}

func (m *simMesos) refuse(a *simAgent, rest Amount, c Decline) {
	a.refusedTill, a.refused = m.now.Add(c.Refuse), rest
}

func (m *simMesos) kill(c Kill) {
	t := m.tasks[c.Task]
	switch {
	case m.chance(5): // lost
	case t == nil || t.over && len(t.updates) == 0:
		m.reconciled(c.Task, c.Agent)
	case t.agent.unreachable:
		m.reconciled(c.Task, c.Agent)
	case t.agent.forgotten:
	default:
		t.killed = true
	}
}

func (m *simMesos) answer(c Reconcile) {
	if m.chance(4) {
		return
	}
	for _, t := range c.Tasks {
		m.reconciled(t.ID, t.Agent)
	}
	if len(c.Tasks) == 0 {
		for _, t := range m.liveTasks() {
			if !t.agent.unreachable && !t.agent.forgotten {
				m.reconciled(t.ID, t.Agent)
			}
		}
	}
}

// reconciled answers as a master does; the state is that of the unacknowledged head.
func (m *simMesos) reconciled(id, agent string) {
	a, t := m.agentOf(agent), m.tasks[id]
	say := func(s mesospb.TaskState) { m.masterSays(id, agent, s, mesospb.TaskStatus_REASON_RECONCILIATION) }
	switch {
	case a == nil:
		say(unknown)
	case a.gone:
		say(mesospb.TaskState_TASK_GONE_BY_OPERATOR)
	case a.forgotten:
		if m.faults && m.rng.IntN(2) == 0 {
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

type simAgent struct {
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

type simOffer struct {
	Offer
	agent *simAgent
	told  time.Time // when the core was told
}

type simTask struct {
	Task
	agent    *simAgent
	state    mesospb.TaskState // as the executor sees it
	updates  []*simUpdate      // kept by the agent until acknowledged
	over     bool              // terminal
	killed   bool
	waits    bool // its node cannot run pods yet
	lastSent time.Time
}

type simUpdate struct {
	Update
	acked bool
	check func() string // says why it must not be acknowledged yet
}

func (m *simMesos) addAgent() {
	id := m.id("agent")
	m.agents = append(m.agents, &simAgent{
		id: id, node: "node-" + id, amount: Amount{int64(1+m.rng.IntN(8)) * 1000, 4096, int64(m.rng.IntN(3)) * 512},
		ports: []PortRange{{31000, 31004}},
	})
}

// free returns what an agent has that is neither used nor offered.
func (m *simMesos) free(a *simAgent) Amount {
	left := a.amount
	if a.executor {
		left = left.minus(simConfig.Executor)
	}
	for _, t := range m.order {
		if t.agent == a && !t.over {
			left = left.minus(t.Amount)
		}
	}
	for _, o := range m.offers {
		if o.agent == a {
			left = left.minus(o.Amount)
		}
	}
	return left
}

func (m *simMesos) freePorts(a *simAgent) (ranges []PortRange) {
	for p := a.ports[0].Begin; p <= a.ports[0].End; p++ {
		used := false
		for _, t := range m.order {
			used = used || t.agent == a && !t.over && slices.Contains(t.Ports, p)
		}
		for _, o := range m.offers {
			used = used || o.agent == a && has(o.Ports, p)
		}
		if !used {
			ranges = append(ranges, PortRange{p, p})
		}
	}
	return ranges
}

// allocate makes offers, as the master does each second.
func (m *simMesos) allocate() {
	if !m.connected || m.suppressed {
		return
	}
	for _, a := range m.agents {
		free := m.free(a)
		if a.gone || a.unreachable || a.forgotten || free.CPU < 10 && free.Mem < 32 ||
			m.now.Before(a.refusedTill) && free.within(a.refused) {
			continue
		}
		parts := []Amount{free}
		if m.faults && m.rng.IntN(4) == 0 {
			half := Amount{free.CPU / 2, free.Mem / 2, free.Disk / 2}
			parts = []Amount{half, free.minus(half)}
		}
		var event Offered
		for i, part := range parts {
			o := &simOffer{agent: a, Offer: Offer{ID: m.id("offer"), Agent: a.id, Node: a.node, Amount: part, Executor: a.executor}}
			if i == 0 {
				o.Ports = m.freePorts(a)
			}
			m.offers[o.ID] = o
			event.Offers = append(event.Offers, o.Offer)
		}
		m.stream = append(m.stream, event)
	}
}

func (m *simMesos) takeBack(o *simOffer) {
	if m.offers[o.ID] != nil {
		delete(m.offers, o.ID)
		m.send(Rescinded{o.ID})
	}
}

// send puts an event of the master into the stream; without one it is lost.
func (m *simMesos) send(e Event) {
	if m.connected {
		m.stream = append(m.stream, e)
	}
}

// masterSays is an update of the master's own: no uuid, sent once.
func (m *simMesos) masterSays(task, agent string, state mesospb.TaskState, reason mesospb.TaskStatus_Reason) {
	m.send(Updated{Update{Task: task, Agent: agent, State: state, Source: mesospb.TaskStatus_SOURCE_MASTER, Reason: &reason}})
}

// report queues an update at the agent, to be repeated until acknowledged.
func (m *simMesos) report(t *simTask, state mesospb.TaskState, source mesospb.TaskStatus_Source, reason mesospb.TaskStatus_Reason) {
	if t.over {
		return
	}
	u := &simUpdate{Update: Update{Task: t.ID, Agent: t.Agent, State: state, Source: source, UUID: m.id("uuid")}}
	if reason != noReason {
		u.Reason = &reason
	}
	u.check = func() string { return m.mayAcknowledge(t, u) }
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
func (m *simMesos) resend() {
	if !m.connected {
		return
	}
	for _, t := range m.order {
		if len(t.updates) == 0 || t.agent.unreachable || t.agent.forgotten || m.now.Sub(t.lastSent) < 10*time.Second {
			continue
		}
		t.lastSent = m.now
		if m.chance(10) {
			continue // lost on the way
		}
		u := t.updates[0]
		m.delivered[u.UUID] = u
		m.send(Updated{u.Update})
		if m.chance(8) {
			m.send(Updated{u.Update})
		}
	}
}

func nodeOf(a *simAgent) *v1.Node {
	return &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: a.node, Labels: map[string]string{"agent": a.id}}}
}

// accept launches tasks, as a master does on an ACCEPT.
func (m *simMesos) accept(c Launch) {
	a, valid := m.agentOf(c.Agent), true
	rest := Amount{}
	for _, id := range c.Offers {
		valid = valid && m.offers[id] != nil
		if o := m.offers[id]; o != nil {
			rest = rest.plus(o.Amount)
			delete(m.offers, id)
		}
	}
	reason := mesospb.TaskStatus_REASON_INVALID_OFFERS
	if a.unreachable || a.gone {
		valid, reason = false, mesospb.TaskStatus_REASON_AGENT_REMOVED
	}
	for _, t := range c.Tasks {
		switch {
		case !valid:
			m.masterSays(t.ID, a.id, dropped, reason)
		case !a.executor && !c.Executor:
			m.masterSays(t.ID, a.id, mesospb.TaskState_TASK_ERROR, mesospb.TaskStatus_REASON_TASK_INVALID)
		case m.chance(20): // lost between master and agent
		default:
			known := &simTask{Task: t, agent: a, state: staging}
			m.tasks[t.ID] = known
			m.order = append(m.order, known)
			rest = rest.minus(t.Amount)
		}
	}
	if valid {
		if c.Executor && !a.executor {
			a.executor = true
			rest = rest.minus(simConfig.Executor)
		}
		m.refuse(a, rest, Decline{Refuse: c.Refuse})
	}
}
