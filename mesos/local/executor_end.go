package local

import (
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// verdict holds the status that the tasks of an ended executor get.
type verdict struct {
	state  mesospb.TaskState
	reason mesospb.TaskStatus_Reason
	text   string
}

// shutdown asks an executor to end, and kills it when its grace period is over.
func (ex *executor) shutdown() {
	if ex.phase == terminating {
		return
	}
	ex.phase = terminating
	ex.timeout.stop()
	if !ex.begun { // being fetched: there is no process to ask
		ex.cancel()
	}
	ex.send(&mesospb.ExecutorEvent{Type: mesospb.ExecutorEvent_SHUTDOWN.Enum()})
	ex.timeout = ex.agent.m.after(ex.grace(), ex.cancel)
}

func (ex *executor) grace() time.Duration {
	if p := ex.info.ShutdownGracePeriod; p != nil {
		return time.Duration(p.GetNanoseconds())
	}
	return ex.agent.m.cfg.ShutdownGrace
}

// destroy kills an executor; its tasks get v.
func (ex *executor) destroy(v verdict) {
	ex.verdict, ex.phase = &v, terminating
	ex.cancel()
}

// awaitSubscription kills an executor that does not subscribe in time.
func (ex *executor) awaitSubscription(d time.Duration, v verdict) {
	ex.timeout.stop()
	ex.timeout = ex.agent.m.after(d, func() { ex.destroy(v) })
}

// exited is called when no process of an executor runs any more, or it could not be
// started. status is its wait(2) status.
func (ex *executor) exited(status int32, problem *verdict) {
	a, m, f := ex.agent, ex.agent.m, ex.framework
	defer a.checkDrained()
	ex.timeout.stop()
	ex.closeStream(closed)
	delete(a.tokens, ex.token)
	if !a.running && a.executors[ex.key()] == ex { // the agent finds out when it is back
		ex.status = &status
		return
	}
	if a.executors[ex.key()] == ex {
		delete(a.executors, ex.key())
		a.free = resources.Add(a.free, resources.Allocated(ex.info.Resources, "")...)
	}
	a.orphans = slices.DeleteFunc(a.orphans, func(x *executor) bool { return x == ex })
	if ex.abandoned {
		return
	}
	if a.heard() {
		f.send(m, &mesospb.SchedulerEvent{
			Type:    mesospb.SchedulerEvent_FAILURE.Enum(),
			Failure: &mesospb.SchedulerEvent_Failure{AgentId: a.agentID(), ExecutorId: ex.info.ExecutorId, Status: &status},
		})
	}
	v := verdict{mesospb.TaskState_TASK_FAILED, mesospb.TaskStatus_REASON_EXECUTOR_TERMINATED, "Executor terminated"}
	if ex.verdict != nil {
		v = *ex.verdict
	} else if problem != nil {
		v = *problem
	}
	for _, t := range slices.Clone(ex.tasks) {
		if !terminal(t.latest) {
			a.own(t, v.state, v.reason, v.text)
		}
	}
}
