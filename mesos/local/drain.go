package local

import (
	"slices"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// upkeep holds an operator's orders for an agent: those in the master's registry,
// which outlive the master, and those the agent has written down.
type upkeep struct {
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

func (a *agent) active() bool { return a.connected && !a.deactivated }

// deactivate takes the agent's offers back and makes no more.
func (a *agent) deactivate() {
	a.deactivated = true
	for _, o := range inOrder(a.offers) {
		a.m.rescind(o)
	}
}

func (a *agent) reactivate() {
	a.deactivated, a.drain = false, nil
	a.m.allocate()
}

// drainBy starts to drain the agent, or continues with another grace period.
func (a *agent) drainBy(config *mesospb.DrainConfig) {
	a.deactivate()
	a.drain = &drain{mesospb.DrainState_DRAINING, config, time.Now()}
	a.drainAgain()
}

// drainAgain repeats to a present agent the order that it may have missed.
func (a *agent) drainAgain() {
	if d := a.drain; d != nil && a.connected {
		a.tell(func() { a.killAll(d.config) })
	}
}

// killAll is the agent's part of a drain.
func (a *agent) killAll(config *mesospb.DrainConfig) {
	a.draining = config
	for _, ex := range a.executorsInOrder() {
		for _, t := range slices.Clone(ex.tasks) {
			if !terminal(t.latest) {
				a.kill(t, &mesospb.SchedulerCall_Kill{TaskId: t.info.TaskId, KillPolicy: shorter(t.info.KillPolicy, config)})
			}
		}
	}
	a.checkDrained()
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
func (a *agent) checkDrained() {
	if a.drain == nil && a.draining == nil || len(a.executors) > 0 {
		return
	}
	for _, f := range a.m.order {
		if slices.ContainsFunc(f.taskOrder, func(t *task) bool { return t.agent == a }) {
			return
		}
	}
	a.draining = nil
	if a.drain != nil && a.heard() {
		a.drain.state = mesospb.DrainState_DRAINED
		if a.drain.config.GetMarkGone() {
			a.replace(true)
		}
	}
}

// blameDrain notes in a status that a task is killed because of the drain.
func (a *agent) blameDrain(f *framework, status *mesospb.TaskStatus) {
	if a.draining == nil {
		return
	}
	switch status.GetState() {
	case mesospb.TaskState_TASK_KILLING:
	case mesospb.TaskState_TASK_KILLED:
		if a.draining.GetMarkGone() && f.partitionAware() {
			status.State = mesospb.TaskState_TASK_GONE_BY_OPERATOR.Enum()
		}
	default:
		return
	}
	status.Reason = mesospb.TaskStatus_REASON_AGENT_DRAINING.Enum()
}

// dropDraining refuses tasks that reach a draining agent. An executor that the
// master expects to start for them never does.
func (a *agent) dropDraining(tasks []*task) {
	for _, t := range tasks {
		a.own(t, t.framework.lost(mesospb.TaskState_TASK_DROPPED), mesospb.TaskStatus_REASON_AGENT_DRAINING,
			"Task dropped: the agent is draining")
	}
	ex := tasks[0].executor
	if ex.launched {
		return
	}
	delete(a.executors, ex.key())
	a.free = resources.Add(a.free, resources.Allocated(ex.info.Resources, "")...)
	if a.heard() {
		ex.framework.send(a.m, &mesospb.SchedulerEvent{
			Type:    mesospb.SchedulerEvent_FAILURE.Enum(),
			Failure: &mesospb.SchedulerEvent_Failure{AgentId: a.agentID(), ExecutorId: ex.info.ExecutorId, Status: proto.Int32(-1)},
		})
	}
}
