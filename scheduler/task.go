package scheduler

import (
	"slices"
	"time"
)

// Times of a task's life.
const (
	firstWord   = 30 * time.Second // after which a launch that nothing is heard of is asked for
	endGrace    = 30 * time.Second // for the pod's end to be seen after the task's
	doubtGrace  = 2 * time.Minute  // for a task unknown to the master to be known again
	removeGrace = 10 * time.Second // for the executor to end the task of a removed pod by itself
)

// task is a task in the books.
//
//	            started            Bound
//	launching ──────────▶ binding ───────▶ running ──────▶ ended ──▶ over
//	    │                    │               │  vanished     │ pod's end not seen
//	    │ ended, vanished,   │ Bound with    ▼               ▼
//	    ▼ paused             ▼ an error    failing ◀─────────┘
//	pod back to the queue  killing           │ Failed
//	                         │ terminal      ▼
//	                         └────────────▶ over
//
// A task whose pod has been removed, and one of ours without a pod, is killing.
type task struct {
	Task
	pod     *pod // nil when the pod is gone, or has gone on without this task
	state   taskState
	acks    []ack     // to be sent when the outcome of Bind or Fail is known
	last    *Update   // what else than a start came while binding, or what ended it
	back    bool      // it came back to life while its pod was being failed
	ghostOf *pod      // killing, while its pod is still there
	spare   bool      // killing, but its executor is about to end it by itself
	doubt   time.Time // since when the master has no record of it; zero: it has
	tries   int       // asked or killed so often without an answer
	alarm   alarm     // see State.taskDue
	index   int       // among its agent's tasks; -1 when it uses nothing there any more
}

type taskState int

const (
	launching taskState = iota // stored or about to be; the executor has not spoken
	binding                    // Bind is under way
	running                    // its pod is bound to the node
	isEnded                    // the executor has ended it; the pod's end is not seen yet
	failing                    // Fail is under way
	killing                    // it must end; its pod, if any, does not depend on it
)

type ack struct{ agent, uuid string }

// newTask puts a task into the books of its agent.
func (s *State) newTask(in Task) *task {
	t := &task{Task: in}
	t.alarm.ring = func() { s.taskDue(t) }
	s.tasks[t.ID] = t
	a := s.agent(t.Agent)
	t.index = len(a.tasks)
	a.tasks = append(a.tasks, t)
	for _, p := range t.Ports {
		a.ports[p] = true
	}
	return t
}

// unbook frees what the task used on its agent.
func (s *State) unbook(t *task) {
	if t.index < 0 {
		return
	}
	a := s.agents[t.Agent]
	last := a.tasks[len(a.tasks)-1]
	a.tasks[t.index], last.index = last, t.index
	a.tasks = a.tasks[:len(a.tasks)-1]
	t.index = -1
	for _, p := range t.Ports {
		delete(a.ports, p)
	}
	if len(a.held) > 0 {
		s.refresh(a) // a port or a place has become free
	}
	s.dropAgent(a)
}

// drop takes a task that is over out of the books. Its record is kept while
// its pod may need another attempt, so that no attempt's number comes twice
// even when this process ends before the next is stored.
func (s *State) drop(t *task) {
	s.unbook(t)
	s.alarms.stop(&t.alarm)
	delete(s.tasks, t.ID)
	s.over.add(t.ID)
	if t.ghostOf != nil {
		t.ghostOf.ghosts--
		s.stirred = s.stirred || t.ghostOf.state == ready
	}
	p := s.pods[t.PodUID]
	if p != nil && (p.waits() || p.task != nil && p.task != t && p.task.state == launching) {
		p.old = append(p.old, t.ID)
		return
	}
	s.call(Forget{Task: t.ID})
}

// acknowledge answers an update whose effect is stored.
func (s *State) acknowledge(u Update) {
	if u.UUID != "" && s.connected {
		s.call(Acknowledge{Task: u.Task, Agent: u.Agent, UUID: u.UUID})
	}
}

// acknowledgeLater keeps an update until the outcome that it led to is stored.
func (t *task) acknowledgeLater(u Update) {
	if k := (ack{u.Agent, u.UUID}); u.UUID != "" && !slices.Contains(t.acks, k) {
		t.acks = append(t.acks, k)
	}
}

func (s *State) acknowledgeNow(t *task) {
	for _, k := range t.acks {
		s.acknowledge(Update{Task: t.ID, Agent: k.agent, UUID: k.uuid})
	}
	t.acks = nil
}

// kill has a task end, at once or, when its executor is about to end it by
// itself, after a while. It is repeated until Mesos says that it is over: a
// Kill can get lost, and one for an unreachable task is not kept by the master.
func (s *State) kill(t *task, after time.Duration) {
	if p := s.pods[t.PodUID]; p != nil && t.ghostOf == nil {
		t.ghostOf = p
		p.ghosts++
	}
	t.pod, t.state, t.tries, t.spare = nil, killing, 0, after == removeGrace
	s.alarms.set(&t.alarm, s.now.Add(after))
	if after == 0 {
		s.alarms.stop(&t.alarm)
		s.taskDue(t)
	}
}

// orphan is told that the pod of the task has been removed.
func (s *State) orphan(t *task) {
	switch t.state {
	case launching:
		s.kill(t, 0)
	case running:
		// The pod is finished, or the kubelet has deleted it: the executor
		// will say so itself. A Kill now could take a finished pod for one
		// that must go.
		s.kill(t, removeGrace)
	case isEnded:
		t.pod = nil
		s.drop(t)
	default: // the outcome of Bind or Fail decides
		t.pod = nil
	}
}

// taskDue is the alarm of a task.
func (s *State) taskDue(t *task) {
	switch t.state {
	case launching, running:
		s.asking = append(s.asking, t)
	case isEnded:
		s.fail(t, "TaskEnded", "its Mesos task has ended, but the pod's own end was not reported: "+t.endedBy())
	case killing:
		if s.connected {
			t.spare = false
			s.call(Kill{Task: t.ID, Agent: t.Agent})
			s.alarms.set(&t.alarm, s.now.Add(backoff(t.tries, firstAsk, mostAsk)))
			t.tries++
		}
	}
}

func (t *task) endedBy() string {
	if t.last == nil {
		return "no update"
	}
	return describe(*t.last)
}

// fail ends the pod of a task that no kubelet can end.
func (s *State) fail(t *task, reason, message string) {
	if t.pod == nil {
		s.acknowledgeNow(t)
		s.drop(t)
		return
	}
	t.state = failing
	s.alarms.stop(&t.alarm)
	s.unbook(t)
	s.dying[t.PodUID] = t
	s.call(Fail{PodUID: t.PodUID, Reason: reason, Message: message})
}

// tombs remembers the tasks that ended lately, so that an update that comes
// late does not pass for one of a stranger.
type tombs struct {
	seen map[string]bool
	ring []string
	next int
}

const tombsKept = 4096

func (o *tombs) add(id string) {
	if len(o.ring) < tombsKept {
		o.ring = append(o.ring, id)
	} else {
		delete(o.seen, o.ring[o.next])
		o.ring[o.next] = id
		o.next = (o.next + 1) % tombsKept
	}
	o.seen[id] = true
}
