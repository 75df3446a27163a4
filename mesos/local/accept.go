package local

import (
	"fmt"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// accept uses offers up. Offers that are not all valid drop every task of the
// call, and the valid ones among them go back; otherwise each task is judged on
// its own. What no task uses goes back under the call's filter.
func (m *master) accept(f *framework, call *mesospb.SchedulerCall_Accept) {
	offers, problem := m.offersOf(f, call.OfferIds)
	for _, o := range offers {
		m.takeBack(o)
	}
	if problem != "" {
		m.drop(f, call, mesospb.TaskStatus_REASON_INVALID_OFFERS, "Task launched with invalid offers: "+problem)
		return
	}
	l := &launch{m: m, framework: f, agent: offers[0].agent, role: offers[0].role}
	for _, o := range offers {
		l.left = resources.Add(l.left, o.resources...)
	}
	l.agent.free, _ = resources.Subtract(l.agent.free, l.left)
	for _, op := range call.Operations {
		switch op.GetType() {
		case mesospb.Offer_Operation_LAUNCH:
			for _, info := range op.GetLaunch().GetTaskInfos() {
				l.task(info)
			}
		case mesospb.Offer_Operation_LAUNCH_GROUP:
			l.group(op.GetLaunchGroup())
		}
	}
	l.agent.free = resources.Add(l.agent.free, l.left...)
	m.refuse(f, l.role, l.agent, l.left, call.Filters)
}

// offersOf returns the offers that are f's and there, and what is wrong with
// the list as a whole.
func (m *master) offersOf(f *framework, ids []*mesospb.OfferID) (valid []*offer, problem string) {
	complain := func(format string, args ...any) {
		if problem == "" {
			problem = fmt.Sprintf(format, args...)
		}
	}
	if len(ids) == 0 {
		complain("No offers specified")
	}
	seen := map[string]bool{}
	for _, id := range ids {
		o := m.offers[id.GetValue()]
		switch {
		case seen[id.GetValue()]:
			complain("Duplicate offer %s in offer list", id.GetValue())
			continue
		case o == nil || o.framework != f:
			complain("Offer %s is no longer valid", id.GetValue())
			continue
		case len(valid) > 0 && valid[0].agent != o.agent:
			complain("Aggregated offers must belong to one single agent. Offer %s uses agent %s and agent %s", o.id, o.agent.id, valid[0].agent.id)
		case len(valid) > 0 && valid[0].role != o.role:
			complain("Aggregated offers must be allocated to the same role. Offer %s uses role %s but another is using role %s", o.id, o.role, valid[0].role)
		}
		seen[id.GetValue()] = true
		valid = append(valid, o)
	}
	return valid, problem
}

// drop tells that no task of a call has been launched.
func (m *master) drop(f *framework, call *mesospb.SchedulerCall_Accept, reason mesospb.TaskStatus_Reason, text string) {
	for _, op := range call.Operations {
		infos := op.GetLaunch().GetTaskInfos()
		if op.GetType() == mesospb.Offer_Operation_LAUNCH_GROUP {
			infos = op.GetLaunchGroup().GetTaskGroup().GetTasks()
		}
		for _, info := range infos {
			m.tell(f, info, f.lost(mesospb.TaskState_TASK_DROPPED), reason, text)
		}
	}
}

// tell sends a status of the master's own about a task that is not launched. It
// has no uuid: nobody waits for an acknowledgement.
func (m *master) tell(f *framework, info *mesospb.TaskInfo, s mesospb.TaskState, reason mesospb.TaskStatus_Reason, text string) {
	m.update(f, &mesospb.TaskStatus{
		TaskId: info.TaskId, AgentId: info.AgentId, State: &s,
		Source: mesospb.TaskStatus_SOURCE_MASTER.Enum(), Reason: &reason, Message: &text, Timestamp: now(),
	})
}

// launch is an ACCEPT being carried out: what is left of its offers after each task.
type launch struct {
	m         *master
	framework *framework
	agent     *agent
	role      string
	left      []*mesospb.Resource
}

// task launches one task, or tells why not.
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

// admit judges a task and, when it is good, takes its resources, and those of
// its executor unless that runs already.
func (l *launch) admit(info *mesospb.TaskInfo, executor *mesospb.ExecutorInfo) (*task, string) {
	info = proto.Clone(info).(*mesospb.TaskInfo)
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
