package framework

import (
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
)

// An operator drains an agent (DRAIN_AGENT, since Mesos 1.9): its tasks are killed,
// and it is deactivated until an operator reactivates it. An executor that stays
// without tasks keeps it from being drained, and every task that is sent to it is
// dropped, also after the reactivation, until it has ended (seen with 1.11.0). So
// our executor there is ended as soon as its last task is.

// drainUpdated notes that an agent drains, as updates of its tasks show.
func (l *loop) drainUpdated(a *agent, s *mesospb.TaskStatus) {
	if s.GetReason() != mesospb.TaskStatus_REASON_AGENT_DRAINING {
		return
	}
	l.draining(a)
	// The master knows better. Where it does not tell, a drop says nothing: tasks are
	// dropped after a reactivation, too.
	if s.GetState() == mesospb.TaskState_TASK_KILLED && !l.answered {
		l.deactivate(a, true)
	}
	select {
	case l.askStates <- struct{}{}:
	default: // it is about to be asked
	}
}

// draining notes that the executor on an agent must end before a task can start
// there. The note survives a restart of this process.
func (l *loop) draining(a *agent) {
	if a.Draining || !a.started {
		return
	}
	l.setDraining(a, true)
	l.giveBack(a)
}

// giveBack declines what an agent offers: tasks would be dropped there.
func (l *loop) giveBack(a *agent) {
	var ids []string
	for id := range a.offers {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return
	}
	l.agents.spendAll(a)
	l.outbox.put(job{call: mesos.Decline(ids, strangeRefuse)})
	for _, id := range ids {
		l.step(scheduler.Rescinded{ID: id})
	}
}

// endIdle ends the executor of a draining agent that has no task left. This is
// repeated after each answer of the master, until the executor is known to have
// ended.
func (l *loop) endIdle(a *agent) {
	if a.Draining && a.started && len(a.tasks) == 0 {
		glog.Infof("framework: agent %s drains: ending its executor, which has no task left", a.id)
		l.outbox.put(job{call: mesos.Shutdown(taskdata.ExecutorID, a.id)})
	}
}

// executorEnded notes that no executor of ours runs on an agent.
func (l *loop) executorEnded(a *agent) {
	drained := a.Draining && a.started
	a.runs, a.started = false, false
	if drained {
		l.drainOver(a)
		l.nodeEvent(a, "Drained", "agent "+a.id+" is drained: its tasks and its executor have ended")
	}
}

// drainOver notes that tasks can start on an agent again, once it is active.
func (l *loop) drainOver(a *agent) {
	if a.Draining {
		l.setDraining(a, false)
	}
}

// setDraining records whether an agent's executor must end before tasks can start.
func (l *loop) setDraining(a *agent, draining bool) {
	a.Draining = draining
	l.outbox.put(job{changes: []Change{putAgent(a.id, a.agentRecord)}})
}

// deactivate shows on the Node whether Mesos offers its agent at all.
func (l *loop) deactivate(a *agent, deactivated bool) {
	if a.deactivated == deactivated {
		return
	}
	a.deactivated = deactivated
	w := l.wanted(a)
	l.writer.want(w)
	l.tellNode(w.name, &w)
	if deactivated {
		l.nodeEvent(a, "Deactivated", "agent "+a.id+" is deactivated by an operator of Mesos: no pod is placed here until it is reactivated")
	} else {
		l.nodeEvent(a, "Reactivated", "agent "+a.id+" is active again")
	}
}

func (l *loop) nodeEvent(a *agent, reason, message string) {
	glog.Infof("framework: node %s: %s", a.Node, message)
	if n := l.nodes[a.Node]; n != nil {
		l.recorder.event(n, v1.EventTypeNormal, reason, message)
	}
}
