package mesostest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func executorCases() []testCase {
	return []testCase{
		{"messages", "data travels unchanged both ways, also when it is empty; without an executor it is lost", messages},
		{"environment", "an executor finds what it needs in its environment, and nothing of the agent's own", environment},
		{"executor exits", "when an executor ends, FAILURE with its wait status comes first, then TASK_FAILED for each of its tasks", executorExits},
		{"executor is killed", "the same when a signal ends it", executorIsKilled},
		{"last word", "a status sent right before the executor ends is not lost", lastWord},
		{"shutdown", "SHUTDOWN lets an executor end its tasks and itself", shutdownExecutor},
		{"stubborn executor", "one that ignores SHUTDOWN is killed when its grace is over", stubbornExecutor},
		{"fetch fails", "what cannot be fetched fails the task, with the reason", fetchFails},
		{"subscribe again", "an executor that subscribes again goes on; a task that it then does not know is dropped", subscribeAgain},
		{"second SUBSCRIBE", "an executor that subscribes while it is subscribed goes on by the new stream, and no task is launched again", subscribeTwice},
	}
}

// launched subscribes and runs a task with that plan on an executor.
func launched(t *testing.T, target Target, task, executor string, p plan) (*scheduler, *mesospb.Offer) {
	t.Helper()
	s := subscribe(t, target, aware())
	o := s.offer()
	s.must(accept(0, []*mesospb.Offer{o}, target.task(o, task, executor, p)))
	if len(p.States) > 0 {
		s.status(task, p.States[0])
	}
	return s, o
}

// reply waits for the executor's next message.
func (s *scheduler) reply() string {
	s.t.Helper()
	e := s.until("message", func(e *mesospb.SchedulerEvent) bool { return e.GetType() == mesospb.SchedulerEvent_MESSAGE })
	return string(e.Message.Data)
}

func messages(t *testing.T, target Target) {
	s, o := launched(t, target, "m", "ex-msg", running())
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	s.must(message("no-such-executor", o.AgentId, "x"))
	s.must(message("ex-msg", agentID("no-such-agent"), "x"))
	for _, data := range [][]byte{append([]byte("x"), all...), {}} {
		s.must(message("ex-msg", o.AgentId, string(data)))
		if got := s.reply(); !bytes.Equal([]byte(got), data) {
			t.Errorf("sent %q, got %q", data, got)
		}
	}
}

func environment(t *testing.T, target Target) {
	s, o := launched(t, target, "e", "ex-env", running())
	s.must(message("ex-env", o.AgentId, "env"))
	env := map[string]string{}
	for _, line := range strings.Split(s.reply(), "\n") {
		name, value, _ := strings.Cut(line, "=")
		env[name] = value
	}
	for name, want := range map[string]string{
		"MESOS_FRAMEWORK_ID": s.id, "MESOS_EXECUTOR_ID": "ex-env", "MESOS_SLAVE_ID": o.AgentId.GetValue(),
		"MESOS_CHECKPOINT": "1", programVariable: "1", "MESOS_DIRECTORY": env["PWD"], "MESOS_SANDBOX": env["PWD"],
	} {
		if env[name] != want {
			t.Errorf("%s is %q, not %q", name, env[name], want)
		}
	}
	for _, name := range []string{"MESOS_AGENT_ENDPOINT", "MESOS_SLAVE_PID", "MESOS_RECOVERY_TIMEOUT", "MESOS_SUBSCRIPTION_BACKOFF_MAX", "MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", "PATH"} {
		if env[name] == "" {
			t.Errorf("there is no %s", name)
		}
	}
	if env["HOME"] != "" {
		t.Error("the agent's environment is inherited")
	}
}

func executorExits(t *testing.T, target Target) {
	s, o := launched(t, target, "x1", "ex-exit", running())
	rest := s.offerOf(o.AgentId)
	s.must(accept(0, []*mesospb.Offer{rest}, target.task(rest, "x2", "ex-exit", plan{Exit: proto.Int32(3)})))
	s.failed("ex-exit", 3<<8, "x1", "x2")
}

// failed expects FAILURE, then the end of all given tasks.
func (s *scheduler) failed(executor string, status int32, tasks ...string) {
	s.t.Helper()
	e := s.until("FAILURE", func(e *mesospb.SchedulerEvent) bool {
		if u := e.GetUpdate().GetStatus(); u.GetState() == mesospb.TaskState_TASK_FAILED {
			s.t.Errorf("before FAILURE: %v", u)
		}
		return e.GetType() == mesospb.SchedulerEvent_FAILURE
	})
	if e.Failure.ExecutorId.GetValue() != executor || e.Failure.GetStatus() != status {
		s.t.Errorf("%v", e.Failure)
	}
	for _, task := range tasks {
		u := s.anyStatus(task)
		if u.GetState() != mesospb.TaskState_TASK_FAILED || u.GetReason() != mesospb.TaskStatus_REASON_EXECUTOR_TERMINATED ||
			u.GetSource() != mesospb.TaskStatus_SOURCE_AGENT || len(u.Uuid) != 16 {
			s.t.Errorf("%v", u)
		}
	}
}

func executorIsKilled(t *testing.T, target Target) {
	s, _ := launched(t, target, "x", "ex-kill9", plan{Kill9: true})
	s.failed("ex-kill9", 9, "x")
}

func lastWord(t *testing.T, target Target) {
	p := finishing()
	p.Exit = proto.Int32(0)
	s, _ := launched(t, target, "word", "ex-word", p)
	s.status("word", mesospb.TaskState_TASK_FINISHED)
}

func shutdown(executor string, agent *mesospb.AgentID) *mesospb.SchedulerCall {
	return &mesospb.SchedulerCall{Type: mesospb.SchedulerCall_SHUTDOWN.Enum(), Shutdown: &mesospb.SchedulerCall_Shutdown{
		ExecutorId: &mesospb.ExecutorID{Value: &executor}, AgentId: agent}}
}

func shutdownExecutor(t *testing.T, target Target) {
	s, o := launched(t, target, "s", "ex-shut", running())
	s.must(shutdown("no-such-executor", o.AgentId))
	s.must(shutdown("ex-shut", o.AgentId))
	var state mesospb.TaskState
	e := s.until("FAILURE", func(e *mesospb.SchedulerEvent) bool {
		if u := e.GetUpdate().GetStatus(); u != nil {
			state = u.GetState()
		}
		return e.GetType() == mesospb.SchedulerEvent_FAILURE
	})
	if e.Failure.GetStatus() != 0 || state != mesospb.TaskState_TASK_KILLED {
		t.Errorf("%v after %v", e.Failure, state)
	}
}

func stubbornExecutor(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	o := s.offer()
	p := running()
	p.Hang = true
	info := target.task(o, "stubborn", "ex-stubborn", p)
	info.Executor.ShutdownGracePeriod = &mesospb.DurationInfo{Nanoseconds: proto.Int64(100e6)}
	s.must(accept(0, []*mesospb.Offer{o}, info))
	s.status("stubborn", mesospb.TaskState_TASK_RUNNING)
	s.must(shutdown("ex-stubborn", o.AgentId))
	s.failed("ex-stubborn", 9, "stubborn")
}

func fetchFails(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	o := s.offer()
	info := target.task(o, "fetch", "ex-fetch", running())
	info.Executor.Command.Uris[0].Value = proto.String("/no/such/program")
	s.must(accept(0, []*mesospb.Offer{o}, info))
	status := s.anyStatus("fetch")
	if status.GetState() != mesospb.TaskState_TASK_FAILED || status.GetReason() != mesospb.TaskStatus_REASON_CONTAINER_LAUNCH_FAILED {
		t.Errorf("%v", status)
	}
}

func subscribeAgain(t *testing.T, target Target) {
	s, o := launched(t, target, "known", "ex-again", running())
	rest := s.offerOf(o.AgentId)
	s.must(accept(0, []*mesospb.Offer{rest}, target.task(rest, "staging", "ex-again", plan{Say: "launched"})))
	if got := s.reply(); got != "launched" {
		t.Errorf("the executor says %q", got)
	}
	s.must(message("ex-again", o.AgentId, "resubscribe"))
	s.back("ex-again", o.AgentId)
	s.must(message("ex-again", o.AgentId, "forget"))
	s.back("ex-again", o.AgentId) // a KILL that comes while it is away is lost
	status := s.status("staging", mesospb.TaskState_TASK_DROPPED)
	if status.GetReason() != mesospb.TaskStatus_REASON_AGENT_RESTARTED {
		t.Errorf("%v", status)
	}
	s.must(kill("known", o.AgentId))
	s.status("known", mesospb.TaskState_TASK_KILLED)
}

func subscribeTwice(t *testing.T, target Target) {
	s, o := launched(t, target, "twice", "ex-twice", running())
	s.must(message("ex-twice", o.AgentId, "second"))
	s.back("ex-twice", o.AgentId)
	for _, e := range s.passed {
		if isUpdate("twice")(e) && e.Update.Status.GetReason() != mesospb.TaskStatus_REASON_RECONCILIATION {
			t.Errorf("it was launched again: %v", e.Update.Status)
		}
	}
	s.must(kill("twice", o.AgentId))
	s.status("twice", mesospb.TaskState_TASK_KILLED)
}

// back waits until the executor answers a new message; messages sent while it is
// away are lost.
func (s *scheduler) back(executor string, agent *mesospb.AgentID) {
	s.t.Helper()
	s.asked++
	text := fmt.Sprint("ping ", s.asked)
	s.eventually("an answer to "+text, func() bool {
		s.must(message(executor, agent, text))
		s.must(reconcile(nil, "marker"))
		return s.until("answer", func(e *mesospb.SchedulerEvent) bool {
			return string(e.GetMessage().GetData()) == text || isUpdate("marker")(e)
		}).GetType() == mesospb.SchedulerEvent_MESSAGE
	})
}
