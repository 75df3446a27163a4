package local

import (
	"context"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/containerizer"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/httpapi"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/loop"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// executor is one executor on an agent, from its first task until its process has
// ended.
//
//	registering ──SUBSCRIBE──▶ running ──shutdown──▶ terminating ──▶ (removed)
//	     └───────shutdown, or its process ends───────────▶┘
type executor struct {
	agent     *agent
	framework *framework
	info      *mesospb.ExecutorInfo
	container string
	directory string // its sandbox
	token     string // which it shows its agent
	started   time.Time

	phase     phase
	abandoned bool // its framework is gone: its updates are dropped
	hadTask   bool // it has been sent one

	stream *httpapi.Queue // nil while it is not subscribed
	queued []batch        // tasks waiting for its first SUBSCRIBE
	tasks  []*task        // all whose end is not acknowledged, including queued ones

	launched bool                   // the agent has heard of the executor
	begun    bool                   // its program has been started
	process  *containerizer.Process // nil before that, and for simulated ones
	status   *int32                 // how it ended while its agent was down
	cancel   context.CancelFunc     // ends fetching, kills its processes
	timeout  *loop.Timer            // to subscribe, or to end
	verdict  *verdict               // why it was killed, if that is more than "terminated"
}

type executorKey struct{ framework, executor string }

type phase int

const (
	registering phase = iota
	running
	terminating
)

// batch holds the tasks of one LAUNCH or LAUNCH_GROUP.
type batch struct {
	tasks []*task
	group bool
}

func (ex *executor) key() executorKey {
	return executorKey{ex.framework.id, ex.info.ExecutorId.GetValue()}
}

func (ex *executor) send(e *mesospb.ExecutorEvent) {
	if ex.stream != nil {
		ex.stream.Send(e)
	}
}

func (ex *executor) closeStream(how httpapi.Ending) {
	if ex.stream != nil {
		ex.stream.End(how)
		ex.stream = nil
	}
}

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
	ex.timeout.Stop()
	if !ex.begun { // being fetched: there is no process to ask
		ex.cancel()
	}
	ex.send(&mesospb.ExecutorEvent{Type: mesospb.ExecutorEvent_SHUTDOWN.Enum()})
	ex.timeout = ex.agent.master.loop.After(ex.grace(), ex.cancel)
}

func (ex *executor) grace() time.Duration {
	if p := ex.info.ShutdownGracePeriod; p != nil {
		return time.Duration(p.GetNanoseconds())
	}
	return ex.agent.master.cfg.ShutdownGrace
}

// destroy kills an executor; its tasks get v.
func (ex *executor) destroy(v verdict) {
	ex.verdict, ex.phase = &v, terminating
	ex.cancel()
}

// awaitSubscription kills an executor that does not subscribe in time.
func (ex *executor) awaitSubscription(d time.Duration, v verdict) {
	ex.timeout.Stop()
	ex.timeout = ex.agent.master.loop.After(d, func() { ex.destroy(v) })
}

// exited is called when no process of an executor runs any more, or it could not be
// started. status is its wait(2) status.
func (ex *executor) exited(status int32, problem *verdict) {
	a, f := ex.agent, ex.framework
	defer a.maintenance.checkDrained()
	ex.timeout.Stop()
	ex.closeStream(httpapi.Closed)
	delete(a.executors.tokens, ex.token)
	if !a.link.running && a.executors.has(ex) { // the agent finds out when it is back
		ex.status = &status
		return
	}
	if a.executors.has(ex) {
		a.executors.remove(ex)
		a.capacity.give(resources.Allocated(ex.info.Resources, ""))
	}
	a.executors.orphans = slices.DeleteFunc(a.executors.orphans, func(x *executor) bool { return x == ex })
	if ex.abandoned {
		return
	}
	if a.link.heard() {
		f.fail(&mesospb.SchedulerEvent_Failure{AgentId: a.agentID(), ExecutorId: ex.info.ExecutorId, Status: &status})
	}
	v := verdict{mesospb.TaskState_TASK_FAILED, mesospb.TaskStatus_REASON_EXECUTOR_TERMINATED, "Executor terminated"}
	if ex.verdict != nil {
		v = *ex.verdict
	} else if problem != nil {
		v = *problem
	}
	for _, t := range slices.Clone(ex.tasks) {
		if !terminal(t.latest) {
			a.statuses.own(t, v.state, v.reason, v.text)
		}
	}
}
