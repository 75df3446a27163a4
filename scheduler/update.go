package scheduler

import (
	"strings"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// updated takes in what Mesos says of a task.
func (s *State) updated(u Update) {
	t := s.tasks[u.Task]
	if t == nil {
		s.strangerUpdated(u)
		return
	}
	if u.Agent == "" {
		u.Agent = t.Agent
	}
	m := mean(u)
	if m != doubtful {
		t.doubt = time.Time{}
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

// launchingUpdated decides whether the pod is bound or needs another attempt.
// It is bound to no node yet, so that whatever is left of the task cannot run it.
func (s *State) launchingUpdated(t *task, u Update, m meaning) {
	if m == staged || m == started || !isAnswer(u) {
		s.forgetOld(t.pod) // this attempt was sent, so it is stored
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
	case ended, vanished:
		p := t.pod
		s.acknowledge(u)
		s.requeue(p, describe(u), costless(u))
		s.drop(t)
	}
}

// bindingUpdated keeps what comes while the pod's binding is under way. An end
// waits for the outcome, which decides what the end means; of two ends the
// second is left for Mesos to repeat.
func (s *State) bindingUpdated(t *task, u Update, m meaning) {
	switch {
	case m == ended || m == vanished:
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
	m := mean(*t.last)
	return m == ended || m == vanished
}

// runningUpdated deals with a task whose pod is bound: the pod cannot go
// elsewhere any more.
func (s *State) runningUpdated(t *task, u Update, m meaning) {
	switch m {
	case staged, started:
		s.acknowledge(u)
		s.heard(t)
	case paused, unclear:
		s.acknowledge(u)
		s.askLater(t, slowAsk)
	case doubtful:
		s.acknowledge(u)
		if !s.doubted(t) {
			s.askLater(t, firstAsk)
			return
		}
		s.fail(t, failReason(u.State), describe(u))
	case ended:
		// The kubelet has written the pod's end before the executor spoke, so
		// the effect is stored. The record stays until the pod's end is seen;
		// were it never seen, the pod would be bound for ever to a node where
		// nothing runs it, so it is failed then.
		t.last = &u
		s.acknowledge(u)
		t.state = isEnded
		s.unbook(t)
		s.alarms.set(&t.alarm, s.now.Add(endGrace))
	case vanished:
		t.acknowledgeLater(u)
		s.fail(t, failReason(u.State), describe(u))
	}
}

// endedUpdated: a terminal state is never undone. But an answer to a
// reconciliation does not tell who ended the task; when the agent's own update
// says afterwards that it was not the executor, there is nothing to wait for.
func (s *State) endedUpdated(t *task, u Update, m meaning) {
	if m == vanished && u.UUID != "" {
		t.acknowledgeLater(u)
		s.fail(t, failReason(u.State), describe(u))
		return
	}
	s.acknowledge(u)
}

// doubted reports whether the master has not known the task for so long that it
// will not any more.
func (s *State) doubted(t *task) bool {
	if t.doubt.IsZero() {
		t.doubt = s.now
	}
	return s.now.Sub(t.doubt) >= doubtGrace
}

// killingUpdated waits for the end. A task that is back while the next Kill is
// far off, as after its agent could not be reached, is killed at once.
func (s *State) killingUpdated(t *task, u Update, m meaning) {
	s.acknowledge(u)
	switch m {
	case ended, vanished:
		s.drop(t)
	case doubtful:
		if s.doubted(t) {
			s.drop(t)
		}
	case started:
		if !t.spare && (!t.alarm.isSet() || t.alarm.at.Sub(s.now) > firstAsk) {
			s.kill(t, 0)
		}
	}
}

// strangerUpdated deals with a task that is not in the books. Ours are all
// known once the stored ones are; what is left is a task whose record was lost.
func (s *State) strangerUpdated(u Update) {
	if !s.listed {
		return // it will come again
	}
	s.acknowledge(u)
	switch m := mean(u); {
	case m != staged && m != started:
		return // nothing lives, or it will be told when it is back
	case s.over.seen[u.Task] && u.UUID != "":
		return // late: the agent sends in order, so this is from before the end
	}
	s.kill(s.newTask(Task{ID: u.Task, Agent: u.Agent}), 0)
}

// failReason is the name of a state as the API server likes its reasons:
// TASK_GONE_BY_OPERATOR is TaskGoneByOperator.
func failReason(state mesospb.TaskState) string {
	var b strings.Builder
	for word := range strings.SplitSeq(state.String(), "_") {
		b.WriteString(word[:1] + strings.ToLower(word[1:]))
	}
	return b.String()
}

func (s *State) launchFailed(e LaunchFailed) {
	for _, in := range e.Tasks {
		t := s.tasks[in.ID]
		if t == nil {
			continue
		}
		if p := t.pod; p != nil && t.state == launching {
			s.requeue(p, "the launch could not be stored: "+e.Err.Error(), false)
		}
		s.drop(t)
	}
}

// bound takes in the outcome of a Bind.
func (s *State) bound(e Bound) {
	t := s.tasks[e.Task]
	if t == nil || t.state != binding {
		return
	}
	s.acknowledgeNow(t)
	switch {
	case e.Err != nil:
		if t.pod != nil {
			t.pod.task, t.pod.state = nil, leftAlone
			s.tell(t.pod, "it cannot be bound to node "+t.Node+": "+e.Err.Error())
		}
		s.endOr(t, func() { s.kill(t, 0) })
	case t.pod == nil:
		s.endOr(t, func() { s.kill(t, removeGrace) })
	default:
		t.pod.failures, t.pod.trouble = 0, ""
		t.state = running
		s.heard(t)
		if u := t.last; u != nil {
			t.last = nil
			s.runningUpdated(t, *u, mean(*u))
		}
	}
}

// endOr drops a task that has ended while its Bind was under way, or does otherwise.
func (s *State) endOr(t *task, otherwise func()) {
	if t.hasEnded() {
		t.pod = nil
		s.acknowledge(*t.last)
		s.drop(t)
		return
	}
	otherwise()
}

// failed takes in that the pod's end is stored.
func (s *State) failed(uid string) {
	t := s.dying[uid]
	if t == nil {
		return
	}
	delete(s.dying, uid)
	s.acknowledgeNow(t)
	if t.pod != nil {
		t.pod.task, t.pod.state = nil, leftAlone
	}
	if t.back {
		s.kill(t, 0)
		return
	}
	s.drop(t)
}
