package local

import (
	"fmt"
	"strings"
)

// environment returns exactly the environment of an executor: what agents of release
// 1.11 give it (except MESOS_NATIVE_*_LIBRARY, as there is none), overridden by its
// own CommandInfo. Nothing of ours is inherited.
func (m *master) environment(ex *executor) map[string]string {
	a, f := ex.agent, ex.framework
	env := map[string]string{
		"LIBPROCESS_IP":               a.ip,
		"LIBPROCESS_PORT":             "0",
		"MESOS_AGENT_ENDPOINT":        a.endpoint,
		"MESOS_CHECKPOINT":            "0",
		"MESOS_DIRECTORY":             ex.directory,
		"MESOS_EXECUTOR_ID":           ex.info.ExecutorId.GetValue(),
		"MESOS_FRAMEWORK_ID":          f.id,
		"MESOS_HTTP_COMMAND_EXECUTOR": "0",
		"MESOS_SANDBOX":               ex.directory,
		"MESOS_SLAVE_ID":              a.id,
		"MESOS_SLAVE_PID":             a.pid(),
		"PATH":                        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"PWD":                         ex.directory,

		"MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD": mesosDuration(ex.grace()),
	}
	if f.info.GetCheckpoint() {
		env["MESOS_CHECKPOINT"] = "1"
		env["MESOS_RECOVERY_TIMEOUT"] = mesosDuration(m.cfg.RecoveryTimeout)
		env["MESOS_SUBSCRIPTION_BACKOFF_MAX"] = mesosDuration(m.cfg.subscriptionBackoff())
	}
	for _, v := range ex.info.Command.GetEnvironment().GetVariables() {
		if n := v.GetName(); n != "" && !strings.ContainsAny(n+v.GetValue(), "\x00") {
			env[n] = v.GetValue()
		}
	}
	if m.cfg.authenticated() {
		env["MESOS_EXECUTOR_AUTHENTICATION_TOKEN"] = ex.token
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
