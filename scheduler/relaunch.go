package scheduler

import (
	"fmt"
	"slices"
	"time"
)

// relaunchGrace is how long a pod whose executor has ended waits for another one
// on its agent, before it is failed. Kubernetes waits just as long for a node
// that does not answer (tolerationSeconds of the default tolerations).
const relaunchGrace = 5 * time.Minute

// steady is how long a pod must have run for the end of its executor to count as
// the first, after which another one is started at once. After a shorter run the
// pause is two seconds: its containers run on, without a kubelet.
const steady = time.Minute

// pinned says that a bound pod cannot leave its agent. Its executor has ended while
// the pod's containers may live on: the next executor there takes them over, so
// the pod is launched again on that very agent, before any other pod.
type pinned struct {
	last  Task      // the attempt that was interrupted
	until time.Time // when it is given up, unless the pod runs before
	alarm alarm     // the same, while no executor has the pod
}

// interrupt brings a bound pod back to the queue after an end of its task that no
// kubelet knows of. Until the next attempt is launched, the record of this one
// preserves the fact, so the update may be acknowledged.
func (x *boundTasks) interrupt(t *task, u Update) {
	x.session.acknowledge(u)
	if !t.orphaned && u.endsExecutor() {
		x.executorEnded(x.fleet.agent(t.Agent), hintAsk) // the first report of it
	}
	switch {
	case t.ran.IsZero() && u.blamesAgent():
		x.fleet.recordFailure(t)
	case !t.ran.IsZero() && x.clock.since(t.ran) >= steady:
		t.pod.failures = 0
	case !t.ran.IsZero():
		t.pod.failures = min(t.pod.failures, 1)
	}
	x.relaunch(t, describe(u))
}

// relaunch makes the bound pod of a task that is over wait for another executor on
// its agent. The deadline stands until the pod runs, however many executors end
// before.
func (x *boundTasks) relaunch(t *task, trouble string) {
	p := t.pod
	if p.pinned == nil {
		p.pinned = &pinned{until: x.clock.now.Add(relaunchGrace), alarm: alarm{ring: func() { x.giveUp(p) }}}
	}
	p.pinned.last = t.Task
	x.clock.set(&p.pinned.alarm, p.pinned.until)
	x.queue.retry(p, trouble, true)
	x.tasks.drop(t)
}

// relaunchUpdated: the pod is bound already, so an update of this attempt is
// about the pod, as when it runs. Only a report of the executor stops the wait: it
// has the pod, which may take its time to run.
func (x *boundTasks) relaunchUpdated(t *task, u Update, kind updateKind) {
	if kind == started || kind == ended {
		if p := t.pod.pinned; p != nil {
			x.clock.stop(&p.alarm)
		}
		t.state = running
	}
	x.runningUpdated(t, u, kind)
}

// giveUp fails a pod whose agent starts no executor for it any more.
func (x *boundTasks) giveUp(p *pod) {
	t := p.task
	if t == nil {
		x.queue.remove(p)
		t = x.tasks.add(p.pinned.last)
		t.pod, p.task, p.state = p, t, placed
		p.old = slices.DeleteFunc(p.old, func(id string) bool { return id == t.ID })
	} else {
		// The attempt under way may still succeed, too late for the pod.
		t.revived = t.state == launching
	}
	x.fail(t, "ExecutorLost", fmt.Sprintf("its executor has ended, and no other could be started on node %s within %v: %s", t.Node, relaunchGrace, p.trouble))
}

// unpin forgets that the pod waits for its agent.
func (x *boundTasks) unpin(p *pod) {
	if p.pinned != nil {
		x.clock.stop(&p.pinned.alarm)
		p.pinned = nil
	}
}
