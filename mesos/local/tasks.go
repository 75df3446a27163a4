package local

import (
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
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

// maxFinished tasks of each framework are kept for the pages.
const maxFinished = 1000

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

func (m *master) remember(t *task) {
	t.framework.tasks[t.id()] = t
	t.framework.taskOrder = append(t.framework.taskOrder, t)
	t.executor.tasks = append(t.executor.tasks, t)
}

// free gives a task's resources back to its agent, once.
func (t *task) free() {
	if t.used != nil && !t.agent.removed {
		t.agent.free = resources.Add(t.agent.free, t.used...)
	}
	t.used = nil
}

// forget undoes a launch that nothing has been heard of yet; the caller now owns its
// resources.
func (m *master) forget(t *task) {
	t.used = nil
	f := t.framework
	delete(f.tasks, t.id())
	f.taskOrder = slices.DeleteFunc(f.taskOrder, func(x *task) bool { return x == t })
	t.executor.tasks = slices.DeleteFunc(t.executor.tasks, func(x *task) bool { return x == t })
}

// removeTask moves a task whose end everyone knows to the finished ones.
func (m *master) removeTask(t *task) {
	t.free()
	m.forget(t)
	f := t.framework
	f.finished = append(f.finished, t)
	if n := len(f.finished); n > maxFinished {
		f.finished = slices.Clone(f.finished[n-maxFinished:])
	}
}
