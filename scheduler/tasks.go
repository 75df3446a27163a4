package scheduler

import (
	"maps"
	"slices"
	"time"
)

// Times of a task's life.
const (
	updateGrace  = 30 * time.Second // after which a launch without any update is asked for
	launchGrace  = 5 * time.Minute  // after which a launch that no executor reports is given up
	endGrace     = 30 * time.Second // for the pod's end to be seen after the task's
	unknownGrace = 2 * time.Minute  // for a task unknown to the master to be known again
	removeGrace  = 10 * time.Second // for the executor to end the task of a removed pod by itself
)

// task is a task that the core knows, until its end is settled.
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
// Each state has one part that decides what follows: attempts has launching and
// binding, boundTasks has running, ended and failing, killer has killing.
type task struct {
	Task
	pod       *pod // nil when the pod is gone, or has gone on without this task
	state     taskState
	since     time.Time // when it was launched, or restored
	namespace string    // whose share it counts in
	launch    uint64    // which launch of this life it came with, from 1; 0: none
	bound     bool      // launching, of a pod that is bound there already
	acks      []ack     // to be sent when the outcome of Bind or Fail is known
	last      *Update   // what came while binding, other than a start, or what ended it

	waits        bool      // its node cannot run the pod yet, the executor said last
	ran          time.Time // since when its pod is known to run; zero: never
	orphaned     bool      // its executor has ended, and nothing has been heard of it since
	revived      bool      // it came back to life while its pod was being failed
	unknownSince time.Time // since when the master has no record of it; zero: it has

	supersededBy  *pod // killing, while its pod is still there
	awaitExecutor bool // killing, but its executor is about to end it by itself
	unreachable   bool // killing, and its agent could not be reached since the last Kill
	queued        bool // killing, for its turn in the killer

	tries int   // asked or killed so often without an answer
	alarm alarm // see State.taskDue
	index int   // among its agent's tasks; -1 when it uses nothing there any more
}

type taskState int

const (
	launching taskState = iota // stored or about to be; the executor has not reported it
	binding                    // Bind is under way
	running                    // its pod is bound to the node
	isEnded                    // the executor has ended it; the pod's end is not seen yet
	failing                    // Fail is under way
	killing                    // it must end; its pod, if any, does not depend on it
)

var taskStates = []string{"launching", "binding", "running", "ended", "failing", "killing"}

// String returns the state's readable name.
func (s taskState) String() string { return taskStates[s] }

// isAsked reports whether Mesos is asked for the task's state: its pod depends on
// it, and nothing else is under way.
func (t *task) isAsked() bool { return t.state == launching || t.state == running }

// isStranger reports whether there is no record of the task: a record names the
// pod.
func (t *task) isStranger() bool { return t.PodUID == "" }

// hasEnded reports whether an end came while the pod's binding was under way.
func (t *task) hasEnded() bool { return t.last != nil && classify(*t.last).isEnd() }

// neverRan reports whether the executor ended a task whose pod no kubelet has run.
func (t *task) neverRan() bool {
	return t.ran.IsZero() && t.launch > 0 && t.last != nil && t.last.blamesAgent()
}

// endedBy describes the update that ended the task.
func (t *task) endedBy() string {
	if t.last == nil {
		return "no update"
	}
	return describe(*t.last)
}

// stillWaits keeps what the executor said of its node: an answer to a
// reconciliation repeats the state only.
func (t *task) stillWaits(u Update) bool {
	if !isAnswer(u) {
		t.waits = u.Waits
	}
	return t.waits
}

// unknownTooLong reports whether the master has not known the task for so long
// that it never will again.
func (t *task) unknownTooLong(now time.Time) bool {
	if t.unknownSince.IsZero() {
		t.unknownSince = now
	}
	return now.Sub(t.unknownSince) >= unknownGrace
}

// ack is an update to be acknowledged when its effect is stored.
type ack struct{ agent, uuid string }

// acknowledgeLater keeps an update until the outcome that it led to is stored.
func (t *task) acknowledgeLater(u Update) {
	if k := (ack{u.Agent, u.UUID}); u.UUID != "" && !slices.Contains(t.acks, k) {
		t.acks = append(t.acks, k)
	}
}

// acknowledge answers what has been kept.
func (t *task) acknowledge(s *session) {
	for _, k := range t.acks {
		s.acknowledge(Update{Task: t.ID, Agent: k.agent, UUID: k.uuid})
	}
	t.acks = nil
}

// tasks holds the tasks that live, or whose end is not settled, and the names of
// those that ended lately.
type tasks struct {
	clock   *clock
	session *session
	changes *changes
	fleet   *fleet
	podOf   func(uid string) *pod
	due     func(*task) // rings when the alarm of a task does

	byID  map[string]*task
	ended recentlyEnded
}

// get returns the task of an id, nil when it is not known.
func (x *tasks) get(id string) *task { return x.byID[id] }

// add adds a task, and notes what it uses on its agent.
func (x *tasks) add(in Task) *task {
	t := &task{Task: in, since: x.clock.now}
	t.alarm.ring = func() { x.due(t) }
	x.byID[t.ID] = t
	x.fleet.book(t)
	return t
}

// drop removes a task that is over. Its record is kept while its pod may need
// another attempt, so that no attempt's number is used twice, even when this
// process ends before the next is stored.
func (x *tasks) drop(t *task) {
	x.fleet.unbook(t)
	x.clock.stop(&t.alarm)
	delete(x.byID, t.ID)
	x.ended.add(t.ID)
	if p := t.supersededBy; p != nil {
		p.superseded--
		if p.state == ready {
			x.changes.mayFit()
		}
	}
	p := x.podOf(t.PodUID)
	if p != nil && (p.waits() || p.mayBeAssigned() || p.task != nil && p.task != t && p.task.state == launching) {
		p.old = append(p.old, t.ID)
		return
	}
	x.session.call(Forget{Task: t.ID})
}

// isKnown reports whether a task has not been dropped.
func (x *tasks) isKnown(t *task) bool { return x.byID[t.ID] == t }

// sorted returns the tasks by id; it is slow, for rare use.
func (x *tasks) sorted() []*task {
	all := make([]*task, 0, len(x.byID))
	for _, id := range slices.Sorted(maps.Keys(x.byID)) {
		all = append(all, x.byID[id])
	}
	return all
}

// counts returns the number of tasks in each state.
func (x *tasks) counts() map[string]int {
	n := map[string]int{}
	for _, state := range taskStates {
		n[state] = 0
	}
	for _, t := range x.sorted() {
		n[t.state.String()]++
	}
	return n
}

// recentlyEnded remembers the tasks that ended lately, so a late update is not
// taken for one of a stranger.
type recentlyEnded struct {
	seen map[string]bool
	ring []string
	next int
}

const endedKept = 4096

func (e *recentlyEnded) add(id string) {
	if e.seen == nil {
		e.seen = map[string]bool{}
	}
	if len(e.ring) < endedKept {
		e.ring = append(e.ring, id)
	} else {
		delete(e.seen, e.ring[e.next])
		e.ring[e.next] = id
		e.next = (e.next + 1) % endedKept
	}
	e.seen[id] = true
}

func (e *recentlyEnded) has(id string) bool { return e.seen[id] }
