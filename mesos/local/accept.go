package local

import (
	"fmt"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// accept uses offers. If not all are valid, every task of the call is dropped and
// the valid offers go back; otherwise each task is judged on its own. Whatever no
// task uses goes back under the call's filter.
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

// offersOf returns the existing offers that belong to f, and what is wrong with the
// list as a whole.
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

// drop tells the framework that none of a call's tasks has been launched.
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

// tell sends one of the master's own statuses about a task that is not launched. It
// has no uuid: nothing waits for an acknowledgement.
func (m *master) tell(f *framework, info *mesospb.TaskInfo, s mesospb.TaskState, reason mesospb.TaskStatus_Reason, text string) {
	m.update(f, &mesospb.TaskStatus{
		TaskId: info.TaskId, AgentId: info.AgentId, State: &s,
		Source: mesospb.TaskStatus_SOURCE_MASTER.Enum(), Reason: &reason, Message: &text, Timestamp: now(),
	})
}
