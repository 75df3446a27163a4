package mesostest

import (
	"strings"
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func taskErrorCases() []testCase {
	return []testCase{
		{"tasks in error", "each task of an ACCEPT is judged on its own; a bad one gets TASK_ERROR, the others run", tasksInError},
		{"same executor", "a task for a running executor must describe it as it was started; only labels, grace, cache and order may differ", sameExecutorOnly},
	}
}

func tasksInError(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	// Release 1.0 accepts such ids, and a long one kills its agent; there, a call
	// with an executor without a command is answered with 400.
	always := release{}
	type change func(*mesospb.TaskInfo)
	id := func(s string) change { return func(i *mesospb.TaskInfo) { i.TaskId.Value = &s } }
	resource := func(r *mesospb.Resource) change {
		return func(i *mesospb.TaskInfo) { i.Resources = append(i.Resources[1:], r) }
	}
	for _, c := range []struct {
		name   string
		change change
		want   string  // in the message
		since  release // the first that must do this
	}{
		{"too-many-cpus", resource(scalar("cpus", 100000)), "than available", always},
		{"negative-cpus", resource(scalar("cpus", -1)), "", always},
		{"port-outside", resource(ports(80, 80)), "than available", always},
		{"widgets", resource(scalar("widgets", 1)), "than available", always},
		{"of-another-role", resource(func() *mesospb.Resource {
			r := scalar("cpus", 0.1)
			r.Role = proto.String("another-role")
			return r
		}()), "", always},
		{"no-resources", func(i *mesospb.TaskInfo) { i.Resources = nil }, "no resources", always},
		{"other-agent", func(i *mesospb.TaskInfo) { i.AgentId = &mesospb.AgentID{Value: proto.String("no-such-agent")} }, "no-such-agent", always},
		{"no-executor", func(i *mesospb.TaskInfo) { i.Executor = nil }, "CommandInfo or ExecutorInfo", always},
		{"both", func(i *mesospb.TaskInfo) { i.Command = &mesospb.CommandInfo{Value: proto.String("true")} }, "CommandInfo or ExecutorInfo", always},
		{"executor-of-another", func(i *mesospb.TaskInfo) { i.Executor.FrameworkId = &mesospb.FrameworkID{Value: proto.String("other")} }, "FrameworkID", always},
		{"executor-id", func(i *mesospb.TaskInfo) { i.Executor.ExecutorId.Value = proto.String("a/b") }, "invalid characters", release{1, 11}},
		{"executor-without-command", func(i *mesospb.TaskInfo) { i.Executor.Command = nil }, "command", release{1, 1}},
		{"executor-too-large", func(i *mesospb.TaskInfo) { i.Executor.Resources = []*mesospb.Resource{scalar("cpus", 100000)} }, "than available", always},
		{"negative-grace", func(i *mesospb.TaskInfo) {
			i.KillPolicy = &mesospb.KillPolicy{GracePeriod: &mesospb.DurationInfo{Nanoseconds: proto.Int64(-1)}}
		}, "grace_period", always},
		{"slash", id("a/b"), "invalid characters", always},
		{"dots", id(".."), "disallowed", release{1, 11}},
		{"empty", id(""), "empty", release{1, 11}},
		{"long", id(strings.Repeat("x", 300)), "255", release{1, 11}},
	} {
		if s.release.before(c.since.major, c.since.minor) {
			continue
		}
		o := s.offer()
		bad := target.task(o, c.name, "ex-never", running())
		c.change(bad)
		s.must(accept(0, []*mesospb.Offer{o}, bad))
		status := s.anyStatus(bad.TaskId.GetValue())
		if status.GetState() != mesospb.TaskState_TASK_ERROR || status.GetReason() != mesospb.TaskStatus_REASON_TASK_INVALID ||
			len(status.Uuid) > 0 || !strings.Contains(status.GetMessage(), c.want) {
			t.Errorf("%s: %v", c.name, status)
		}
	}
	o := s.offerWith(0.3)
	good := target.task(o, "good", "ex-good", running())
	s.must(accept(0, []*mesospb.Offer{o}, good, target.task(o, "good", "ex-good", running())))
	if status := s.anyStatus("good"); status.GetState() != mesospb.TaskState_TASK_ERROR || !strings.Contains(status.GetMessage(), "duplicate ID") {
		t.Errorf("the same id twice: %v", status)
	}
	s.status("good", mesospb.TaskState_TASK_RUNNING)
}

func sameExecutorOnly(t *testing.T, target Target) {
	s := subscribe(t, target, aware())
	o := s.offerWith(1)
	s.must(accept(0, []*mesospb.Offer{o}, target.task(o, "first", "ex-same", running())))
	s.status("first", mesospb.TaskState_TASK_RUNNING)
	for _, c := range []struct {
		name   string
		change func(*mesospb.ExecutorInfo)
		same   bool
	}{
		{"labels", func(e *mesospb.ExecutorInfo) {
			e.Labels = &mesospb.Labels{Labels: []*mesospb.Label{{Key: proto.String("k")}}}
		}, true},
		{"grace", func(e *mesospb.ExecutorInfo) {
			e.ShutdownGracePeriod = &mesospb.DurationInfo{Nanoseconds: proto.Int64(1e9)}
		}, true},
		{"cache", func(e *mesospb.ExecutorInfo) { e.Command.Uris[0].Cache = proto.Bool(false) }, true},
		{"explicit-shell", func(e *mesospb.ExecutorInfo) { e.Command.Shell = proto.Bool(true) }, true},
		{"order", func(e *mesospb.ExecutorInfo) { e.Resources[0], e.Resources[1] = e.Resources[1], e.Resources[0] }, true},
		{"command", func(e *mesospb.ExecutorInfo) { e.Command.Value = proto.String("exec ./mesostest-executor -v") }, false},
		{"data", func(e *mesospb.ExecutorInfo) { e.Data = []byte("x") }, false},
		{"name", func(e *mesospb.ExecutorInfo) { e.Name = proto.String("x") }, false},
		{"more-mem", func(e *mesospb.ExecutorInfo) { e.Resources[1] = scalar("mem", 33) }, false},
		{"variable", func(e *mesospb.ExecutorInfo) { e.Command.Environment.Variables[0].Value = proto.String("2") }, false},
		{"uri", func(e *mesospb.ExecutorInfo) { e.Command.Uris[0].Value = proto.String("/bin/true") }, false},
	} {
		o := s.offerOf(o.AgentId)
		info := target.task(o, "same-"+c.name, "ex-same", finishing())
		c.change(info.Executor)
		s.must(accept(0, []*mesospb.Offer{o}, info))
		status := s.anyStatus("same-" + c.name)
		if c.same != (status.GetState() == mesospb.TaskState_TASK_RUNNING) {
			t.Errorf("%s: %v", c.name, status)
		}
		if c.same {
			s.status("same-"+c.name, mesospb.TaskState_TASK_FINISHED)
		}
	}
}
