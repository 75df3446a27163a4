package local

import (
	"fmt"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// accept uses offers. If not all are valid, every task and operation of the call is
// dropped and the valid offers go back; otherwise each is judged on its own, in order, so
// that a task may use what an operation before it has made. Whatever no task uses goes
// back under the call's filter.
func (m *master) accept(f *framework, call *mesospb.SchedulerCall_Accept) {
	offers, problem := m.offers.held(f, call.OfferIds)
	for _, o := range offers {
		m.offers.takeBack(o)
	}
	if problem != "" {
		drop(f, call, mesospb.TaskStatus_REASON_INVALID_OFFERS, "Task launched with invalid offers: "+problem)
		return
	}
	l := &launch{old: m.cfg.old(), refusal: m.cfg.launchesNothing(), framework: f, agent: offers[0].agent, role: offers[0].role}
	for _, o := range offers {
		l.left = resources.Add(l.left, o.resources...)
	}
	l.agent.capacity.take(l.left)
	for _, op := range call.Operations {
		switch op.GetType() {
		case mesospb.Offer_Operation_LAUNCH:
			l.named = op.Id != nil
			for _, info := range op.GetLaunch().GetTaskInfos() {
				l.task(info)
			}
		case mesospb.Offer_Operation_LAUNCH_GROUP:
			l.named = op.Id != nil
			l.group(op.GetLaunchGroup())
		default:
			l.operate(op, f.info.GetPrincipal())
		}
	}
	l.agent.capacity.give(l.left)
	m.offers.refuse(f, l.role, l.agent, l.left, call.Filters)
}

// drop tells the framework that nothing of a call has been done.
func drop(f *framework, call *mesospb.SchedulerCall_Accept, reason mesospb.TaskStatus_Reason, text string) {
	for _, op := range call.Operations {
		infos := op.GetLaunch().GetTaskInfos()
		if op.GetType() == mesospb.Offer_Operation_LAUNCH_GROUP {
			infos = op.GetLaunchGroup().GetTaskGroup().GetTasks()
		}
		for _, info := range infos {
			refuseTask(f, info, f.lost(mesospb.TaskState_TASK_DROPPED), reason, text)
		}
		f.dropOperation(op, text)
	}
}

// refuseTask sends one of the master's own statuses about a task that is not launched. It
// has no uuid: nothing waits for an acknowledgement.
func refuseTask(f *framework, info *mesospb.TaskInfo, s mesospb.TaskState, reason mesospb.TaskStatus_Reason, text string) {
	f.update(&mesospb.TaskStatus{
		TaskId: info.TaskId, AgentId: info.AgentId, State: &s,
		Source: mesospb.TaskStatus_SOURCE_MASTER.Enum(), Reason: &reason, Message: &text, Timestamp: now(),
	})
}

// launch is an ACCEPT being carried out: the rest of its offers after each task.
type launch struct {
	old       bool   // release 1.0 is imitated
	refusal   string // why nothing may be started; "": it may
	framework *framework
	agent     *agent
	role      string
	named     bool // the operation has an id, which launches must not have
	left      []*mesospb.Resource
}

// task launches one task, or reports why not.
func (l *launch) task(info *mesospb.TaskInfo) {
	t, problem := l.admit(info, info.Executor)
	if problem != "" {
		refuseTask(l.framework, info, mesospb.TaskState_TASK_ERROR, mesospb.TaskStatus_REASON_TASK_INVALID, problem)
		return
	}
	l.agent.link.tell(func() { l.agent.executors.launch([]*task{t}, false) })
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
			t.forget()
		}
		l.agent.executors.discardUnused(l.framework, g.Executor)
		for _, each := range g.TaskGroup.Tasks {
			refuseTask(l.framework, each, mesospb.TaskState_TASK_ERROR, mesospb.TaskStatus_REASON_TASK_GROUP_INVALID,
				fmt.Sprintf("Task '%s' is invalid: %s", info.TaskId.GetValue(), problem))
		}
		return
	}
	if len(tasks) > 0 {
		l.agent.link.tell(func() { l.agent.executors.launch(tasks, true) })
	}
}

// admit validates a task and, if it is good, takes its resources, and those of its
// executor unless that is already running.
func (l *launch) admit(info *mesospb.TaskInfo, executor *mesospb.ExecutorInfo) (*task, string) {
	info = proto.Clone(info).(*mesospb.TaskInfo)
	if l.refusal != "" {
		return nil, l.refusal
	}
	if l.named {
		return nil, "Operation ID cannot be set for LAUNCH operations"
	}
	place := validate.Place{Framework: l.framework.id, Agent: l.agent.id, Role: l.role, Taken: l.framework.tasks.byID[info.TaskId.GetValue()] != nil}
	if p := validate.Task(info, place); p != "" {
		return nil, p
	}
	ex := l.agent.executors.byKey[executorKey{l.framework.id, executor.GetExecutorId().GetValue()}]
	if ex != nil && !validate.SameExecutor(ex.info, info.Executor) {
		return nil, "ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID.\n" +
			"Existing ExecutorInfo:\n" + proto.MarshalTextString(ex.info) + "Task's ExecutorInfo:\n" + proto.MarshalTextString(info.Executor)
	}
	used := resources.AllRefined(resources.Allocated(info.Resources, ""))
	all := used
	if ex == nil {
		all = resources.Add(used, resources.Allocated(info.Executor.Resources, "")...)
	}
	left, ok := resources.Subtract(l.left, all)
	if !ok {
		if l.old {
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
		ex = l.agent.executors.create(l.framework, info.Executor)
	}
	t := &task{info: info, framework: l.framework, agent: l.agent, executor: ex, used: used,
		state: mesospb.TaskState_TASK_STAGING, latest: mesospb.TaskState_TASK_STAGING}
	t.remember()
	return t, ""
}
