package framework

import (
	"maps"
	"slices"
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/outbox"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// drains follows the agents that an operator drains (DRAIN_AGENT, since Mesos 1.9): their
// tasks are killed, and they are deactivated until an operator reactivates them. An
// executor that stays without tasks keeps its agent from being drained, and every task
// that is sent to it is dropped, also after the reactivation, until it has ended (seen
// with 1.11.0). So our executor there is ended as soon as its last task is.
type drains struct {
	step   func(scheduler.Event)
	outbox jobs
	log    logr.Logger

	agents *agents
	nodes  *nodeKeeper

	askMaster chan<- struct{} // takes a token when the master is to be asked for its agents at once
	answered  bool            // the master has reported on its agents, so nothing is guessed
}

// unusableRefuse is how long the offers of an agent are not wanted whose executor is to
// end.
const unusableRefuse = 5 * time.Second

// updated notes that an agent drains, as a status of a task shows.
func (d *drains) updated(a *agent, s *mesospb.TaskStatus) {
	if s.GetReason() != mesospb.TaskStatus_REASON_AGENT_DRAINING {
		return
	}
	d.begin(a)
	// The master knows better. Where it does not tell, a drop says nothing: tasks are
	// dropped after a reactivation, too.
	if s.GetState() == mesospb.TaskState_TASK_KILLED && !d.answered {
		d.setDeactivated(a, true)
	}
	d.ask()
}

// ask has the master asked for its agents at once.
func (d *drains) ask() {
	select {
	case d.askMaster <- struct{}{}:
	default: // it is about to be asked
	}
}

// compare compares the master's view of its agents with ours.
func (d *drains) compare(states agentStates) {
	d.answered = true
	for _, state := range states.agents {
		a := d.agents.get(state.GetAgentInfo().GetId().GetValue())
		if a == nil || a.offered.After(states.asked) {
			continue
		}
		switch state.GetDrainInfo().GetState() {
		case mesospb.DrainState_DRAINING:
			d.begin(a)
		case mesospb.DrainState_DRAINED:
			d.begin(a)
			d.executorEnded(a)
		}
		d.setDeactivated(a, state.GetDeactivated())
		if !state.GetDeactivated() && state.DrainInfo == nil && !a.started {
			d.over(a)
		}
		if a.Draining {
			d.endUnusable(a)
		}
	}
}

// begin notes that the executor on an agent must end before a task can start
// there. The note survives a restart of this process.
func (d *drains) begin(a *agent) {
	if a.Draining || !a.started {
		return
	}
	d.agents.setDraining(a, true)
	d.giveBack(a)
}

// giveBack declines what an agent offers: tasks would be dropped there.
func (d *drains) giveBack(a *agent) {
	ids := slices.Sorted(maps.Keys(a.offers))
	if len(ids) == 0 {
		return
	}
	d.agents.spendAll(a)
	d.outbox.Put(outbox.Job{Call: mesos.Decline(ids, unusableRefuse)})
	for _, id := range ids {
		d.step(scheduler.Rescinded{ID: id})
	}
}

// endUnusable ends the executor of an agent if no task can be launched to it and none is
// left: the agent drains, or there is no record of what the executor was started with.
// This is repeated, after each answer of the master and with each offer, until the
// executor is known to have ended.
func (d *drains) endUnusable(a *agent) {
	switch {
	case a.Draining && a.started && len(a.tasks) == 0:
		d.log.Info("ending the executor of a draining agent, as no task is left", "agent", a.id)
	case !a.Draining && a.strange():
		d.log.Info("ending an executor, as there is no record of what it was started with", "agent", a.id)
	default:
		return
	}
	d.outbox.Put(outbox.Job{Call: mesos.Shutdown(taskdata.ExecutorID, a.id)})
}

// executorEnded notes that no executor of ours runs on an agent.
func (d *drains) executorEnded(a *agent) {
	drained := a.Draining && a.started
	a.runs, a.started = false, false
	if drained {
		d.over(a)
		d.nodes.event(a, "Drained", "agent "+a.id+" is drained: its tasks and its executor have ended")
	}
}

// over notes that tasks can start on an agent again, once it is active.
func (d *drains) over(a *agent) {
	if a.Draining {
		d.agents.setDraining(a, false)
	}
}

// setDeactivated shows on the Node whether Mesos offers its agent at all.
func (d *drains) setDeactivated(a *agent, deactivated bool) {
	if a.deactivated == deactivated {
		return
	}
	a.deactivated = deactivated
	d.nodes.publish(a)
	if deactivated {
		d.nodes.event(a, "Deactivated", "agent "+a.id+" is deactivated by an operator of Mesos: no pod is placed here until it is reactivated")
	} else {
		d.nodes.event(a, "Reactivated", "agent "+a.id+" is active again")
	}
}
