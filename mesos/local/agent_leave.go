package local

import "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"

// unregister ends the agent for good in an orderly way: executors are shut down, but
// their last messages are no longer heard.
func (a *agent) unregister(byOperator bool) {
	text := "Agent " + a.hostname + " removed: the agent unregistered"
	lost, reason := mesospb.TaskState_TASK_GONE, mesospb.TaskStatus_REASON_AGENT_REMOVED
	if byOperator {
		lost, text = mesospb.TaskState_TASK_GONE_BY_OPERATOR, "Agent "+a.hostname+" removed: marked as gone"
		a.m.gone[a.id] = true
	}
	for _, o := range inOrder(a.offers) {
		a.m.rescind(o)
	}
	a.connected = false
	for _, f := range a.m.order {
		state, why := f.lost(lost), reason
		if byOperator && f.partitionAware() {
			why = mesospb.TaskStatus_REASON_AGENT_REMOVED_BY_OPERATOR
		}
		a.loseTasks(f, state, why, text)
		a.removeFramework(f)
		a.orphan(f)
	}
	a.announceLoss()
	a.timeout.stop()
	delete(a.m.agentOf, a.id)
	a.id, a.removed, a.upkeep = "", false, upkeep{}
}
