package mesospb_test

import (
	"encoding/hex"
	"testing"

	"github.com/gogo/protobuf/proto"

	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// The bytes are made by hand from the field numbers of Mesos 1.11, so that a
// wrong number in our .proto files shows. Ids are one letter: F framework,
// A agent, T task, E executor, O offer.
var golden = []struct {
	name, hex string
	message   proto.Message
}{
	{"scheduler SUBSCRIBE", "10011a1a0a180a017512016e210000000000004e40280132017252020805", &pb.SchedulerCall{
		Type: pb.SchedulerCall_SUBSCRIBE.Enum(),
		Subscribe: &pb.SchedulerCall_Subscribe{FrameworkInfo: &pb.FrameworkInfo{
			User: proto.String("u"), Name: proto.String("n"), FailoverTimeout: proto.Float64(60),
			Checkpoint: proto.Bool(true), Role: proto.String("r"),
			Capabilities: []*pb.FrameworkInfo_Capability{{Type: pb.FrameworkInfo_Capability_PARTITION_AWARE.Enum()}},
		}},
	}},
	{"scheduler ACCEPT", "0a030a0146100322250a030a014f12130801120f0a0d0a016e12030a01541a030a01411a09090000000000000000", &pb.SchedulerCall{
		FrameworkId: framework, Type: pb.SchedulerCall_ACCEPT.Enum(),
		Accept: &pb.SchedulerCall_Accept{
			OfferIds: []*pb.OfferID{offer}, Filters: &pb.Filters{RefuseSeconds: proto.Float64(0)},
			Operations: []*pb.Offer_Operation{{
				Type:   pb.Offer_Operation_LAUNCH.Enum(),
				Launch: &pb.Offer_Operation_Launch{TaskInfos: []*pb.TaskInfo{{Name: proto.String("n"), TaskId: task, AgentId: agent}}},
			}},
		},
	}},
	{"scheduler DECLINE", "0a030a014610042a100a030a014f1209090000000000000040", &pb.SchedulerCall{
		FrameworkId: framework, Type: pb.SchedulerCall_DECLINE.Enum(),
		Decline: &pb.SchedulerCall_Decline{OfferIds: []*pb.OfferID{offer}, Filters: &pb.Filters{RefuseSeconds: proto.Float64(2)}},
	}},
	{"scheduler REVIVE", "0a030a014610057a030a0172", &pb.SchedulerCall{
		FrameworkId: framework, Type: pb.SchedulerCall_REVIVE.Enum(),
		Revive: &pb.SchedulerCall_Revive{Roles: []string{"r"}},
	}},
	{"scheduler KILL", "0a030a01461006320a0a030a015412030a0141", &pb.SchedulerCall{
		FrameworkId: framework, Type: pb.SchedulerCall_KILL.Enum(),
		Kill: &pb.SchedulerCall_Kill{TaskId: task, AgentId: agent},
	}},
	{"scheduler ACKNOWLEDGE", "0a030a01461008420e0a030a014112030a01541a020102", &pb.SchedulerCall{
		FrameworkId: framework, Type: pb.SchedulerCall_ACKNOWLEDGE.Enum(),
		Acknowledge: &pb.SchedulerCall_Acknowledge{AgentId: agent, TaskId: task, Uuid: []byte{1, 2}},
	}},
	{"scheduler RECONCILE, implicit", "0a030a014610094a00", &pb.SchedulerCall{
		FrameworkId: framework, Type: pb.SchedulerCall_RECONCILE.Enum(), Reconcile: &pb.SchedulerCall_Reconcile{},
	}},
	{"scheduler event SUBSCRIBED", "0801120e0a030a0146110000000000002e40", &pb.SchedulerEvent{
		Type:       pb.SchedulerEvent_SUBSCRIBED.Enum(),
		Subscribed: &pb.SchedulerEvent_Subscribed{FrameworkId: framework, HeartbeatIntervalSeconds: proto.Float64(15)},
	}},
	{"scheduler event HEARTBEAT", "0808", &pb.SchedulerEvent{Type: pb.SchedulerEvent_HEARTBEAT.Enum()}},
	{"scheduler event RESCIND", "080322050a030a014f", &pb.SchedulerEvent{
		Type: pb.SchedulerEvent_RESCIND.Enum(), Rescind: &pb.SchedulerEvent_Rescind{OfferId: offer},
	}},
	{"scheduler event ERROR", "080742030a0165", &pb.SchedulerEvent{
		Type: pb.SchedulerEvent_ERROR.Enum(), Error: &pb.SchedulerEvent_Error{Message: proto.String("e")},
	}},
	{"executor SUBSCRIBE", "0a030a014512030a014618012200", &pb.ExecutorCall{
		ExecutorId: executor, FrameworkId: framework, Type: pb.ExecutorCall_SUBSCRIBE.Enum(),
		Subscribe: &pb.ExecutorCall_Subscribe{},
	}},
	{"executor UPDATE", "0a030a014512030a014618022a0f0a0d0a030a0154100148025a020102", &pb.ExecutorCall{
		ExecutorId: executor, FrameworkId: framework, Type: pb.ExecutorCall_UPDATE.Enum(),
		Update: &pb.ExecutorCall_Update{Status: &pb.TaskStatus{
			TaskId: task, State: pb.TaskState_TASK_RUNNING.Enum(),
			Source: pb.TaskStatus_SOURCE_EXECUTOR.Enum(), Uuid: []byte{1, 2},
		}},
	}},
	{"executor MESSAGE", "0a030a014512030a014618033203120178", &pb.ExecutorCall{
		ExecutorId: executor, FrameworkId: framework, Type: pb.ExecutorCall_MESSAGE.Enum(),
		Message: &pb.ExecutorCall_Message{Data: []byte("x")},
	}},
	{"executor event SHUTDOWN", "0807", &pb.ExecutorEvent{Type: pb.ExecutorEvent_SHUTDOWN.Enum()}},
	{"executor event ACKNOWLEDGED", "08041a090a030a015412020102", &pb.ExecutorEvent{
		Type:         pb.ExecutorEvent_ACKNOWLEDGED.Enum(),
		Acknowledged: &pb.ExecutorEvent_Acknowledged{TaskId: task, Uuid: []byte{1, 2}},
	}},
	{"master DRAIN_AGENT", "0825aa010b0a030a01411202080a1801", &pb.MasterCall{
		Type: pb.MasterCall_DRAIN_AGENT.Enum(),
		DrainAgent: &pb.MasterCall_DrainAgent{
			AgentId: agent, MaxGracePeriod: &pb.Duration{Seconds: proto.Int64(10)}, MarkGone: proto.Bool(true)},
	}},
	{"master DEACTIVATE_AGENT", "0826b201050a030a0141", &pb.MasterCall{
		Type: pb.MasterCall_DEACTIVATE_AGENT.Enum(), DeactivateAgent: &pb.MasterCall_DeactivateAgent{AgentId: agent},
	}},
	{"master REACTIVATE_AGENT", "0827ba01050a030a0141", &pb.MasterCall{
		Type: pb.MasterCall_REACTIVATE_AGENT.Enum(), ReactivateAgent: &pb.MasterCall_ReactivateAgent{AgentId: agent},
	}},
	{"master's answer to GET_VERSION", "0803221f0a1d0a06312e31312e3012043230323619000000000000f03f2204726f6f74", &pb.MasterResponse{
		Type: pb.MasterResponse_GET_VERSION.Enum(), GetVersion: &pb.MasterResponse_GetVersion{VersionInfo: &pb.VersionInfo{
			Version: proto.String("1.11.0"), BuildDate: proto.String("2026"), BuildTime: proto.Float64(1), BuildUser: proto.String("root")}},
	}},
	{"resource of a role", "0a046370757310001a0909000000000000e03f5a030a0172", &pb.Resource{
		Name: proto.String("cpus"), Type: pb.Value_SCALAR.Enum(), Scalar: &pb.Value_Scalar{Value: proto.Float64(0.5)},
		AllocationInfo: &pb.Resource_AllocationInfo{Role: proto.String("r")},
	}},
	{"resource of ranges", "0a05706f7274731001220a0a080898f2011099f20132012a", &pb.Resource{
		Name: proto.String("ports"), Type: pb.Value_RANGES.Enum(), Role: proto.String("*"),
		Ranges: &pb.Value_Ranges{Range: []*pb.Value_Range{{Begin: proto.Uint64(31000), End: proto.Uint64(31001)}}},
	}},
	{"attribute, where text is 5", "0a047261636b10032a040a027231", &pb.Attribute{
		Name: proto.String("rack"), Type: pb.Value_TEXT.Enum(), Text: &pb.Value_Text{Value: proto.String("r1")},
	}},
}

var (
	framework = &pb.FrameworkID{Value: proto.String("F")}
	agent     = &pb.AgentID{Value: proto.String("A")}
	task      = &pb.TaskID{Value: proto.String("T")}
	executor  = &pb.ExecutorID{Value: proto.String("E")}
	offer     = &pb.OfferID{Value: proto.String("O")}
)

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, g := range golden {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			want, err := hex.DecodeString(g.hex)
			if err != nil {
				t.Fatal(err)
			}
			got, err := proto.Marshal(g.message)
			if err != nil || string(got) != string(want) {
				t.Errorf("encoded %x, %v; want %x", got, err, want)
			}
			m := proto.Clone(g.message)
			m.Reset()
			if err := proto.Unmarshal(want, m); err != nil || !proto.Equal(m, g.message) {
				t.Errorf("decoded %v, %v; want %v", m, err, g.message)
			}
		})
	}
}
