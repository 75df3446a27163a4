package mesos

import (
	"encoding/hex"
	"testing"

	"github.com/gogo/protobuf/proto"
	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// The bytes are made by hand from the field numbers of Mesos 1.11; only the
// framework id is missing, which Send fills in.
func TestCalls(t *testing.T) {
	t.Parallel()
	task := &pb.TaskInfo{
		Name: proto.String("n"), TaskId: &pb.TaskID{Value: proto.String("T")}, AgentId: &pb.AgentID{Value: proto.String("A")},
	}
	tests := []struct {
		name string
		call *pb.SchedulerCall
		want string
	}{
		{"ACCEPT", Accept([]string{"O"}, 0, Launch(task)), "100322250a030a014f12130801120f0a0d0a016e12030a01541a030a01411a09090000000000000000"},
		{"ACCEPT of nothing", Accept([]string{"O", "P"}, DefaultFilter), "1003220a0a030a014f0a030a0150"},
		{"DECLINE", Decline([]string{"O"}, 2e9), "10042a100a030a014f1209090000000000000040"},
		{"DECLINE, Mesos' own filter", Decline([]string{"O"}, DefaultFilter), "10042a050a030a014f"},
		{"REVIVE", Revive(), "1005"},
		{"REVIVE of a role", Revive("r"), "10057a030a0172"},
		{"SUPPRESS", Suppress(), "100c"},
		{"SUPPRESS of a role", Suppress("r"), "100c8201030a0172"},
		{"KILL", Kill("T", "A", -1), "1006320a0a030a015412030a0141"},
		{"KILL, agent unknown", Kill("T", "", -1), "100632050a030a0154"},
		{"KILL with grace", Kill("T", "", 5), "1006320b0a030a01541a040a020805"},
		{"KILL at once", Kill("T", "", 0), "1006320b0a030a01541a040a020800"},
		{"ACKNOWLEDGE", Acknowledge("T", "A", []byte{1, 2}), "1008420e0a030a014112030a01541a020102"},
		{"RECONCILE, implicit", Reconcile(), "10094a00"},
		{"RECONCILE", Reconcile(TaskRef{"T", "A"}, TaskRef{"U", ""}), "10094a130a0a0a030a015412030a01410a050a030a0155"},
		{"SHUTDOWN", Shutdown("E", "A"), "10073a0a0a030a014512030a0141"},
		{"MESSAGE", Message("E", "A", []byte("x")), "100a520d0a030a014112030a01451a0178"},
		{"MESSAGE of nothing", Message("E", "A", nil), "100a520c0a030a014112030a01451a00"},
		{"TEARDOWN", Teardown(), "1002"},
	}
	for _, tt := range tests {
		b, err := tt.call.Marshal()
		if got := hex.EncodeToString(b); err != nil || got != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.name, got, err, tt.want)
		}
	}
}
