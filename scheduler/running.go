package scheduler

import (
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

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
		// if it is never seen, the pod would stay bound to a node where nothing
		// runs it, so it is failed.
		t.last = &u
		s.acknowledge(u)
		t.state = isEnded
		s.unbook(t)
		s.alarms.set(&t.alarm, s.now.Add(endGrace))
	case interrupted:
		s.interrupt(t, u)
	case vanished:
		t.acknowledgeLater(u)
		s.fail(t, failReason(u.State), describe(u))
	}
}

// endedUpdated: a terminal state is never undone. But an answer to a
// reconciliation does not tell who ended the task; when the agent's own update
// says afterwards that it was not the executor, there is nothing to wait for.
func (s *State) endedUpdated(t *task, u Update, m meaning) {
	if (m == vanished || m == interrupted) && u.UUID != "" {
		s.runningUpdated(t, u, m)
		return
	}
	s.acknowledge(u)
}

// doubted reports whether the master has not known the task for so long that it
// never will again.
func (s *State) doubted(t *task) bool {
	if t.doubt.IsZero() {
		t.doubt = s.now
	}
	return s.now.Sub(t.doubt) >= doubtGrace
}

// fail ends the pod of a task that no kubelet can end.
func (s *State) fail(t *task, reason, message string) {
	if t.pod == nil {
		s.acknowledgeNow(t)
		s.drop(t)
		return
	}
	s.leaveHome(t.pod)
	t.state = failing
	s.alarms.stop(&t.alarm)
	s.unbook(t)
	s.dying[t.PodUID] = t
	s.call(Fail{PodUID: t.PodUID, Reason: reason, Message: message})
}

func (t *task) endedBy() string {
	if t.last == nil {
		return "no update"
	}
	return describe(*t.last)
}

// failReason returns the name of a state in the form of an API reason:
// TASK_GONE_BY_OPERATOR is TaskGoneByOperator.
func failReason(state mesospb.TaskState) string {
	var b strings.Builder
	for word := range strings.SplitSeq(state.String(), "_") {
		b.WriteString(word[:1] + strings.ToLower(word[1:]))
	}
	return b.String()
}
