package local

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// executor is one on an agent, from the first task for it until its process has
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
	started   time.Time

	phase     phase
	abandoned bool // its framework is gone: its updates interest nobody
	hadTask   bool // it has been sent one

	stream *queue  // nil while it is not subscribed
	queued []batch // tasks waiting for its first SUBSCRIBE
	tasks  []*task // all whose end is not acknowledged, also those queued

	launched bool               // the agent has heard of it
	begun    bool               // its program has been started
	process  *process           // nil before that, and for simulated ones
	status   *int32             // how it ended while its agent was down
	cancel   context.CancelFunc // ends fetching, kills its processes
	timeout  *timer             // to subscribe, or to end
	verdict  *verdict           // why it was killed, if that is more than "terminated"
}

type executorKey struct{ framework, executor string }

type phase int

const (
	registering phase = iota
	running
	terminating
)

// batch is what one LAUNCH or LAUNCH_GROUP carries.
type batch struct {
	tasks []*task
	group bool
}

// verdict is what the tasks of an ended executor are told.
type verdict struct {
	state  mesospb.TaskState
	reason mesospb.TaskStatus_Reason
	text   string
}

func (ex *executor) key() executorKey {
	return executorKey{ex.framework.id, ex.info.ExecutorId.GetValue()}
}

// newExecutor makes the entry of an executor that is yet to be started.
func (a *agent) newExecutor(f *framework, info *mesospb.ExecutorInfo) *executor {
	ex := &executor{agent: a, framework: f, info: info, container: uuid.NewString(), started: time.Now(), cancel: func() {}}
	ex.directory = sandbox(a.m.workDir, a, ex)
	a.executors[ex.key()] = ex
	return ex
}

// discardUnused takes back an executor whose tasks were refused after all.
func (a *agent) discardUnused(f *framework, info *mesospb.ExecutorInfo) {
	ex := a.executors[executorKey{f.id, info.ExecutorId.GetValue()}]
	if ex != nil && len(ex.tasks) == 0 && !ex.launched {
		delete(a.executors, ex.key())
	}
}

// launch brings tasks of one executor to it, starting it if need be.
func (a *agent) launch(tasks []*task, group bool) {
	ex := tasks[0].executor
	b := batch{tasks, group}
	for _, t := range tasks {
		t.received = true
	}
	switch {
	case ex.phase == terminating:
		for _, t := range tasks {
			a.own(t, t.framework.lost(mesospb.TaskState_TASK_DROPPED), mesospb.TaskStatus_REASON_EXECUTOR_TERMINATED, "Executor terminating")
		}
	case ex.phase == running && ex.stream != nil:
		ex.deliver(b)
	default:
		ex.queued = append(ex.queued, b)
		if !ex.launched {
			ex.launched = true
			a.m.startExecutor(ex)
		}
	}
}

func (ex *executor) deliver(b batch) {
	var infos []*mesospb.TaskInfo
	for _, t := range b.tasks {
		t.delivered, ex.hadTask = true, true
		infos = append(infos, t.info)
	}
	if b.group {
		ex.send(&mesospb.ExecutorEvent{
			Type:        mesospb.ExecutorEvent_LAUNCH_GROUP.Enum(),
			LaunchGroup: &mesospb.ExecutorEvent_LaunchGroup{TaskGroup: &mesospb.TaskGroupInfo{Tasks: infos}},
		})
		return
	}
	for _, info := range infos {
		ex.send(&mesospb.ExecutorEvent{
			Type:   mesospb.ExecutorEvent_LAUNCH.Enum(),
			Launch: &mesospb.ExecutorEvent_Launch{Task: info},
		})
	}
}

func (ex *executor) send(e *mesospb.ExecutorEvent) {
	if ex.stream != nil {
		ex.stream.send(e)
	}
}

func (ex *executor) closeStream(how ending) {
	if ex.stream != nil {
		ex.stream.end(how)
		ex.stream = nil
	}
}

// kill carries a KILL out. A task that still waits for its executor is over at
// once; with a group goes the whole group.
func (a *agent) kill(t *task, call *mesospb.SchedulerCall_Kill) {
	ex := t.executor
	if ex.phase == terminating {
		return
	}
	i := slices.IndexFunc(ex.queued, func(b batch) bool { return slices.Contains(b.tasks, t) })
	if i < 0 {
		ex.send(&mesospb.ExecutorEvent{
			Type: mesospb.ExecutorEvent_KILL.Enum(),
			Kill: &mesospb.ExecutorEvent_Kill{TaskId: t.info.TaskId, KillPolicy: call.KillPolicy},
		})
		return
	}
	b := ex.queued[i]
	ex.queued = slices.Delete(ex.queued, i, i+1)
	for _, t := range b.tasks {
		a.own(t, mesospb.TaskState_TASK_KILLED, mesospb.TaskStatus_REASON_TASK_KILLED_DURING_LAUNCH, "Killed before delivery to the executor")
	}
}

// shutdown asks an executor to end, and kills it when its grace is over.
func (ex *executor) shutdown() {
	if ex.phase == terminating {
		return
	}
	ex.phase = terminating
	ex.timeout.stop()
	if !ex.begun { // being fetched: nobody to ask
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

// destroy kills an executor, for which its tasks get v.
func (ex *executor) destroy(v verdict) {
	ex.verdict, ex.phase = &v, terminating
	ex.cancel()
}

// awaitSubscription kills an executor that does not subscribe in time.
func (ex *executor) awaitSubscription(d time.Duration, v verdict) {
	ex.timeout.stop()
	ex.timeout = ex.agent.m.after(d, func() { ex.destroy(v) })
}

// exited is called when nothing of an executor runs any more, or could not be
// started. status is what wait(2) says of it.
func (ex *executor) exited(status int32, problem *verdict) {
	a, m, f := ex.agent, ex.agent.m, ex.framework
	ex.timeout.stop()
	ex.closeStream(closed)
	if !a.running && a.executors[ex.key()] == ex { // it will find out when it is back
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

// mesosDuration writes d as Mesos does: a number and the largest unit that
// keeps it whole.
func mesosDuration(d time.Duration) string {
	for _, u := range []struct {
		name string
		unit time.Duration
	}{{"weeks", 7 * 24 * time.Hour}, {"days", 24 * time.Hour}, {"hrs", time.Hour}, {"mins", time.Minute},
		{"secs", time.Second}, {"ms", time.Millisecond}, {"us", time.Microsecond}} {
		if d != 0 && d%u.unit == 0 {
			return fmt.Sprintf("%d%s", d/u.unit, u.name)
		}
	}
	return strings.TrimSpace(fmt.Sprintf("%dns", d))
}
