package mesostest

import (
	"bytes"
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func failoverCases() []testCase {
	return []testCase{
		{"second subscriber", "the newest subscriber with an id wins; the older gets ERROR and the end of its stream, and its offers are void without a RESCIND", secondSubscriber},
		{"return", "a scheduler that returns within failover_timeout finds its tasks and what it has missed", returns},
		{"failover_timeout", "a framework that stays away longer is removed, and its id stays dead", failoverTimeout},
		{"teardown", "TEARDOWN ends the stream without a word, and everything of the framework", teardown},
	}
}

// again subscribes with the id of s.
func (s *scheduler) again(target Target) *scheduler {
	s.t.Helper()
	info := aware()
	info.Id = &mesospb.FrameworkID{Value: &s.id}
	return subscribe(s.t, target, info)
}

func secondSubscriber(t *testing.T, target Target) {
	old, o := launched(t, target, "f", "ex-fail", running())
	old.auto = false
	old.must(message("ex-fail", o.AgentId, "send f TASK_RUNNING"))
	status := old.status("f", mesospb.TaskState_TASK_RUNNING)
	held := old.offer()
	s := old.again(target)
	events := old.ended()
	if n := len(events); n == 0 || events[n-1].GetError().GetMessage() != "Framework failed over" || !old.clean {
		t.Errorf("the old stream ended with %v", events)
	}
	if same := s.status("f", mesospb.TaskState_TASK_RUNNING); !bytes.Equal(same.Uuid, status.Uuid) {
		t.Errorf("the unacknowledged status came as %v", same)
	}
	if code, text := old.call(simple(mesospb.SchedulerCall_REVIVE)); code != 400 {
		t.Errorf("a call on the old stream: %d %s", code, text)
	}
	s.must(accept(0, []*mesospb.Offer{held}, target.task(held, "f-held", "ex-fail", running())))
	if u := s.anyStatus("f-held"); u.GetReason() != mesospb.TaskStatus_REASON_INVALID_OFFERS {
		t.Errorf("an offer of the old stream: %v", u)
	}
}

func returns(t *testing.T, target Target) {
	old, o := launched(t, target, "r", "ex-ret", running())
	old.must(message("ex-ret", o.AgentId, "send late TASK_RUNNING"))
	old.auto = false
	late := old.status("late", mesospb.TaskState_TASK_RUNNING)
	old.close()
	old.eventually("403 without a subscription", func() bool {
		code, text := old.call(simple(mesospb.SchedulerCall_REVIVE))
		return code == 403 && text == "Framework is not subscribed"
	})
	s := old.again(target)
	if same := s.status("late", mesospb.TaskState_TASK_RUNNING); !bytes.Equal(same.Uuid, late.Uuid) {
		t.Errorf("the missed status came as %v", same)
	}
	s.must(reconcile(o.AgentId, "r"))
	s.status("r", mesospb.TaskState_TASK_RUNNING)
}

func failoverTimeout(t *testing.T, target Target) {
	info := aware()
	info.FailoverTimeout = proto.Float64(0)
	s := subscribe(t, target, info)
	s.close()
	s.eventually("400 for a removed framework", func() bool {
		code, _ := s.call(simple(mesospb.SchedulerCall_REVIVE))
		return code == 400
	})
	s.removed(target)
}

// removed expects that the id of s can no longer subscribe.
func (s *scheduler) removed(target Target) {
	s.t.Helper()
	info := aware()
	info.Id = &mesospb.FrameworkID{Value: &s.id}
	events := open(s.t, target, info).ended()
	if len(events) != 1 || events[0].GetError().GetMessage() != "Framework has been removed" {
		s.t.Errorf("subscribing with a dead id: %v", events)
	}
}

func teardown(t *testing.T, target Target) {
	s, _ := launched(t, target, "t", "ex-tear", running())
	s.must(simple(mesospb.SchedulerCall_TEARDOWN))
	for _, e := range s.ended() {
		if e.GetType() != mesospb.SchedulerEvent_OFFERS {
			t.Errorf("the last words are %v", e)
		}
	}
	if !s.clean {
		t.Error("the stream broke off")
	}
	if code, text := s.call(simple(mesospb.SchedulerCall_TEARDOWN)); code != 400 {
		t.Errorf("a second TEARDOWN: %d %s", code, text)
	}
	s.removed(target)
}
