package mesostest

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func updateCases() []testCase {
	return []testCase{
		{"one at a time", "the next status of a task waits for the acknowledgement of the one before, which is sent again until then", oneAtATime},
		{"wrong acknowledgements", "an acknowledgement of another task, agent or uuid is accepted and changes nothing", wrongAcknowledgements},
		{"everything is forwarded", "also statuses after the end and of tasks that were never launched come, with a uuid", everythingForwarded},
	}
}

func acknowledgement(status *mesospb.TaskStatus) *mesospb.SchedulerCall {
	return &mesospb.SchedulerCall{Type: mesospb.SchedulerCall_ACKNOWLEDGE.Enum(), Acknowledge: &mesospb.SchedulerCall_Acknowledge{
		AgentId: status.AgentId, TaskId: status.TaskId, Uuid: status.Uuid}}
}

func oneAtATime(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	s.auto = false
	o := s.offer()
	s.must(accept(0, []*mesospb.Offer{o}, target.task(o, "slow", "ex-slow", finishing())))
	first := s.anyStatus("slow")
	if first.GetState() != mesospb.TaskState_TASK_RUNNING {
		t.Fatalf("the first status is %v", first)
	}
	again := s.anyStatus("slow")
	if again.GetState() != mesospb.TaskState_TASK_RUNNING || !bytes.Equal(first.Uuid, again.Uuid) {
		t.Fatalf("the second status is %v", again)
	}
	s.must(reconcile(nil))
	s.until("its reconciliation", func(e *mesospb.SchedulerEvent) bool {
		u := e.GetUpdate().GetStatus()
		return u.GetTaskId().GetValue() == "slow" && len(u.Uuid) == 0 && u.GetState() == mesospb.TaskState_TASK_RUNNING
	})
	s.must(acknowledgement(first))
	finished := s.status("slow", mesospb.TaskState_TASK_FINISHED)
	s.must(acknowledgement(finished))
	s.must(acknowledgement(finished)) // repeating it is not an error
}

func wrongAcknowledgements(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	s.auto = false
	o := s.offer()
	s.must(accept(0, []*mesospb.Offer{o}, target.task(o, "ack", "ex-ack", finishing())))
	status := s.anyStatus("ack")
	for _, change := range []func(*mesospb.SchedulerCall_Acknowledge){
		func(a *mesospb.SchedulerCall_Acknowledge) { id := uuid.New(); a.Uuid = id[:] },
		func(a *mesospb.SchedulerCall_Acknowledge) { a.TaskId = taskID("other") },
		func(a *mesospb.SchedulerCall_Acknowledge) { a.AgentId = agentID("other") },
	} {
		c := acknowledgement(status)
		change(c.Acknowledge)
		s.must(c)
	}
	if again := s.anyStatus("ack"); !bytes.Equal(again.Uuid, status.Uuid) {
		t.Errorf("went on to %v", again)
	}
}

func everythingForwarded(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	o := s.offer()
	s.must(accept(0, []*mesospb.Offer{o}, target.task(o, "ended", "ex-talk", finishing()), target.task(o, "stays", "ex-talk", running())))
	s.status("ended", mesospb.TaskState_TASK_FINISHED)
	// One at a time: updates of different tasks arrive in any order.
	for _, want := range []struct {
		task  string
		state mesospb.TaskState
	}{{"ended", mesospb.TaskState_TASK_FAILED}, {"ended", mesospb.TaskState_TASK_RUNNING}, {"ghost", mesospb.TaskState_TASK_RUNNING}} {
		s.must(message("ex-talk", o.AgentId, fmt.Sprintf("send %s %s", want.task, want.state)))
		if status := s.status(want.task, want.state); len(status.Uuid) != 16 {
			t.Errorf("%v", status)
		}
	}
	if status, _ := s.call(simple(mesospb.SchedulerCall_REVIVE)); status != http.StatusAccepted {
		t.Error(status)
	}
}
