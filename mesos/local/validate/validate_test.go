package validate

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gogo/protobuf/proto"
	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// A call of a type that needs a body is refused without it, and any but SUBSCRIBE without
// a framework id.
func TestSchedulerCall(t *testing.T) {
	t.Parallel()
	withBody := func(c *pb.SchedulerCall) *pb.SchedulerCall {
		c.Subscribe = &pb.SchedulerCall_Subscribe{FrameworkInfo: &pb.FrameworkInfo{}}
		c.Accept, c.Decline, c.Kill = &pb.SchedulerCall_Accept{}, &pb.SchedulerCall_Decline{}, &pb.SchedulerCall_Kill{}
		c.Shutdown, c.Reconcile, c.Message = &pb.SchedulerCall_Shutdown{}, &pb.SchedulerCall_Reconcile{}, &pb.SchedulerCall_Message{}
		c.Acknowledge = &pb.SchedulerCall_Acknowledge{Uuid: make([]byte, 16)}
		c.AcceptInverseOffers, c.DeclineInverseOffers = &pb.SchedulerCall_AcceptInverseOffers{}, &pb.SchedulerCall_DeclineInverseOffers{}
		c.AcknowledgeOperationStatus = &pb.SchedulerCall_AcknowledgeOperationStatus{Uuid: make([]byte, 16)}
		c.ReconcileOperations = &pb.SchedulerCall_ReconcileOperations{}
		return c
	}
	free := []pb.SchedulerCall_Type{pb.SchedulerCall_TEARDOWN, pb.SchedulerCall_REVIVE, pb.SchedulerCall_SUPPRESS, pb.SchedulerCall_REQUEST}
	id := &pb.FrameworkID{Value: proto.String("F")}
	for number, name := range pb.SchedulerCall_Type_name {
		kind := pb.SchedulerCall_Type(number)
		if kind == pb.SchedulerCall_UNKNOWN {
			continue
		}
		bare := &pb.SchedulerCall{Type: &kind, FrameworkId: id}
		want := "Expecting '" + strings.ToLower(name) + "' to be present"
		if slices.Contains(free, kind) {
			want = ""
		}
		if got := SchedulerCall(bare); got != want {
			t.Errorf("%s without its body: %q, want %q", name, got, want)
		}
		if kind == pb.SchedulerCall_SUBSCRIBE {
			continue
		}
		if got := SchedulerCall(withBody(&pb.SchedulerCall{Type: &kind, FrameworkId: id})); got != "" {
			t.Errorf("%s: %q", name, got)
		}
		if got := SchedulerCall(withBody(&pb.SchedulerCall{Type: &kind})); got != "Expecting 'framework_id' to be present" {
			t.Errorf("%s without a framework: %q", name, got)
		}
	}
	subscribe := withBody(&pb.SchedulerCall{Type: pb.SchedulerCall_SUBSCRIBE.Enum()})
	if got := SchedulerCall(subscribe); got != "" {
		t.Errorf("a first SUBSCRIBE: %q", got)
	}
	subscribe.FrameworkId = id
	if got := SchedulerCall(subscribe); !strings.Contains(got, "differs from") {
		t.Errorf("SUBSCRIBE with two ids: %q", got)
	}
	for _, c := range []*pb.SchedulerCall{{}, {Type: pb.SchedulerCall_UNKNOWN.Enum()},
		{Type: pb.SchedulerCall_ACKNOWLEDGE.Enum(), FrameworkId: id, Acknowledge: &pb.SchedulerCall_Acknowledge{Uuid: make([]byte, 15)}},
		{Type: pb.SchedulerCall_ACKNOWLEDGE_OPERATION_STATUS.Enum(), FrameworkId: id, AcknowledgeOperationStatus: &pb.SchedulerCall_AcknowledgeOperationStatus{}}} {
		if SchedulerCall(c) == "" {
			t.Errorf("%v is accepted", c)
		}
	}
}

func TestExecutorAndOperatorCalls(t *testing.T) {
	t.Parallel()
	status := func(change func(*pb.TaskStatus)) *pb.ExecutorCall {
		s := &pb.TaskStatus{Uuid: make([]byte, 16), Source: pb.TaskStatus_SOURCE_EXECUTOR.Enum(), State: pb.TaskState_TASK_RUNNING.Enum()}
		change(s)
		return &pb.ExecutorCall{Type: pb.ExecutorCall_UPDATE.Enum(), ExecutorId: &pb.ExecutorID{Value: proto.String("e")}, Update: &pb.ExecutorCall_Update{Status: s}}
	}
	for _, c := range []struct {
		name string
		call *pb.ExecutorCall
		old  bool
		want string
	}{
		{"no type", &pb.ExecutorCall{}, false, "'type'"},
		{"heartbeat", &pb.ExecutorCall{Type: pb.ExecutorCall_HEARTBEAT.Enum()}, false, ""},
		{"heartbeat in 1.0", &pb.ExecutorCall{Type: pb.ExecutorCall_HEARTBEAT.Enum()}, true, "'type'"},
		{"SUBSCRIBE", &pb.ExecutorCall{Type: pb.ExecutorCall_SUBSCRIBE.Enum()}, false, "'subscribe'"},
		{"UPDATE", &pb.ExecutorCall{Type: pb.ExecutorCall_UPDATE.Enum()}, false, "'update'"},
		{"MESSAGE", &pb.ExecutorCall{Type: pb.ExecutorCall_MESSAGE.Enum()}, false, "'message'"},
		{"status", status(func(*pb.TaskStatus) {}), false, ""},
		{"no uuid", status(func(s *pb.TaskStatus) { s.Uuid = nil }), false, "'uuid'"},
		{"short uuid", status(func(s *pb.TaskStatus) { s.Uuid = s.Uuid[:4] }), false, "16 bytes"},
		{"no source", status(func(s *pb.TaskStatus) { s.Source = nil }), false, "SOURCE_EXECUTOR"},
		{"another's source", status(func(s *pb.TaskStatus) { s.Source = pb.TaskStatus_SOURCE_AGENT.Enum() }), false, "SOURCE_EXECUTOR"},
		{"another executor", status(func(s *pb.TaskStatus) { s.ExecutorId = &pb.ExecutorID{Value: proto.String("x")} }), false, "differs"},
		{"staging", status(func(s *pb.TaskStatus) { s.State = pb.TaskState_TASK_STAGING.Enum() }), false, "TASK_STAGING"},
	} {
		if got := ExecutorCall(c.call, c.old); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	for kind, needs := range map[pb.MasterCall_Type]string{
		pb.MasterCall_UNKNOWN: "type", pb.MasterCall_DRAIN_AGENT: "drain_agent", pb.MasterCall_DEACTIVATE_AGENT: "deactivate_agent",
		pb.MasterCall_REACTIVATE_AGENT: "reactivate_agent", pb.MasterCall_MARK_AGENT_GONE: "mark_agent_gone",
	} {
		if got := MasterCall(&pb.MasterCall{Type: &kind}, false); got != "Expecting '"+needs+"' to be present" {
			t.Errorf("%s: %q", kind, got)
		}
	}
	drain := &pb.MasterCall{Type: pb.MasterCall_DRAIN_AGENT.Enum(), DrainAgent: &pb.MasterCall_DrainAgent{}}
	if now, then := MasterCall(drain, false), MasterCall(drain, true); now != "" || then == "" {
		t.Errorf("DRAIN_AGENT: %q, in 1.0 %q", now, then)
	}
}

func TestFramework(t *testing.T) {
	t.Parallel()
	multi := []*pb.FrameworkInfo_Capability{{Type: pb.FrameworkInfo_Capability_MULTI_ROLE.Enum()}}
	role := func(r string) *pb.FrameworkInfo { return &pb.FrameworkInfo{Role: &r} }
	for _, c := range []struct {
		name       string
		info       *pb.FrameworkInfo
		suppressed []string
		old        bool
		want       string
	}{
		{"default", &pb.FrameworkInfo{}, nil, false, ""},
		{"id", &pb.FrameworkInfo{Id: &pb.FrameworkID{Value: proto.String("a/b")}}, nil, false, "invalid characters"},
		{"roles", &pb.FrameworkInfo{Capabilities: multi, Roles: []string{"a", "b/c"}}, []string{"a"}, false, ""},
		{"roles without the capability", &pb.FrameworkInfo{Roles: []string{"a"}}, nil, false, "not MULTI_ROLE capable"},
		{"role with the capability", &pb.FrameworkInfo{Capabilities: multi, Role: proto.String("a")}, nil, false, "must not be set"},
		{"a role twice", &pb.FrameworkInfo{Capabilities: multi, Roles: []string{"a", "a"}}, nil, false, "duplicate item: a"},
		{"another role suppressed", role("a"), []string{"b"}, false, "Suppressed role 'b'"},
		{"no role", role(""), nil, false, "cannot be the empty string"},
		{"star below", role("a/*"), nil, false, "'*' is invalid"},
		{"minus", role("-a"), nil, false, "'-a' is invalid"},
		{"blank", role("a b"), nil, false, "whitespace"},
		{"up", role("../a"), nil, false, "'..' is invalid"},
		{"trailing slash", role("a/"), nil, false, "'' is invalid"},
		{"nested", role("a/b"), nil, false, ""},
		{"nested in 1.0", role("a/b"), nil, true, "contains slash"},
		{"endless", &pb.FrameworkInfo{FailoverTimeout: proto.Float64(math.Inf(1))}, nil, false, "failover_timeout"},
		{"no number", &pb.FrameworkInfo{FailoverTimeout: proto.Float64(math.NaN())}, nil, false, "failover_timeout"},
	} {
		if got := Framework(c.info, c.suppressed, c.old); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// validTask is one that can be launched at place.
func validTask(t *testing.T) *pb.TaskInfo {
	rs, err := resources.Parse("cpus:1;ports:[1-2]")
	if err != nil {
		t.Fatal(err)
	}
	own, err := resources.Parse("mem:32;ports:[3-3]")
	if err != nil {
		t.Fatal(err)
	}
	return &pb.TaskInfo{TaskId: &pb.TaskID{Value: proto.String("t")}, AgentId: &pb.AgentID{Value: proto.String("S")}, Resources: rs,
		Executor: &pb.ExecutorInfo{ExecutorId: &pb.ExecutorID{Value: proto.String("e")}, Command: &pb.CommandInfo{}, Resources: own}}
}

func TestTask(t *testing.T) {
	t.Parallel()
	place := Place{Framework: "F", Agent: "S", Role: "r"}
	if got := Task(validTask(t), place); got != "" {
		t.Fatalf("a valid task: %q", got)
	}
	taken := place
	taken.Taken = true
	if got := Task(validTask(t), taken); got != "Task has duplicate ID: t" {
		t.Errorf("the second of a name: %q", got)
	}
	negative := &pb.DurationInfo{Nanoseconds: proto.Int64(-1)}
	scalar := func(v float64) *pb.Resource {
		return &pb.Resource{Name: proto.String("cpus"), Type: pb.Value_SCALAR.Enum(), Scalar: &pb.Value_Scalar{Value: &v}}
	}
	for want, change := range map[string]func(*pb.TaskInfo){
		"invalid characters":                func(i *pb.TaskInfo) { *i.TaskId.Value = "a\x01" },
		"must not be empty":                 func(i *pb.TaskInfo) { *i.TaskId.Value = "" },
		"255 characters":                    func(i *pb.TaskInfo) { *i.TaskId.Value = strings.Repeat("x", 256) },
		"'..' is disallowed":                func(i *pb.TaskInfo) { *i.Executor.ExecutorId.Value = ".." },
		"agent S is expected":               func(i *pb.TaskInfo) { *i.AgentId.Value = "X" },
		"not both":                          func(i *pb.TaskInfo) { i.Executor = nil },
		"but not both":                      func(i *pb.TaskInfo) { i.Command = &pb.CommandInfo{} },
		"runs no command tasks":             func(i *pb.TaskInfo) { i.Executor, i.Command = nil, &pb.CommandInfo{} },
		"'kill_policy.grace_period'":        func(i *pb.TaskInfo) { i.KillPolicy = &pb.KillPolicy{GracePeriod: negative} },
		"'shutdown_grace_period'":           func(i *pb.TaskInfo) { i.Executor.ShutdownGracePeriod = negative },
		"Actual: X vs Expected: F":          func(i *pb.TaskInfo) { i.Executor.FrameworkId = &pb.FrameworkID{Value: proto.String("X")} },
		"must be 'CUSTOM'":                  func(i *pb.TaskInfo) { i.Executor.Type = pb.ExecutorInfo_DEFAULT.Enum() },
		"'ExecutorInfo.command' must be":    func(i *pb.TaskInfo) { i.Executor.Command = nil },
		"uses no resources":                 func(i *pb.TaskInfo) { i.Resources = nil },
		"Invalid scalar resource":           func(i *pb.TaskInfo) { i.Resources[0] = scalar(math.NaN()) },
		"invalid: Invalid scalar":           func(i *pb.TaskInfo) { i.Executor.Resources[0] = scalar(0.0004) },
		"allocated to role 'x'":             func(i *pb.TaskInfo) { i.Resources = resources.Allocated(i.Resources, "x") },
		"overlapping resources in the task": func(i *pb.TaskInfo) { i.Executor.Resources = i.Resources },
		"begin > end": func(i *pb.TaskInfo) {
			i.Resources[1].Ranges.Range[0].Begin = proto.Uint64(9)
		},
		"must have a value set": func(i *pb.TaskInfo) {
			i.Executor.Command.Environment = &pb.Environment{Variables: []*pb.Environment_Variable{{Name: proto.String("V")}}}
		},
	} {
		info := validTask(t)
		change(info)
		if got := Task(info, place); !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Differences that Mesos ignores do not make two executors, all others do.
func TestSameExecutor(t *testing.T) {
	t.Parallel()
	info := func(change func(*pb.ExecutorInfo)) *pb.ExecutorInfo {
		e := validTask(t).Executor
		e.Command.Environment = &pb.Environment{Variables: []*pb.Environment_Variable{
			{Name: proto.String("A"), Value: proto.String("1")}, {Name: proto.String("B"), Value: proto.String("2")}}}
		e.Command.Uris = []*pb.CommandInfo_URI{{Value: proto.String("/p"), Executable: proto.Bool(true)}}
		change(e)
		return e
	}
	one := info(func(*pb.ExecutorInfo) {})
	for name, change := range map[string]func(*pb.ExecutorInfo){
		"labels":          func(e *pb.ExecutorInfo) { e.Labels = &pb.Labels{} },
		"grace":           func(e *pb.ExecutorInfo) { e.ShutdownGracePeriod = &pb.DurationInfo{Nanoseconds: proto.Int64(1)} },
		"framework":       func(e *pb.ExecutorInfo) { e.FrameworkId = &pb.FrameworkID{Value: proto.String("F")} },
		"cache":           func(e *pb.ExecutorInfo) { e.Command.Uris[0].Cache = proto.Bool(true) },
		"default shell":   func(e *pb.ExecutorInfo) { e.Command.Shell = proto.Bool(true) },
		"default extract": func(e *pb.ExecutorInfo) { e.Command.Uris[0].Extract = proto.Bool(true) },
		"variables":       func(e *pb.ExecutorInfo) { slices.Reverse(e.Command.Environment.Variables) },
		"resources":       func(e *pb.ExecutorInfo) { slices.Reverse(e.Resources) },
		"allocation":      func(e *pb.ExecutorInfo) { e.Resources = resources.Allocated(e.Resources, "r") },
	} {
		if two := info(change); !SameExecutor(one, two) || !SameExecutor(two, one) {
			t.Errorf("%s: two executors", name)
		}
	}
	for name, change := range map[string]func(*pb.ExecutorInfo){
		"id":        func(e *pb.ExecutorInfo) { *e.ExecutorId.Value = "x" },
		"type":      func(e *pb.ExecutorInfo) { e.Type = pb.ExecutorInfo_CUSTOM.Enum() },
		"data":      func(e *pb.ExecutorInfo) { e.Data = []byte("x") },
		"name":      func(e *pb.ExecutorInfo) { e.Name = proto.String("x") },
		"command":   func(e *pb.ExecutorInfo) { e.Command.Value = proto.String("x") },
		"arguments": func(e *pb.ExecutorInfo) { e.Command.Arguments = []string{"x"} },
		"user":      func(e *pb.ExecutorInfo) { e.Command.User = proto.String("x") },
		"variable":  func(e *pb.ExecutorInfo) { e.Command.Environment.Variables[0].Value = proto.String("3") },
		"URI":       func(e *pb.ExecutorInfo) { e.Command.Uris[0].Executable = nil },
		"fewer":     func(e *pb.ExecutorInfo) { e.Resources = e.Resources[:1] },
		"unknown":   func(e *pb.ExecutorInfo) { e.XXX_unrecognized = []byte{0xf8, 1, 1} },
	} {
		if two := info(change); SameExecutor(one, two) || SameExecutor(two, one) {
			t.Errorf("%s: one executor", name)
		}
	}
}

// What release 1.0 does not know is removed from a call, or makes it unreadable.
func TestOldCall(t *testing.T) {
	t.Parallel()
	subscribe := func() *pb.SchedulerCall {
		return &pb.SchedulerCall{Subscribe: &pb.SchedulerCall_Subscribe{SuppressedRoles: []string{"r"}, FrameworkInfo: &pb.FrameworkInfo{
			Roles: []string{"r"}, Capabilities: []*pb.FrameworkInfo_Capability{{Type: pb.FrameworkInfo_Capability_GPU_RESOURCES.Enum()}, {Type: pb.FrameworkInfo_Capability_PARTITION_AWARE.Enum()}}}}}
	}
	c := subscribe()
	info := c.Subscribe.FrameworkInfo
	if got := OldCall(c, false); got != "" || len(info.Capabilities) != 1 || info.Roles != nil || c.Subscribe.SuppressedRoles != nil {
		t.Errorf("%q; %v is left", got, c)
	}
	if got := OldCall(subscribe(), true); !strings.Contains(got, "Failed to find enum for 'PARTITION_AWARE'") {
		t.Errorf("in JSON: %q", got)
	}
	launch := func(change func(*pb.Offer_Operation)) *pb.SchedulerCall {
		op := &pb.Offer_Operation{Type: pb.Offer_Operation_LAUNCH.Enum(), Launch: &pb.Offer_Operation_Launch{TaskInfos: []*pb.TaskInfo{validTask(t)}}}
		change(op)
		return &pb.SchedulerCall{Accept: &pb.SchedulerCall_Accept{Operations: []*pb.Offer_Operation{op}}}
	}
	for name, is := range map[string]struct {
		change func(*pb.Offer_Operation)
		ok     bool
	}{
		"launch":              {func(*pb.Offer_Operation) {}, true},
		"group":               {func(op *pb.Offer_Operation) { op.Type = pb.Offer_Operation_LAUNCH_GROUP.Enum() }, false},
		"no type":             {func(op *pb.Offer_Operation) { op.Type = nil }, false},
		"executor of no kind": {func(op *pb.Offer_Operation) { op.Launch.TaskInfos[0].Executor.Command = nil }, false},
		"variable of no value": {func(op *pb.Offer_Operation) {
			op.Launch.TaskInfos[0].Executor.Command.Environment = &pb.Environment{Variables: []*pb.Environment_Variable{{Name: proto.String("V")}}}
		}, false},
	} {
		if got := OldCall(launch(is.change), false); (got == "") != is.ok {
			t.Errorf("%s: %q", name, got)
		}
	}
}
