package scheduler

import (
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// updated handles a status update of a task.
func (s *State) updated(u Update) {
	t := s.tasks[u.Task]
	if t == nil {
		s.strangerUpdated(u)
		return
	}
	if u.Agent == "" {
		u.Agent = t.Agent
	}
	if u.State == mesospb.TaskState_TASK_STARTING {
		u.Waits = t.stillWaits(u)
	}
	m := mean(u)
	if m == ended && t.orphaned && isAnswer(u) {
		m = interrupted // the answer says that it has ended, not that it did so by itself
	}
	if t.orphaned {
		defer s.accounted(t)
	}
	if m != doubtful {
		t.doubt = time.Time{}
	}
	if u.provesAgent() && t.state != killing {
		s.runs(t)
	}
	switch t.state {
	case launching:
		s.launchingUpdated(t, u, m)
	case binding:
		s.bindingUpdated(t, u, m)
	case running:
		s.runningUpdated(t, u, m)
	case isEnded:
		s.endedUpdated(t, u, m)
	case failing:
		t.acknowledgeLater(u)
		t.back = t.back || m == started
	case killing:
		s.killingUpdated(t, u, m)
	}
}

// launchingUpdated decides whether the pod is bound or needs another attempt. It
// is bound to no node yet, so whatever is left of the task cannot run it.
func (s *State) launchingUpdated(t *task, u Update, m meaning) {
	if m == staged || m == started || !isAnswer(u) {
		s.forgetOld(t.pod) // this attempt was sent, so it is stored
	}
	if t.bound {
		s.resumingUpdated(t, u, m)
		return
	}
	switch m {
	case started:
		t.state = binding
		t.acknowledgeLater(u)
		s.alarms.stop(&t.alarm)
		s.call(Bind{Task: t.Task, PodUID: t.PodUID})
	case staged, unclear:
		s.acknowledge(u)
		s.askLater(t, slowAsk)
	case paused, doubtful:
		p := t.pod
		s.acknowledge(u)
		s.kill(t, slowAsk)
		s.requeue(p, describe(u), false)
	case ended, interrupted, vanished:
		p := t.pod
		s.acknowledge(u)
		if u.blamesAgent() {
			s.strike(t)
		}
		s.requeue(p, describe(u), costless(u))
		s.drop(t)
	}
}

// resumingUpdated: the pod is bound already, so an update of this attempt is
// about the pod, as when it runs. Only the executor's own word stops the wait.
func (s *State) resumingUpdated(t *task, u Update, m meaning) {
	if m == started || m == ended {
		s.taken(t.pod)
		t.state = running
	}
	s.runningUpdated(t, u, m)
}

// stillWaits keeps what the executor said of its node: an answer to a
// reconciliation repeats the state only.
func (t *task) stillWaits(u Update) bool {
	if !isAnswer(u) {
		t.waits = u.Waits
	}
	return t.waits
}

// runs notes that a node runs the pod of a task.
func (s *State) runs(t *task) {
	if t.ran.IsZero() {
		t.ran = s.now
	}
	s.proved(t.Agent)
	if t.pod != nil {
		s.leaveHome(t.pod)
	}
}

// bindingUpdated keeps what comes while the pod's binding is under way. An end
// waits for the outcome, which decides what the end means; a second end is left
// for Mesos to repeat.
func (s *State) bindingUpdated(t *task, u Update, m meaning) {
	switch {
	case m.isEnd():
		if !t.hasEnded() {
			t.last = &u
		}
	default:
		t.acknowledgeLater(u)
		if m != started && !t.hasEnded() {
			t.last = &Update{Task: u.Task, Agent: u.Agent, State: u.State, Source: u.Source, Reason: u.Reason}
		}
	}
}

// hasEnded reports whether an end came while the pod's binding was under way.
func (t *task) hasEnded() bool {
	if t.last == nil {
		return false
	}
	return mean(*t.last).isEnd()
}
