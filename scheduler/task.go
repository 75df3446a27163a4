package scheduler

import "time"

// Times of a task's life.
const (
	firstWord   = 30 * time.Second // after which a launch without any update is asked for
	wordGrace   = 5 * time.Minute  // after which a launch without an executor's word is given up
	endGrace    = 30 * time.Second // for the pod's end to be seen after the task's
	doubtGrace  = 2 * time.Minute  // for a task unknown to the master to be known again
	removeGrace = 10 * time.Second // for the executor to end the task of a removed pod by itself
)

// task is a task in the books.
//
//	            started            Bound
//	launching ──────────▶ binding ───────▶ running ──────▶ ended ──▶ over
//	    │                    │  interrupted  │  vanished     │ pod's end not seen (it
//	    │                    │               │               │ never ran: interrupted)
//	    │                    │  ◀────────────┤               │
//	    │ ended, vanished,   │ Bound with    ▼               ▼
//	    ▼ paused             ▼ an error    failing ◀─────────┘
//	pod back to the queue  killing           │ Failed
//	                         │ terminal      ▼
//	                         └────────────▶ over
//
// A task whose pod has been removed, and one of ours without a pod, is killing.
type task struct {
	Task
	pod      *pod // nil when the pod is gone, or has gone on without this task
	state    taskState
	acks     []ack     // to be sent when the outcome of Bind or Fail is known
	last     *Update   // what came while binding, other than a start, or what ended it
	since    time.Time // when it was launched, or restored
	launch   uint64    // which launch of this life it came with, from 1; 0: none
	waits    bool      // its node cannot run the pod yet, the executor said last
	ran      time.Time // since when its pod is known to run; zero: never
	bound    bool      // launching, of a pod that is bound there already
	orphaned bool      // its executor has ended, and nothing has been heard of it since
	back     bool      // it came back to life while its pod was being failed
	ghostOf  *pod      // killing, while its pod is still there
	spare    bool      // killing, but its executor is about to end it by itself
	away     bool      // killing, and its agent could not be reached since the last Kill
	queued   bool      // killing, for its turn in the killer
	doubt    time.Time // since when the master has no record of it; zero: it has
	tries    int       // asked or killed so often without an answer
	alarm    alarm     // see State.taskDue
	index    int       // among its agent's tasks; -1 when it uses nothing there any more
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

// drop takes a task that is over out of the books. Its record is kept while its
// pod may need another attempt, so no attempt's number is used twice even when
// this process ends before the next is stored.
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

// launchUnheard gives up a launch that no executor has reported for so long that
// none will. The pod goes on at once; whatever is left of the task must end, and
// cannot run the pod, as that is not bound.
func (s *State) launchUnheard(t *task) {
	p := t.pod
	trouble := "no executor has spoken of task " + t.ID
	if t.waits {
		trouble = "node " + t.Node + " could not run pods"
	}
	s.strike(t)
	s.kill(t, 0)
	s.requeue(p, trouble+" within "+wordGrace.String(), false)
}

// taskDue handles the alarm of a task.
func (s *State) taskDue(t *task) {
	switch t.state {
	case launching, running:
		if t.state == launching && !t.bound && t.pod != nil && s.now.Sub(t.since) >= wordGrace {
			s.launchUnheard(t)
			return
		}
		s.asking = append(s.asking, t)
	case isEnded:
		if t.neverRan() {
			s.strike(t)
			s.goHome(t, t.endedBy())
			return
		}
		s.fail(t, "TaskEnded", "its Mesos task has ended, but the pod's own end was not reported: "+t.endedBy())
	case killing:
		s.killDue(t)
	}
}
