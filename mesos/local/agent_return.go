package local

import (
	"fmt"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/containerizer"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// restart runs the agent's process again, at the same address. The agent recovers
// the executors of checkpointing frameworks, gives them time to subscribe again, and
// only then registers.
func (a *agent) restart() error {
	if err := a.endpoint.Listen(); err != nil {
		return fmt.Errorf("agent %s cannot be started again: %w", a.hostname, err)
	}
	a.link.running = true
	a.mended.Stop()
	for _, ex := range a.executors.orphans {
		ex.cancel()
	}
	a.endpoint.Serve(a.routes())
	server := a.endpoint.Server()
	window := a.master.cfg.ReregistrationTimeout
	waiting := false
	for _, ex := range a.executors.inOrder() {
		if ex.status != nil {
			ex.exited(*ex.status, nil)
			continue
		}
		waiting = true
		ex.awaitSubscription(window, verdict{ex.framework.lost(mesospb.TaskState_TASK_GONE), mesospb.TaskStatus_REASON_EXECUTOR_REREGISTRATION_TIMEOUT,
			"Executor did not reregister within " + containerizer.FormatDuration(window)})
	}
	if !waiting {
		a.comeBack()
		return nil
	}
	a.master.loop.After(window, func() {
		if a.link.running && a.endpoint.Server() == server {
			a.comeBack()
		}
	})
	return nil
}

// comeBack registers the agent again. If the master had given it up, its tasks are
// reported as running again.
func (a *agent) comeBack() {
	a.link.timeout.Stop()
	a.mended.Stop()
	if a.link.removed && a.master.cfg.old() {
		a.comeBackAnother()
		return
	}
	wasRemoved := a.link.removed
	a.link.removed, a.link.silent = false, false
	a.executors.dropUnknown()
	if len(a.link.mailbox) == 0 { // operations that it has not heard of are lost
		a.capacity.total = a.reservations.total
	}
	a.recount()
	for _, f := range a.master.frameworks.order {
		for _, t := range f.tasks.on(a) {
			switch {
			case !t.received && len(a.link.mailbox) == 0:
				a.loseTask(t)
			case wasRemoved && !t.unreachable.IsZero():
				t.unreachable = time.Time{}
				f.update(t.changed(t.state, mesospb.TaskStatus_REASON_AGENT_REREGISTERED, "Unreachable agent re-reregistered"))
			}
		}
	}
	a.register()
	a.link.read()
	a.reservations.reportAll(anyOutcome)
	for _, f := range a.master.frameworks.order {
		a.statuses.Resend(f.id)
		for _, t := range f.tasks.on(a) {
			if call := t.killed; call != nil {
				t.killed = nil
				a.executors.kill(t, call)
			}
		}
	}
}

// loseTask ends a task that the returned agent has never heard of.
func (a *agent) loseTask(t *task) {
	s := t.framework.lost(mesospb.TaskState_TASK_DROPPED)
	t.state, t.latest, t.unreachable = s, s, time.Time{}
	t.framework.update(t.changed(s, mesospb.TaskStatus_REASON_RECONCILIATION, "Reconciliation: Task is unknown to the agent"))
	t.remove()
}

// recount recomputes what is free.
func (a *agent) recount() {
	a.capacity.free = a.capacity.total
	for _, ex := range a.executors.byKey {
		a.capacity.take(resources.Allocated(ex.info.Resources, ""))
	}
	for _, f := range a.master.frameworks.order {
		for _, t := range f.tasks.on(a) {
			a.capacity.take(t.used)
		}
	}
	for _, o := range a.capacity.offers {
		a.capacity.take(o.resources)
	}
}
