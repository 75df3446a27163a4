package mesos

import (
	"crypto/tls"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]time.Duration{
		"15mins": 15 * time.Minute, "2secs": 2 * time.Second, "12500ms": 12500 * time.Millisecond,
		"1.5secs": 1500 * time.Millisecond, "5weeks": 35 * 24 * time.Hour, "1days": 24 * time.Hour,
		"2hrs": 2 * time.Hour, "7us": 7 * time.Microsecond, "3ns": 3, "0ns": 0, "-1secs": -time.Second,
		"0.1secs": 100 * time.Millisecond, "1e3ms": time.Second,
	} {
		if got, err := ParseDuration(s); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "15", "mins", "15 mins", "15m", "1x2secs", "0x10secs", "1_0secs", "NaNsecs", "1e300weeks", "20000weeks", "15MINS", "+-1secs"} {
		if got, err := ParseDuration(s); err == nil {
			t.Errorf("%q: %v", s, got)
		}
	}
}

// The environment that an agent of Mesos 1.11 gives an executor with checkpointing.
var environment = map[string]string{
	"MESOS_EXECUTOR_ID":                    "ex-1",
	"MESOS_CHECKPOINT":                     "1",
	"MESOS_HTTP_COMMAND_EXECUTOR":          "0",
	"MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD": "12500ms",
	"MESOS_SUBSCRIPTION_BACKOFF_MAX":       "3secs",
	"MESOS_AGENT_ENDPOINT":                 "127.0.0.1:25151",
	"MESOS_SANDBOX":                        "/mnt/mesos/sandbox",
	"MESOS_DIRECTORY":                      "/srv/agent1/runs/1",
	"MESOS_RECOVERY_TIMEOUT":               "20mins",
	"MESOS_FRAMEWORK_ID":                   "c01a1218-0000",
	"MESOS_SLAVE_ID":                       "c01a1218-S0",
	"MESOS_SLAVE_PID":                      "slave(1)@127.0.0.1:25151",
}

func TestExecutorFromEnv(t *testing.T) {
	t.Parallel()
	full := ExecutorConfig{
		FrameworkID: "c01a1218-0000", ExecutorID: "ex-1", AgentID: "c01a1218-S0",
		Endpoint: "127.0.0.1:25151", Process: "slave(1)",
		Directory: "/srv/agent1/runs/1", Sandbox: "/mnt/mesos/sandbox", Checkpoint: true,
		RecoveryTimeout: 20 * time.Minute, SubscribeWithin: 3 * time.Second, ShutdownGrace: 12500 * time.Millisecond,
	}
	tests := []struct {
		name   string
		change map[string]string
		want   func(*ExecutorConfig)
		err    string
	}{
		{name: "as recorded", want: func(*ExecutorConfig) {}},
		{name: "without checkpointing", change: map[string]string{
			"MESOS_CHECKPOINT": "0", "MESOS_RECOVERY_TIMEOUT": "", "MESOS_SUBSCRIPTION_BACKOFF_MAX": "",
		}, want: func(c *ExecutorConfig) {
			c.Checkpoint, c.RecoveryTimeout, c.SubscribeWithin = false, 15*time.Minute, 2*time.Second
		}},
		{name: "no grace period", change: map[string]string{"MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD": ""},
			want: func(c *ExecutorConfig) { c.ShutdownGrace = 5 * time.Second }},
		{name: "no sandbox", change: map[string]string{"MESOS_SANDBOX": ""},
			want: func(c *ExecutorConfig) { c.Sandbox = c.Directory }},
		{name: "token and TLS", change: map[string]string{"MESOS_EXECUTOR_AUTHENTICATION_TOKEN": "a.b.c", "LIBPROCESS_SSL_ENABLED": "1"},
			want: func(c *ExecutorConfig) { c.Token, c.HTTPS = "a.b.c", true }},
		{name: "TLS without its authority", change: map[string]string{"LIBPROCESS_SSL_ENABLED": "1", "LIBPROCESS_SSL_CA_FILE": "/nowhere"},
			err: "LIBPROCESS_SSL_ENABLED: certificates of the Mesos authority: open /nowhere"},
		{name: "domain socket", change: map[string]string{"MESOS_DOMAIN_SOCKET": "/var/run/agent.sock", "MESOS_AGENT_ENDPOINT": ""},
			want: func(c *ExecutorConfig) { c.Socket, c.Endpoint = "/var/run/agent.sock", "" }},
		{name: "no framework", change: map[string]string{"MESOS_FRAMEWORK_ID": ""}, err: "MESOS_FRAMEWORK_ID is not set"},
		{name: "no agent", change: map[string]string{"MESOS_SLAVE_ID": ""}, err: "MESOS_SLAVE_ID is not set"},
		{name: "no executor", change: map[string]string{"MESOS_EXECUTOR_ID": ""}, err: "MESOS_EXECUTOR_ID is not set"},
		{name: "no port", change: map[string]string{"MESOS_AGENT_ENDPOINT": "localhost"}, err: `MESOS_AGENT_ENDPOINT: "localhost" is not host:port`},
		{name: "no endpoint", change: map[string]string{"MESOS_AGENT_ENDPOINT": ""}, err: "MESOS_AGENT_ENDPOINT"},
		{name: "bad duration", change: map[string]string{"MESOS_RECOVERY_TIMEOUT": "15m"}, err: `MESOS_RECOVERY_TIMEOUT: "15m" is not a duration`},
		{name: "negative duration", change: map[string]string{"MESOS_SUBSCRIPTION_BACKOFF_MAX": "-1secs"}, err: "MESOS_SUBSCRIPTION_BACKOFF_MAX: \"-1secs\" is negative"},
	}
	for _, tt := range tests {
		env := maps.Clone(environment)
		maps.Copy(env, tt.change)
		got, err := ExecutorFromEnv(func(name string) string { return env[name] })
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: %v, want %q", tt.name, err, tt.err)
			}
			continue
		}
		want := full
		tt.want(&want)
		if (got.TLS != nil) != want.HTTPS {
			t.Errorf("%s: TLS %v", tt.name, got.TLS)
		}
		got.TLS = nil
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v; want %+v", tt.name, got, err, want)
		}
	}
}

// Mistakes in a SchedulerConfig are found at once, and no error shows a secret.
func TestSchedulerConfigErrors(t *testing.T) {
	t.Parallel()
	for _, cfg := range []SchedulerConfig{
		{Master: "http://a:1", TLS: &tls.Config{}},
		{Master: ""}, {Master: "zk://a:2181"},
		{Master: "a:1", Principal: "p", Secret: "s:t"}, {Master: "a:1", Principal: "p:q"},
	} {
		if _, err := NewScheduler(cfg); err == nil || strings.Contains(err.Error(), "s:t") {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}
