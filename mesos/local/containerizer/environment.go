package containerizer

import (
	"fmt"
	"strings"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// An Executor is what an agent tells an executor by its environment.
type Executor struct {
	AgentID, AgentPID, AgentEndpoint, AgentIP string
	FrameworkID, ExecutorID                   string
	Directory                                 string // its sandbox

	Token string // that it shows its agent; "": none
	Grace time.Duration

	// Checkpoint executors outlive their agent for RecoveryTimeout, and subscribe
	// again within SubscriptionBackoff.
	Checkpoint          bool
	RecoveryTimeout     time.Duration
	SubscriptionBackoff time.Duration

	Command *mesospb.CommandInfo
}

// Environment returns exactly the environment of an executor: what agents of release
// 1.11 give it (except MESOS_NATIVE_*_LIBRARY, as there is none), overridden by its
// own CommandInfo. Nothing of ours is inherited.
func (e Executor) Environment() map[string]string {
	env := map[string]string{
		"LIBPROCESS_IP":               e.AgentIP,
		"LIBPROCESS_PORT":             "0",
		"MESOS_AGENT_ENDPOINT":        e.AgentEndpoint,
		"MESOS_CHECKPOINT":            "0",
		"MESOS_DIRECTORY":             e.Directory,
		"MESOS_EXECUTOR_ID":           e.ExecutorID,
		"MESOS_FRAMEWORK_ID":          e.FrameworkID,
		"MESOS_HTTP_COMMAND_EXECUTOR": "0",
		"MESOS_SANDBOX":               e.Directory,
		"MESOS_SLAVE_ID":              e.AgentID,
		"MESOS_SLAVE_PID":             e.AgentPID,
		"PATH":                        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"PWD":                         e.Directory,

		"MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD": FormatDuration(e.Grace),
	}
	if e.Checkpoint {
		env["MESOS_CHECKPOINT"] = "1"
		env["MESOS_RECOVERY_TIMEOUT"] = FormatDuration(e.RecoveryTimeout)
		env["MESOS_SUBSCRIPTION_BACKOFF_MAX"] = FormatDuration(e.SubscriptionBackoff)
	}
	for _, v := range e.Command.GetEnvironment().GetVariables() {
		if n := v.GetName(); n != "" && !strings.ContainsAny(n+v.GetValue(), "\x00") {
			env[n] = v.GetValue()
		}
	}
	if e.Token != "" {
		env["MESOS_EXECUTOR_AUTHENTICATION_TOKEN"] = e.Token
	}
	return env
}

// list converts an environment to the form that exec wants.
func list(env map[string]string) []string {
	out := make([]string, 0, len(env))
	for k, v := range env {
		out = append(out, fmt.Sprintf("%s=%s", k, v))
	}
	return out
}
