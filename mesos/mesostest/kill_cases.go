package mesostest

import (
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func killCases() []testCase {
	return []testCase{
		{"kill", "a task is killed with or without its agent named, and a KILL with another agent is nothing", killed},
		{"kill of the unknown", "a KILL of a task that is not known, or no more, is answered like a reconciliation", killUnknown},
		{"kill before delivery", "a task that still waits for its executor is over at once, and the executor never hears of it", killQueued},
	}
}

func killed(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	o := s.offer()
	s.must(accept(0, []*mesospb.Offer{o}, target.task(o, "k1", "ex-kill", running()), target.task(o, "k2", "ex-kill", running())))
	s.status("k1", mesospb.TaskState_TASK_RUNNING)
	s.must(kill("k1", agentID("no-such-agent")))
	s.must(kill("k2", nil))
	s.status("k2", mesospb.TaskState_TASK_KILLED)
	s.must(reconcile(o.AgentId, "k1"))
	if status := s.anyStatus("k1"); status.GetState() != mesospb.TaskState_TASK_RUNNING {
		t.Errorf("after a KILL with a wrong agent: %v", status)
	}
	s.must(kill("k1", o.AgentId))
	s.status("k1", mesospb.TaskState_TASK_KILLED)
}

func killUnknown(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	o := s.offer()
	s.must(accept(0, []*mesospb.Offer{o}, target.task(o, "over", "ex-over", finishing())))
	s.status("over", mesospb.TaskState_TASK_FINISHED)
	for _, c := range []struct {
		task  string
		agent *mesospb.AgentID
		want  mesospb.TaskState
	}{
		{"over", o.AgentId, mesospb.TaskState_TASK_GONE},
		{"never", o.AgentId, mesospb.TaskState_TASK_GONE},
		{"never", nil, mesospb.TaskState_TASK_UNKNOWN},
		{"never", agentID("no-such-agent"), mesospb.TaskState_TASK_UNKNOWN},
	} {
		s.must(kill(c.task, c.agent))
		status := s.anyStatus(c.task)
		if status.GetState() != s.release.as(c.want) || status.GetReason() != mesospb.TaskStatus_REASON_RECONCILIATION || len(status.Uuid) > 0 {
			t.Errorf("%s on %v: %v", c.task, c.agent, status)
		}
	}
}

func killQueued(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	o := s.offer()
	info := target.task(o, "queued", "ex-hang", running())
	info.Executor.Command.Environment.Variables[0].Value = proto.String("hang")
	s.must(accept(0, []*mesospb.Offer{o}, info))
	s.must(kill("queued", o.AgentId))
	status := s.anyStatus("queued")
	if status.GetState() != mesospb.TaskState_TASK_KILLED ||
		status.GetSource() != mesospb.TaskStatus_SOURCE_AGENT || len(status.Uuid) != 16 {
		t.Errorf("%v", status)
	}
}
