package local

import (
	"slices"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// maintenance holds an operator's orders for an agent: those in the master's registry,
// which outlive the master, and those the agent has written down.
type maintenance struct {
	agent *agent

	deactivated bool   // it is not offered
	drain       *drain // the master's record

	// draining is the agent's own record: from the order until nothing that could
	// run a task is left there. Reactivation does not end it.
	draining *mesospb.DrainConfig
}

// drain is a DRAIN_AGENT as the master remembers it until REACTIVATE_AGENT.
type drain struct {
	state  mesospb.DrainState
	config *mesospb.DrainConfig
	since  time.Time
}

// clear forgets all orders, as for an agent with another id.
func (mt *maintenance) clear() { mt.deactivated, mt.drain, mt.draining = false, nil, nil }

// deactivate takes the agent's offers back and makes no more.
func (mt *maintenance) deactivate() {
	mt.deactivated = true
	mt.agent.master.offers.rescindAll(mt.agent.capacity.offers)
}

func (mt *maintenance) reactivate() {
	mt.deactivated, mt.drain = false, nil
	mt.agent.master.offers.allocate()
}

// drainBy starts to drain the agent, or continues with another grace period.
func (mt *maintenance) drainBy(config *mesospb.DrainConfig) {
	mt.deactivate()
	mt.drain = &drain{mesospb.DrainState_DRAINING, config, time.Now()}
	mt.drainAgain()
}

// drainAgain repeats to a present agent the order that it may have missed.
func (mt *maintenance) drainAgain() {
	if d := mt.drain; d != nil && mt.agent.link.connected {
		mt.agent.link.tell(func() { mt.killAll(d.config) })
	}
}

// killAll is the agent's part of a drain.
func (mt *maintenance) killAll(config *mesospb.DrainConfig) {
	mt.draining = config
	for _, ex := range mt.agent.executors.inOrder() {
		for _, t := range slices.Clone(ex.tasks) {
			if !terminal(t.latest) {
				mt.agent.executors.kill(t, &mesospb.SchedulerCall_Kill{TaskId: t.info.TaskId, KillPolicy: shorter(t.info.KillPolicy, config)})
			}
		}
	}
	mt.checkDrained()
}

// shorter returns the grace period that a drain leaves a task.
func shorter(own *mesospb.KillPolicy, config *mesospb.DrainConfig) *mesospb.KillPolicy {
	most := config.MaxGracePeriod
	if grace := own.GetGracePeriod(); most == nil || grace != nil && grace.GetNanoseconds() <= most.GetNanoseconds() {
		return own
	}
	return &mesospb.KillPolicy{GracePeriod: most}
}

// checkDrained ends a drain when neither executors nor tasks are left. An idle
// executor is enough to keep it going.
func (mt *maintenance) checkDrained() {
	if mt.drain == nil && mt.draining == nil || len(mt.agent.executors.byKey) > 0 {
		return
	}
	for _, f := range mt.agent.master.frameworks.order {
		if len(f.tasks.on(mt.agent)) > 0 {
			return
		}
	}
	mt.draining = nil
	if mt.drain != nil && mt.agent.link.heard() {
		mt.drain.state = mesospb.DrainState_DRAINED
		if mt.drain.config.GetMarkGone() {
			mt.agent.replace(true)
		}
	}
}

// blame notes in a status that a task is killed because of the drain.
func (mt *maintenance) blame(f *framework, status *mesospb.TaskStatus) {
	if mt.draining == nil {
		return
	}
	switch status.GetState() {
	case mesospb.TaskState_TASK_KILLING:
	case mesospb.TaskState_TASK_KILLED:
		if mt.draining.GetMarkGone() && f.partitionAware() {
			status.State = mesospb.TaskState_TASK_GONE_BY_OPERATOR.Enum()
		}
	default:
		return
	}
	status.Reason = mesospb.TaskStatus_REASON_AGENT_DRAINING.Enum()
}

// drop refuses tasks that reach a draining agent. An executor that the
// master expects to start for them never does.
func (mt *maintenance) drop(tasks []*task) {
	a := mt.agent
	for _, t := range tasks {
		a.statuses.own(t, t.framework.lost(mesospb.TaskState_TASK_DROPPED), mesospb.TaskStatus_REASON_AGENT_DRAINING,
			"Task dropped: the agent is draining")
	}
	ex := tasks[0].executor
	if ex.launched {
		return
	}
	a.executors.remove(ex)
	a.capacity.give(resources.Allocated(ex.info.Resources, ""))
	if a.link.heard() {
		ex.framework.fail(&mesospb.SchedulerEvent_Failure{AgentId: a.agentID(), ExecutorId: ex.info.ExecutorId, Status: proto.Int32(-1)})
	}
}
