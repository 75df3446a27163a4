package mesostest

import (
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func reconcileCases() []testCase {
	return []testCase{
		{"explicit reconciliation", "a task that is known is answered with its latest state whatever agent is named; an unknown one by what is known of the agent", explicitReconciliation},
		{"implicit reconciliation", "naming no task asks for all that live", implicitReconciliation},
	}
}

func explicitReconciliation(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	o := s.offer()
	s.must(accept(0, []*mesospb.Offer{o}, target.task(o, "r1", "ex-rec", running())))
	s.status("r1", mesospb.TaskState_TASK_RUNNING)
	for _, c := range []struct {
		task  string
		agent *mesospb.AgentID
		want  mesospb.TaskState
	}{
		{"r1", o.AgentId, mesospb.TaskState_TASK_RUNNING},
		{"r1", nil, mesospb.TaskState_TASK_RUNNING},
		{"r1", agentID("no-such-agent"), mesospb.TaskState_TASK_RUNNING},
		{"r2", o.AgentId, mesospb.TaskState_TASK_GONE},
		{"r2", nil, mesospb.TaskState_TASK_UNKNOWN},
		{"r2", agentID("no-such-agent"), mesospb.TaskState_TASK_UNKNOWN},
	} {
		s.must(reconcile(c.agent, c.task))
		status := s.anyStatus(c.task)
		if status.GetState() != s.release.as(c.want) || status.GetReason() != mesospb.TaskStatus_REASON_RECONCILIATION ||
			status.GetSource() != mesospb.TaskStatus_SOURCE_MASTER || len(status.Uuid) > 0 || len(status.Data) > 0 {
			t.Errorf("%s on %v: %v", c.task, c.agent, status)
		}
	}
}

func implicitReconciliation(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	o := s.offer()
	s.must(accept(0, []*mesospb.Offer{o},
		target.task(o, "i1", "ex-imp", running()), target.task(o, "i2", "ex-imp", plan{}), target.task(o, "i3", "ex-imp", finishing())))
	s.status("i1", mesospb.TaskState_TASK_RUNNING)
	s.status("i3", mesospb.TaskState_TASK_FINISHED)
	s.must(reconcile(nil))
	s.must(reconcile(nil, "marker"))
	got := map[string]mesospb.TaskState{}
	s.until("marker", func(e *mesospb.SchedulerEvent) bool {
		u := e.GetUpdate().GetStatus()
		if u.GetReason() == mesospb.TaskStatus_REASON_RECONCILIATION {
			got[u.TaskId.GetValue()] = u.GetState()
		}
		return u.GetTaskId().GetValue() == "marker"
	})
	delete(got, "marker")
	if len(got) != 2 || got["i1"] != mesospb.TaskState_TASK_RUNNING || got["i2"] != mesospb.TaskState_TASK_STAGING {
		t.Errorf("got %v", got)
	}
}
