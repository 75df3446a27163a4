package local

import (
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// restart runs the agent's process again, at the same address. The agent recovers
// the executors of checkpointing frameworks, gives them time to subscribe again, and
// only then registers.
func (a *agent) restart() error {
	l, err := net.Listen("tcp", a.endpoint)
	if err != nil {
		return fmt.Errorf("agent %s cannot be started again: %w", a.hostname, err)
	}
	a.listener, a.running = l, true
	a.mended.stop()
	for _, ex := range a.orphans {
		ex.cancel()
	}
	a.serve()
	window := a.m.cfg.ReregistrationTimeout
	waiting := false
	for _, ex := range a.executorsInOrder() {
		if ex.status != nil {
			ex.exited(*ex.status, nil)
			continue
		}
		waiting = true
		ex.awaitSubscription(window, verdict{ex.framework.lost(mesospb.TaskState_TASK_GONE), mesospb.TaskStatus_REASON_EXECUTOR_REREGISTRATION_TIMEOUT,
			"Executor did not reregister within " + mesosDuration(window)})
	}
	if !waiting {
		a.comeBack()
		return nil
	}
	a.m.after(window, func() {
		if a.running && a.listener == l {
			a.comeBack()
		}
	})
	return nil
}

// comeBack registers the agent again. If the master had given it up, its tasks are
// reported as running again.
func (a *agent) comeBack() {
	a.timeout.stop()
	a.mended.stop()
	if a.removed && a.m.cfg.old() {
		a.comeBackAnother()
		return
	}
	wasRemoved := a.removed
	a.removed, a.silent = false, false
	a.dropUnknown()
	a.count()
	for _, f := range a.m.order {
		for _, t := range slices.Clone(f.taskOrder) {
			switch {
			case t.agent != a:
			case !t.received && len(a.mailbox) == 0:
				a.loseTask(t)
			case wasRemoved && !t.unreachable.IsZero():
				t.unreachable = time.Time{}
				a.m.update(f, t.changed(t.state, mesospb.TaskStatus_REASON_AGENT_REREGISTERED, "Unreachable agent re-reregistered"))
			}
		}
	}
	a.register()
	mail := a.mailbox
	a.mailbox = nil
	for _, f := range mail {
		f()
	}
	for _, f := range a.m.order {
		for _, u := range a.updatesInOrder(f) {
			u.wait = 0
			a.forward(u)
		}
		for _, t := range slices.Clone(f.taskOrder) {
			if call := t.killed; call != nil && t.agent == a {
				t.killed = nil
				a.kill(t, call)
			}
		}
	}
}

// dropUnknown forgets executors that the agent never heard of, and shuts down those
// of frameworks that have gone in the meantime.
func (a *agent) dropUnknown() {
	for _, ex := range a.executorsInOrder() {
		switch {
		case !ex.launched && len(a.mailbox) == 0:
			delete(a.executors, ex.key())
		case a.m.frameworks[ex.framework.id] != ex.framework:
			ex.abandoned = true
			ex.shutdown()
		}
	}
}

// loseTask ends a task that the returned agent has never heard of.
func (a *agent) loseTask(t *task) {
	s := t.framework.lost(mesospb.TaskState_TASK_DROPPED)
	t.state, t.latest, t.unreachable = s, s, time.Time{}
	a.m.update(t.framework, t.changed(s, mesospb.TaskStatus_REASON_RECONCILIATION, "Reconciliation: Task is unknown to the agent"))
	a.m.removeTask(t)
}

// count recomputes what is free.
func (a *agent) count() {
	a.free = a.total
	take := func(rs []*mesospb.Resource) {
		if rest, ok := resources.Subtract(a.free, rs); ok {
			a.free = rest
		}
	}
	for _, ex := range a.executors {
		take(resources.Allocated(ex.info.Resources, ""))
	}
	for _, f := range a.m.order {
		for _, t := range f.taskOrder {
			if t.agent == a {
				take(t.used)
			}
		}
	}
	for _, o := range a.offers {
		take(o.resources)
	}
}
