package containerizer

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Variables of the command override those of the agent, but not its token; what could
// not be passed on is left out; only checkpointing executors hear how long to wait.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	e := Executor{
		AgentID: "S", ExecutorID: "E", Token: "secret", Grace: 5 * time.Second, RecoveryTimeout: 15 * time.Minute, SubscriptionBackoff: 2 * time.Second,
		Command: &mesospb.CommandInfo{Environment: &mesospb.Environment{Variables: []*mesospb.Environment_Variable{
			{Name: proto.String("PATH"), Value: proto.String("/mine")},
			{Name: proto.String("MESOS_EXECUTOR_AUTHENTICATION_TOKEN"), Value: proto.String("mine")},
			{Name: proto.String("NUL"), Value: proto.String("a\x00b")},
			{Name: proto.String(""), Value: proto.String("x")},
		}}},
	}
	got := e.Environment()
	for name, want := range map[string]string{
		"PATH": "/mine", "MESOS_EXECUTOR_AUTHENTICATION_TOKEN": "secret", "MESOS_SLAVE_ID": "S", "MESOS_EXECUTOR_ID": "E",
		"MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD": "5secs", "MESOS_CHECKPOINT": "0", "MESOS_RECOVERY_TIMEOUT": "", "NUL": "", "": "",
	} {
		if got[name] != want {
			t.Errorf("%s=%q, want %q", name, got[name], want)
		}
	}
	e.Checkpoint, e.Token = true, ""
	more := e.Environment()
	if more["MESOS_CHECKPOINT"] != "1" || more["MESOS_RECOVERY_TIMEOUT"] != "15mins" || more["MESOS_SUBSCRIPTION_BACKOFF_MAX"] != "2secs" ||
		more["MESOS_EXECUTOR_AUTHENTICATION_TOKEN"] != "mine" {
		t.Errorf("with checkpointing, without token: %v", more)
	}
	if names := list(more); len(names) != len(more) || slices.Contains(names, "NUL=a\x00b") {
		t.Errorf("%v of %v", names, slices.Collect(maps.Keys(more)))
	}
}
