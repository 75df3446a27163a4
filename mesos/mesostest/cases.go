package mesostest

import (
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func cases() []testCase {
	return []testCase{
		{"life of a task", "a task launched on an offer reaches its executor, and its statuses the scheduler, in order", lifeOfTask},
	}
}

func lifeOfTask(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	o := s.offer()
	s.must(accept(0, []*mesospb.Offer{o}, target.task(o, "life", "ex-life", running())))
	status := s.status("life", mesospb.TaskState_TASK_RUNNING)
	if status.GetSource() != mesospb.TaskStatus_SOURCE_EXECUTOR || len(status.Uuid) != 16 || status.ExecutorId.GetValue() != "ex-life" {
		t.Errorf("the status is %v", status)
	}
	s.must(kill("life", o.AgentId))
	s.status("life", mesospb.TaskState_TASK_KILLED)
}
