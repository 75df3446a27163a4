package recording

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// Simulate lets a core, with its Rules, which may be nil, place the pods of a trace on its
// agents, and returns what becomes of them. What the core decides takes effect, so
// what follows differs from the recording where the decisions do. The same trace and policy give the
// same result.
//
// A pod comes when it came in the recording, and once launched runs as long as it ran there.
// One that was never placed there runs until it was removed there, or to the end. Every launch
// succeeds at once; what is preempted ends at once, and does not come again. An agent has, from its first offer on, the most that it was seen to
// have; what other frameworks took, failures, and agents and executors that ended are left out. Pods
// that were on a node when the recording began stay there until their recorded end.
func Simulate(t *Trace, core Core, rules Rules) Result {
	s := &simulation{
		trace: t, core: core, rules: rules, books: newBooks(t), mesos: newSimulatedMesos(t),
		now: t.began, tasks: map[string]scheduler.Task{}, nodes: map[string]string{}, pods: map[string]scheduler.PodAdded{},
	}
	for i := range t.events {
		s.at(t.events[i].At, func() { s.give(t.events[i].Event) })
	}
	s.at(t.began.Truncate(offerEvery), s.offer)
	for s.next() {
	}
	return s.books.close()
}

// simulation is a cluster around a core.
type simulation struct {
	trace *Trace
	core  Core
	rules Rules
	books *books
	mesos *simulatedMesos

	now   time.Time
	later diary
	queue []scheduler.Event
	tasks map[string]scheduler.Task     // that live, by id
	nodes map[string]string             // of pods that were bound here, by uid
	pods  map[string]scheduler.PodAdded // that exist, as they were announced last
}

// at has something happen at a time.
func (s *simulation) at(when time.Time, do func()) { s.later.add(when, do) }

// next has the next thing happen, and reports whether there was one before the end.
func (s *simulation) next() bool {
	if due := s.core.Next(); !due.IsZero() && due.Before(s.later.next()) {
		if due.After(s.trace.end) {
			return false
		}
		s.pass(due)
		s.step(scheduler.Tick{})
		return true
	}
	at := s.later.next() // there is always the next round of offers
	if at.After(s.trace.end) {
		return false
	}
	s.pass(at)
	s.later.take()()
	return true
}

func (s *simulation) pass(now time.Time) {
	if now.After(s.now) {
		s.now = now
		s.books.until(now)
	}
}

// offer makes the offers that are due, and the next ones.
func (s *simulation) offer() {
	if due := s.mesos.offersDue(s.now); len(due) > 0 {
		s.step(scheduler.Offered{Offers: due})
	}
	s.at(s.now.Add(offerEvery), s.offer)
}

// give gives the core an event of the recording, as far as it is one here.
func (s *simulation) give(e scheduler.Event) {
	switch e := e.(type) {
	case Observed:
		if s.rules != nil {
			s.rules.Observe(e.Object, e.Gone)
		}
		return
	case scheduler.Restored:
		s.restore(e)
		return
	case scheduler.PodAdded:
		s.add(e)
		return
	case scheduler.PodRemoved:
		if l := s.trace.lives[e.UID]; l != nil && !l.placed {
			s.remove(e.UID)
		}
		return
	case scheduler.PodStarted:
		if l := s.trace.lives[e.UID]; l == nil || !l.fixed {
			return
		}
	case scheduler.Subscribed:
		s.mesos.connected, s.mesos.suppressed = true, false
		s.mesos.void()
		s.mesos.revive()
	case scheduler.Disconnected:
		s.mesos.connected = false
		s.mesos.void()
	}
	s.step(e)
}

// restore begins with the tasks of pods that are on their nodes.
func (s *simulation) restore(e scheduler.Restored) {
	var kept scheduler.Restored
	for _, t := range e.Tasks {
		if l := s.trace.lives[t.PodUID]; l == nil || !l.fixed {
			continue
		}
		kept.Tasks = append(kept.Tasks, t)
		s.mesos.startExecutor(t.Agent, s.trace.Header.Config.Executor)
		s.begin(t)
	}
	s.step(kept)
}

// add announces a pod, where it is here.
func (s *simulation) add(e scheduler.PodAdded) {
	uid := e.Pod.UID
	l := s.trace.lives[uid]
	if known, is := s.pods[uid]; !is && !l.arrived.Equal(s.now) {
		return // it has ended here before it changed there
	} else if !is {
		s.books.arrived(uid, l)
	} else if !l.fixed && e.Pod.Node == "" && known.Pod.Class == e.Pod.Class && e.Node != "" {
		return // nothing but its binding there has changed
	}
	s.pods[uid] = e
	if !l.fixed {
		e.Node = s.nodes[uid]
		if e.Pod.Object != nil && e.Pod.Node == "" {
			o := *e.Pod.Object
			o.Spec.NodeName = e.Node
			e.Pod.Object = &o
		}
	}
	s.step(e)
}

// remove ends a pod, and its task, and has the core follow.
func (s *simulation) remove(uid string) {
	s.end(uid)
	s.drain()
}

func (s *simulation) end(uid string) {
	if _, exists := s.pods[uid]; !exists {
		return
	}
	delete(s.pods, uid)
	s.queue = append(s.queue, scheduler.PodRemoved{UID: uid})
	for _, t := range s.tasksOf(uid) {
		s.over(t, mesospb.TaskState_TASK_FINISHED)
	}
}

// tasksOf returns the tasks of a pod, of which there is one unless it is replaced.
func (s *simulation) tasksOf(uid string) (found []scheduler.Task) {
	for _, t := range s.tasks {
		if t.PodUID == uid {
			found = append(found, t)
		}
	}
	slices.SortFunc(found, func(a, b scheduler.Task) int { return a.Attempt - b.Attempt })
	return found
}

func (s *simulation) begin(t scheduler.Task) {
	s.tasks[t.ID] = t
	s.mesos.take(t)
	s.books.uses(t.Amount)
}

// over ends a task.
func (s *simulation) over(t scheduler.Task, state mesospb.TaskState) {
	if known, lives := s.tasks[t.ID]; lives {
		delete(s.tasks, t.ID)
		s.mesos.release(known)
		s.books.uses(minus(scheduler.Amount{}, known.Amount))
	}
	s.says(t, state)
}

// says has the executor report a task's state.
func (s *simulation) says(t scheduler.Task, state mesospb.TaskState) {
	s.queue = append(s.queue, scheduler.Updated{Update: scheduler.Update{
		Task: t.ID, Agent: t.Agent, State: state, Source: mesospb.TaskStatus_SOURCE_EXECUTOR, UUID: fmt.Sprint(t.ID, " ", state),
	}})
}

// step gives the core an event, and what follows from its calls.
func (s *simulation) step(e scheduler.Event) {
	s.queue = append(s.queue, e)
	s.drain()
}

func (s *simulation) drain() {
	for len(s.queue) > 0 {
		e := s.queue[0]
		s.queue = s.queue[1:]
		for _, c := range s.core.Step(s.now, e) {
			s.call(c)
		}
	}
}

// call carries out a call of the core.
func (s *simulation) call(c scheduler.Call) {
	switch c := c.(type) {
	case scheduler.Launch:
		if c.Executor {
			s.mesos.startExecutor(c.Agent, s.trace.Header.Config.Executor)
		}
		for _, t := range c.Tasks {
			s.begin(t)
			s.says(t, mesospb.TaskState_TASK_STARTING)
		}
		s.mesos.refuse(c.Offers, s.now, c.Refuse)
	case scheduler.Decline:
		s.mesos.refuse(c.Offers, s.now, c.Refuse)
	case scheduler.Suppress:
		s.mesos.suppressed = true
	case scheduler.Revive:
		s.mesos.revive()
	case scheduler.Kill:
		s.over(scheduler.Task{ID: c.Task, Agent: c.Agent}, mesospb.TaskState_TASK_KILLED)
	case scheduler.Reconcile:
		s.reconcile(c.Tasks)
	case scheduler.Bind:
		s.bind(c)
	case scheduler.Preempt:
		s.end(c.PodUID)
	case scheduler.Fail:
		s.queue = append(s.queue, scheduler.Failed{PodUID: c.PodUID})
	}
}

// bind binds a pod, which ends when it has run as long as in the recording.
func (s *simulation) bind(c scheduler.Bind) {
	s.queue = append(s.queue, scheduler.Bound{Task: c.Task.ID})
	s.says(c.Task, mesospb.TaskState_TASK_RUNNING)
	s.queue = append(s.queue, scheduler.PodStarted{UID: c.PodUID, At: s.now})
	s.nodes[c.PodUID] = c.Task.Node
	s.books.placed(c.PodUID, c.Task.Node, s.now)
	if l := s.trace.lives[c.PodUID]; l != nil && l.placed && !l.ended.IsZero() {
		s.at(s.now.Add(l.ran), func() { s.remove(c.PodUID) })
	}
}

// reconcile answers for tasks, or for all that live.
func (s *simulation) reconcile(asked []scheduler.Task) {
	answer := func(t scheduler.Task, state mesospb.TaskState) {
		s.queue = append(s.queue, scheduler.Updated{Update: scheduler.Update{
			Task: t.ID, Agent: t.Agent, State: state, Source: mesospb.TaskStatus_SOURCE_MASTER, Reason: mesospb.TaskStatus_REASON_RECONCILIATION.Enum(),
		}})
	}
	if len(asked) == 0 {
		for _, id := range slices.Sorted(maps.Keys(s.tasks)) {
			answer(s.tasks[id], mesospb.TaskState_TASK_RUNNING)
		}
	}
	for _, t := range asked {
		if _, lives := s.tasks[t.ID]; lives {
			answer(t, mesospb.TaskState_TASK_RUNNING)
		} else {
			answer(t, mesospb.TaskState_TASK_GONE)
		}
	}
}
