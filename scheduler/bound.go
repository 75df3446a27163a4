package scheduler

import (
	"strings"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// boundTasks decides about the tasks in state running, ended and failing: those
// whose pod is bound to their node, so that it cannot go elsewhere any more. What
// happens to a pod whose executor ends is in relaunch.go.
type boundTasks struct {
	clock      *clock
	session    *session
	queue      *queue
	fleet      *fleet
	tasks      *tasks
	reconciler *reconciler
	killer     *killer

	failing map[string]*task // by pod uid: those whose pod is being failed
}

// begin takes over a task whose pod has just been bound.
func (x *boundTasks) begin(t *task) {
	t.state = running
	x.reconciler.heard(t)
	if u := t.last; u != nil {
		t.last = nil
		x.runningUpdated(t, *u, classify(*u))
	}
}

// ran notes that a node runs the pod of a task.
func (x *boundTasks) ran(t *task) {
	if t.ran.IsZero() {
		t.ran = x.clock.now
	}
	x.fleet.recordSuccess(t.Agent)
	if t.pod != nil {
		x.unpin(t.pod)
	}
}

func (x *boundTasks) runningUpdated(t *task, u Update, kind updateKind) {
	switch kind {
	case staged, started:
		x.session.acknowledge(u)
		x.reconciler.heard(t)
	case paused, unclear:
		x.session.acknowledge(u)
		x.reconciler.askLater(t, slowAsk)
	case unrecorded:
		x.session.acknowledge(u)
		if !t.unknownTooLong(x.clock.now) {
			x.reconciler.askLater(t, firstAsk)
			return
		}
		x.fail(t, failReason(u.State), describe(u))
	case ended:
		// The kubelet has written the pod's end before the executor spoke, so
		// the effect is stored. The record stays until the pod's end is seen;
		// if it is never seen, the pod would stay bound to a node where nothing
		// runs it, so it is failed.
		t.last = &u
		x.session.acknowledge(u)
		t.state = isEnded
		x.fleet.unbook(t)
		x.clock.after(endGrace, &t.alarm)
	case interrupted:
		x.interrupt(t, u)
	case vanished:
		t.acknowledgeLater(u)
		x.fail(t, failReason(u.State), describe(u))
	}
}

// endedUpdated: a terminal state is never undone. But an answer to a
// reconciliation does not tell who ended the task; when the agent's own update
// says afterwards that it was not the executor, there is nothing to wait for.
func (x *boundTasks) endedUpdated(t *task, u Update, kind updateKind) {
	if (kind == vanished || kind == interrupted) && u.UUID != "" {
		x.runningUpdated(t, u, kind)
		return
	}
	x.session.acknowledge(u)
}

// endNotSeen handles a task whose executor has ended it, while the API server does
// not show that the pod has ended.
func (x *boundTasks) endNotSeen(t *task) {
	if t.neverRan() {
		x.fleet.recordFailure(t)
		x.relaunch(t, t.endedBy())
		return
	}
	x.fail(t, "TaskEnded", "its Mesos task has ended, but the pod's own end was not reported: "+t.endedBy())
}

// endSeen handles the same when the pod's end is seen.
func (x *boundTasks) endSeen(t *task) {
	x.fleet.recordSuccess(t.Agent) // the kubelet has reported the pod's end
	t.pod = nil
	x.tasks.drop(t)
}

// fail ends the pod of a task that no kubelet can end.
func (x *boundTasks) fail(t *task, reason, message string) {
	if t.pod == nil {
		t.acknowledge(x.session)
		x.tasks.drop(t)
		return
	}
	x.unpin(t.pod)
	t.state = failing
	x.clock.stop(&t.alarm)
	x.fleet.unbook(t)
	x.failing[t.PodUID] = t
	x.session.call(Fail{PodUID: t.PodUID, Reason: reason, Message: message})
}

func (x *boundTasks) failingUpdated(t *task, u Update, kind updateKind) {
	t.acknowledgeLater(u)
	t.revived = t.revived || kind == started
}

// failed handles the outcome of a Fail: the pod's end is stored.
func (x *boundTasks) failed(uid string) {
	t := x.failing[uid]
	if t == nil {
		return
	}
	delete(x.failing, uid)
	t.acknowledge(x.session)
	if t.pod != nil {
		t.pod.task, t.pod.state = nil, leftAlone
	}
	if t.revived {
		x.killer.kill(t, 0)
		return
	}
	x.tasks.drop(t)
}

// executorEnded notes that the executor of an agent's tasks has ended, and asks for
// them: their ends are on the way, unless they get lost.
func (x *boundTasks) executorEnded(a *agent, askAfter time.Duration) {
	a.executorEnded()
	x.reconciler.askAbout(a, askAfter)
}

// heardAgain notes that a task whose executor has ended is accounted for.
func (x *boundTasks) heardAgain(t *task) {
	t.orphaned = false
	x.fleet.roomGrew(t.Agent)
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
