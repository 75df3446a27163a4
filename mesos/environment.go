package mesos

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/go-logr/logr"
)

// Defaults of variables that agents may omit (src/slave/constants.hpp).
const (
	defaultRecoveryTimeout = 15 * time.Minute
	defaultSubscribeWithin = 2 * time.Second
	defaultShutdownGrace   = 5 * time.Second
)

// An ExecutorConfig holds what an agent tells an executor it starts.
type ExecutorConfig struct {
	FrameworkID, ExecutorID, AgentID string

	Endpoint string // host:port of the agent
	HTTPS    bool   // whether Endpoint speaks TLS
	Socket   string // path of a unix socket to be used in place of Endpoint, or ""
	Process  string // name of the agent's process, "slave(1)"; part of paths on Socket
	Token    string // JWT for authentication, or ""

	Directory string // sandbox as the host sees it
	Sandbox   string // sandbox as the executor sees it

	// Checkpoint means that the agent may restart and expects the executor back.
	Checkpoint bool
	// RecoveryTimeout is how long to wait for an agent that is away.
	RecoveryTimeout time.Duration
	// SubscribeWithin is how long a restarted agent waits for its executors; it
	// kills those that come later.
	SubscribeWithin time.Duration
	// ShutdownGrace is how long the agent waits after SHUTDOWN before it kills.
	ShutdownGrace time.Duration

	TLS  *tls.Config // for HTTPS; nil is Go's defaults
	Dial Dialer      // makes connections; nil is the network, or Socket

	// Log receives messages about the connection to the agent and about what is
	// dropped; the zero Logger discards them.
	Log logr.Logger
}

// ExecutorFromEnv reads the variables that an agent sets, such as
// MESOS_FRAMEWORK_ID. The token among them should be removed from the environment
// before other programs are started. The error names the invalid variable.
func ExecutorFromEnv(getenv func(string) string) (ExecutorConfig, error) {
	c := ExecutorConfig{
		FrameworkID: getenv("MESOS_FRAMEWORK_ID"),
		ExecutorID:  getenv("MESOS_EXECUTOR_ID"),
		AgentID:     getenv("MESOS_SLAVE_ID"),
		Endpoint:    getenv("MESOS_AGENT_ENDPOINT"),
		HTTPS:       yes(getenv("LIBPROCESS_SSL_ENABLED")),
		Socket:      getenv("MESOS_DOMAIN_SOCKET"),
		Process:     processName(getenv("MESOS_SLAVE_PID")),
		Token:       getenv("MESOS_EXECUTOR_AUTHENTICATION_TOKEN"),
		Directory:   getenv("MESOS_DIRECTORY"),
		Sandbox:     getenv("MESOS_SANDBOX"),
		Checkpoint:  yes(getenv("MESOS_CHECKPOINT")),
	}
	if c.Sandbox == "" {
		c.Sandbox = c.Directory
	}
	var wrong []error
	if c.HTTPS && c.Socket == "" {
		// The agent is on this host and uses Mesos' own ciphers.
		config, err := TLSFiles{CA: getenv("LIBPROCESS_SSL_CA_FILE"), Cert: getenv("LIBPROCESS_SSL_CERT_FILE"),
			Key: getenv("LIBPROCESS_SSL_KEY_FILE"), RSAKeyExchange: true}.Config()
		if err != nil {
			wrong = append(wrong, fmt.Errorf("LIBPROCESS_SSL_ENABLED: %w", err))
		}
		c.TLS = config
	}
	for _, v := range []struct{ name, value string }{
		{"MESOS_FRAMEWORK_ID", c.FrameworkID}, {"MESOS_EXECUTOR_ID", c.ExecutorID}, {"MESOS_SLAVE_ID", c.AgentID},
	} {
		if v.value == "" {
			wrong = append(wrong, fmt.Errorf("%s is not set: executors are started by a Mesos agent, not by hand", v.name))
		}
	}
	if _, _, err := net.SplitHostPort(c.Endpoint); err != nil && c.Socket == "" {
		wrong = append(wrong, fmt.Errorf("MESOS_AGENT_ENDPOINT: %q is not host:port", c.Endpoint))
	}
	for _, v := range []struct {
		name  string
		into  *time.Duration
		unset time.Duration
	}{
		{"MESOS_RECOVERY_TIMEOUT", &c.RecoveryTimeout, defaultRecoveryTimeout},
		{"MESOS_SUBSCRIPTION_BACKOFF_MAX", &c.SubscribeWithin, defaultSubscribeWithin},
		{"MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", &c.ShutdownGrace, defaultShutdownGrace},
	} {
		*v.into = v.unset
		if s := getenv(v.name); s != "" {
			d, err := ParseDuration(s)
			if err == nil && d < 0 {
				err = fmt.Errorf("%q is negative", s)
			}
			if err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %w", v.name, err))
			}
			*v.into = d
		}
	}
	return c, errors.Join(wrong...)
}

// processName returns the part before the @ of a libprocess id, slave(1)@ip:port.
func processName(pid string) string {
	for i, r := range pid {
		if r == '@' {
			return pid[:i]
		}
	}
	return ""
}

// yes parses a boolean as Mesos and libprocess write it.
func yes(s string) bool { return s == "1" || s == "true" }
