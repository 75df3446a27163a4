package local

import (
	"fmt"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// launch is an ACCEPT being carried out: the rest of its offers after each task.
type launch struct {
	m         *master
	framework *framework
	agent     *agent
	role      string
	left      []*mesospb.Resource
}

// task launches one task, or reports why not.
func (l *launch) task(info *mesospb.TaskInfo) {
	t, problem := l.admit(info, info.Executor)
	if problem != "" {
		l.m.tell(l.framework, info, mesospb.TaskState_TASK_ERROR, mesospb.TaskStatus_REASON_TASK_INVALID, problem)
		return
	}
	l.agent.tell(func() { l.agent.launch([]*task{t}, false) })
}

// group launches all tasks of a group, or none.
func (l *launch) group(g *mesospb.Offer_Operation_LaunchGroup) {
	if g == nil {
		return
	}
	before := l.left
	var tasks []*task
	for _, info := range g.TaskGroup.Tasks {
		info = proto.Clone(info).(*mesospb.TaskInfo)
		info.Executor = g.Executor
		t, problem := l.admit(info, g.Executor)
		if problem == "" {
			tasks = append(tasks, t)
			continue
		}
		l.left = before
		for _, t := range tasks {
			l.m.forget(t)
		}
		l.agent.discardUnused(l.framework, g.Executor)
		for _, each := range g.TaskGroup.Tasks {
			l.m.tell(l.framework, each, mesospb.TaskState_TASK_ERROR, mesospb.TaskStatus_REASON_TASK_GROUP_INVALID,
				fmt.Sprintf("Task '%s' is invalid: %s", info.TaskId.GetValue(), problem))
		}
		return
	}
	if len(tasks) > 0 {
		l.agent.tell(func() { l.agent.launch(tasks, true) })
	}
}

// admit validates a task and, if it is good, takes its resources, and those of its
// executor unless that is already running.
func (l *launch) admit(info *mesospb.TaskInfo, executor *mesospb.ExecutorInfo) (*task, string) {
	info = proto.Clone(info).(*mesospb.TaskInfo)
	if p := l.m.cfg.launchesNothing(); p != "" {
		return nil, p
	}
	if p := validateTask(info, l.framework, l.agent, l.role); p != "" {
		return nil, p
	}
	ex := l.agent.executors[executorKey{l.framework.id, executor.GetExecutorId().GetValue()}]
	if ex != nil && !sameExecutor(ex.info, info.Executor) {
		return nil, "ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID.\n" +
			"Existing ExecutorInfo:\n" + proto.MarshalTextString(ex.info) + "Task's ExecutorInfo:\n" + proto.MarshalTextString(info.Executor)
	}
	used := resources.Allocated(info.Resources, "")
	all := used
	if ex == nil {
		all = resources.Add(used, resources.Allocated(info.Executor.Resources, "")...)
	}
	left, ok := resources.Subtract(l.left, all)
	if !ok {
		if l.m.cfg.old() {
			return nil, fmt.Sprintf("Task uses more resources %s than available %s", resources.Format(all), resources.Format(l.left))
		}
		return nil, fmt.Sprintf("Total resources %s required by task and its executor is more than available %s",
			resources.Format(all), resources.Format(l.left))
	}
	l.left = left
	info.Resources = resources.Allocated(info.Resources, l.role)
	info.Executor.Resources = resources.Allocated(info.Executor.Resources, l.role)
	info.Executor.FrameworkId = &mesospb.FrameworkID{Value: &l.framework.id}
	if ex == nil {
		ex = l.agent.newExecutor(l.framework, info.Executor)
	}
	t := &task{info: info, framework: l.framework, agent: l.agent, executor: ex, used: used,
		state: mesospb.TaskState_TASK_STAGING, latest: mesospb.TaskState_TASK_STAGING}
	l.m.remember(t)
	return t, ""
}
