package framework

import (
	"slices"
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// What a node waits for is told with the pod, once for each reason, and again when
// it waits after the pod has run.
func TestNodeWaits(t *testing.T) {
	t.Parallel()
	l, told := quietLoop(t), &recordedEvents{}
	l.pods.events = told
	handle(l, podSeen{makePod("php")})
	l.offered([]*mesospb.Offer{makeOffer("o1", "S1", four)})
	says := func(s mesospb.TaskState, reason string) {
		status := &mesospb.TaskStatus{
			TaskId: &mesospb.TaskID{Value: proto.String("uid-php.1")}, AgentId: &mesospb.AgentID{Value: proto.String("S1")},
			State: s.Enum(), Source: mesospb.TaskStatus_SOURCE_EXECUTOR.Enum(),
		}
		if reason != "" {
			status.Labels = &mesospb.Labels{Labels: []*mesospb.Label{{Key: proto.String("other")}, {Key: proto.String(taskdata.WaitsLabel), Value: &reason}}}
		}
		l.updated(status)
	}
	starting, running := mesospb.TaskState_TASK_STARTING, mesospb.TaskState_TASK_RUNNING
	says(starting, "")
	says(starting, "no Docker at unix:///x")
	says(starting, "no Docker at unix:///x")
	says(starting, "Docker hangs")
	says(running, "")
	says(starting, "Docker hangs")
	handle(l, podGone{makePod("php")})
	says(starting, "too late")

	want := []string{
		"php Warning WaitsForNode: node host-s1 cannot run it yet: no Docker at unix:///x",
		"php Warning WaitsForNode: node host-s1 cannot run it yet: Docker hangs",
		"php Warning WaitsForNode: node host-s1 cannot run it yet: Docker hangs",
	}
	if !slices.Equal(told.events, want) {
		t.Errorf("told %q, want %q", told.events, want)
	}
}
