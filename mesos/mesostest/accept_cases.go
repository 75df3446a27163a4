package mesostest

import (
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func acceptCases() []testCase {
	return []testCase{
		{"life of a task", "a task launched on an offer reaches its executor, and its statuses the scheduler", lifeOfTask},
		{"invalid offers", "one offer that is not valid drops every task of the ACCEPT, without a uuid to acknowledge, and valid ones go back", invalidOffers},
		{"not aware of partitions", "a framework that is not PARTITION_AWARE is told TASK_LOST where others are told more", notAware},
		{"nothing to launch", "an ACCEPT without tasks gives the offers back", nothingToLaunch},
		{"what is left", "resources not used come back; those of a running executor are paid once, and later offers name it", whatIsLeft},
		{"ports", "a port given to a task is not offered again before its end", portsOnce},
		{"task group", "a LAUNCH_GROUP reaches a custom executor whole", since(1, 1, taskGroup)},
	}
}

func lifeOfTask(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	o := s.offer()
	s.must(accept(0, []*mesospb.Offer{o}, target.task(o, "life", "ex-life", running())))
	status := s.status("life", mesospb.TaskState_TASK_RUNNING)
	if status.GetSource() != mesospb.TaskStatus_SOURCE_EXECUTOR || len(status.Uuid) != 16 ||
		status.AgentId.GetValue() != o.AgentId.GetValue() || status.GetTimestamp() == 0 {
		t.Errorf("the status is %v", status)
	}
	s.must(kill("life", o.AgentId))
	s.status("life", mesospb.TaskState_TASK_KILLED)
}

func invalidOffers(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	unknown := &mesospb.Offer{Id: &mesospb.OfferID{Value: proto.String("no-such-offer")}}
	used := s.offer()
	s.must(decline(new(float64), used))
	for _, c := range []struct {
		name   string
		offers func(good *mesospb.Offer) []*mesospb.Offer
	}{
		{"unknown", func(*mesospb.Offer) []*mesospb.Offer { return []*mesospb.Offer{unknown} }},
		{"used", func(*mesospb.Offer) []*mesospb.Offer { return []*mesospb.Offer{used} }},
		{"none", func(*mesospb.Offer) []*mesospb.Offer { return nil }},
		{"twice", func(o *mesospb.Offer) []*mesospb.Offer { return []*mesospb.Offer{o, o} }},
		{"mixed", func(o *mesospb.Offer) []*mesospb.Offer { return []*mesospb.Offer{o, unknown} }},
	} {
		good := s.offer()
		s.must(accept(0, c.offers(good), target.task(good, "t-"+c.name, "ex", running())))
		status := s.anyStatus("t-" + c.name)
		if status.GetState() != s.release.as(mesospb.TaskState_TASK_DROPPED) || status.GetReason() != mesospb.TaskStatus_REASON_INVALID_OFFERS ||
			status.GetSource() != mesospb.TaskStatus_SOURCE_MASTER || len(status.Uuid) > 0 {
			t.Errorf("%s: %v", c.name, status)
		}
		s.call(decline(new(float64), good)) // whether it was used up or not
	}
}

func notAware(t *testing.T, target Target) {
	s := subscribe(t, target, framework())
	o := s.offer()
	s.must(accept(0, nil, target.task(o, "not-aware", "ex", running())))
	if status := s.anyStatus("not-aware"); status.GetState() != mesospb.TaskState_TASK_LOST || status.GetReason() != mesospb.TaskStatus_REASON_INVALID_OFFERS {
		t.Errorf("%v", status)
	}
	s.must(kill("never-was", o.AgentId))
	if status := s.anyStatus("never-was"); status.GetState() != mesospb.TaskState_TASK_LOST {
		t.Errorf("%v", status)
	}
}

func nothingToLaunch(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	s.must(accept(0, []*mesospb.Offer{s.offer()}))
	o := s.offer()
	c := accept(0, []*mesospb.Offer{o})
	c.Accept.Operations = []*mesospb.Offer_Operation{{Type: mesospb.Offer_Operation_LAUNCH.Enum()}}
	s.must(c)
	s.offer()
}

func whatIsLeft(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	o := s.offerWith(0.5)
	all := amount(o, "cpus")
	s.must(accept(0, []*mesospb.Offer{o}, target.task(o, "one", "ex-left", running())))
	s.status("one", mesospb.TaskState_TASK_RUNNING)
	rest := s.offerOf(o.AgentId)
	if got := all - amount(rest, "cpus"); got < 0.199 || got > 0.201 { // 0.1 for the task, 0.1 for its executor
		t.Errorf("%v cpus are gone", got)
	}
	if len(rest.ExecutorIds) != 1 || rest.ExecutorIds[0].GetValue() != "ex-left" {
		t.Errorf("executors %v", rest.ExecutorIds)
	}
	s.must(accept(0, []*mesospb.Offer{rest}, target.task(rest, "two", "ex-left", running())))
	s.status("two", mesospb.TaskState_TASK_RUNNING)
	rest = s.offerOf(o.AgentId)
	if got := all - amount(rest, "cpus"); got < 0.299 || got > 0.301 {
		t.Errorf("%v cpus are gone", got)
	}
}

// offerOf waits for an offer from that agent.
func (s *scheduler) offerOf(agent *mesospb.AgentID) *mesospb.Offer {
	s.t.Helper()
	for {
		if o := s.offer(); o.AgentId.GetValue() == agent.GetValue() {
			return o
		}
	}
}

func portsOnce(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	o := s.offer()
	port := firstPort(o)
	if port == 0 {
		t.Fatal("the agent offers no ports")
	}
	with := target.task(o, "port", "ex-port", running())
	with.Resources = append(with.Resources, ports(port, port))
	twice := target.task(o, "port-twice", "ex-port", running())
	twice.Resources = append(twice.Resources, ports(port, port))
	s.must(accept(0, []*mesospb.Offer{o}, with, twice))
	if status := s.anyStatus("port-twice"); status.GetState() != mesospb.TaskState_TASK_ERROR {
		t.Errorf("the second task with that port: %v", status)
	}
	s.status("port", mesospb.TaskState_TASK_RUNNING)
	if rest := s.offerOf(o.AgentId); hasPort(rest, port) {
		t.Errorf("port %d is offered again", port)
	} else {
		s.must(decline(new(float64), rest))
	}
	s.must(kill("port", nil))
	s.status("port", mesospb.TaskState_TASK_KILLED)
	for {
		rest := s.offerOf(o.AgentId)
		if hasPort(rest, port) {
			return
		}
		s.must(decline(new(float64), rest))
	}
}

func taskGroup(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	o := s.offer()
	ex := target.Executor("ex-group")
	ex.FrameworkId = &mesospb.FrameworkID{Value: &s.id}
	ex.Resources = append(ex.Resources, scalar("disk", 1))
	a, b := target.task(o, "group-a", "", running()), target.task(o, "group-b", "", running())
	a.Executor, b.Executor = nil, nil
	c := accept(0, []*mesospb.Offer{o})
	c.Accept.Operations = []*mesospb.Offer_Operation{{Type: mesospb.Offer_Operation_LAUNCH_GROUP.Enum(),
		LaunchGroup: &mesospb.Offer_Operation_LaunchGroup{Executor: ex, TaskGroup: &mesospb.TaskGroupInfo{Tasks: []*mesospb.TaskInfo{a, b}}}}}
	s.must(c)
	seen := map[string]bool{}
	for len(seen) < 2 {
		u := s.until("both running", func(e *mesospb.SchedulerEvent) bool { return e.GetType() == mesospb.SchedulerEvent_UPDATE }).Update.Status
		if u.GetState() != mesospb.TaskState_TASK_RUNNING {
			t.Fatalf("%v", u)
		}
		seen[u.TaskId.GetValue()] = true
	}
}
