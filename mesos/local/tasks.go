package local

import (
	"slices"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// task is one that has been launched and whose end is not yet acknowledged.
type task struct {
	info      *mesospb.TaskInfo
	framework *framework
	agent     *agent
	executor  *executor

	used  []*mesospb.Resource // what it holds on its agent; nil once freed
	state mesospb.TaskState   // what the master has been told: the state of the last status forwarded
	last  *mesospb.TaskStatus // that status; nil while STAGING

	latest    mesospb.TaskState // what the agent knows
	received  bool              // the agent has heard of it
	delivered bool              // its LAUNCH has been sent to the executor
	killed    *mesospb.SchedulerCall_Kill

	unreachable time.Time // when its agent was lost
	history     []*mesospb.TaskStatus
}

func terminal(s mesospb.TaskState) bool {
	switch s {
	case mesospb.TaskState_TASK_FINISHED, mesospb.TaskState_TASK_FAILED, mesospb.TaskState_TASK_KILLED,
		mesospb.TaskState_TASK_ERROR, mesospb.TaskState_TASK_LOST, mesospb.TaskState_TASK_DROPPED,
		mesospb.TaskState_TASK_GONE, mesospb.TaskState_TASK_GONE_BY_OPERATOR:
		return true
	}
	return false
}

func (t *task) id() string { return t.info.TaskId.GetValue() }

// remember adds a task to its framework and its executor.
func (t *task) remember() {
	t.framework.tasks.add(t)
	t.executor.tasks = append(t.executor.tasks, t)
}

// free gives a task's resources back to its agent, once.
func (t *task) free() {
	if t.used != nil && !t.agent.link.removed {
		t.agent.capacity.give(t.used)
	}
	t.agent.reservations.disk.Unlink(t.executor.directory, t.used)
	t.used = nil
}

// forget undoes a launch that nothing has been heard of yet; the caller now owns its
// resources.
func (t *task) forget() {
	t.used = nil
	t.framework.tasks.remove(t)
	t.executor.tasks = slices.DeleteFunc(t.executor.tasks, func(x *task) bool { return x == t })
}

// remove moves a task whose end everyone knows to the finished ones.
func (t *task) remove() {
	t.free()
	t.forget()
	t.framework.tasks.finish(t)
}

// changed returns one of the master's own statuses about a launched task.
func (t *task) changed(s mesospb.TaskState, reason mesospb.TaskStatus_Reason, text string) *mesospb.TaskStatus {
	status := &mesospb.TaskStatus{
		TaskId: t.info.TaskId, AgentId: t.info.AgentId, ExecutorId: t.info.Executor.ExecutorId, State: &s,
		Source: mesospb.TaskStatus_SOURCE_MASTER.Enum(), Reason: &reason, Message: &text, Timestamp: now(),
	}
	if !t.unreachable.IsZero() {
		status.UnreachableTime = &mesospb.TimeInfo{Nanoseconds: proto.Int64(t.unreachable.UnixNano())}
	}
	if t.last != nil && reason == mesospb.TaskStatus_REASON_AGENT_REREGISTERED {
		status.ContainerStatus = t.last.ContainerStatus
	}
	return status
}

// maxFinished tasks of each framework are kept for the pages.
const maxFinished = 1000

// taskSet holds the tasks of a framework.
type taskSet struct {
	byID     map[string]*task
	order    []*task
	finished []*task // the last ones, for the pages
}

func newTaskSet() *taskSet { return &taskSet{byID: map[string]*task{}} }

func (ts *taskSet) add(t *task) {
	ts.byID[t.id()] = t
	ts.order = append(ts.order, t)
}

func (ts *taskSet) remove(t *task) {
	delete(ts.byID, t.id())
	ts.order = slices.DeleteFunc(ts.order, func(x *task) bool { return x == t })
}

func (ts *taskSet) finish(t *task) {
	ts.finished = append(ts.finished, t)
	if n := len(ts.finished); n > maxFinished {
		ts.finished = slices.Clone(ts.finished[n-maxFinished:])
	}
}

// on returns the tasks on an agent; the set may change while they are gone through.
func (ts *taskSet) on(a *agent) []*task {
	var out []*task
	for _, t := range ts.order {
		if t.agent == a {
			out = append(out, t)
		}
	}
	return out
}

// now returns the time as Mesos writes it into statuses.
func now() *float64 {
	return proto.Float64(float64(time.Now().UnixMicro()) / 1e6)
}
