package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/credentials"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/faults"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// Config configures a local Mesos. The zero value is one agent with this machine's
// resources, on a free port of the loopback interface.
type Config struct {
	// Addr is the master's listen address; "127.0.0.1:0" if empty. Anyone who
	// reaches it can run programs as this user. Agents listen on loopback.
	Addr string

	// Agents is the number of agents; 0 means 1.
	Agents int

	// Hostname names the agents: a single one as is, several as "<Hostname>-1" and
	// so on. Empty: the host name of the machine.
	Hostname string

	// Hosts are directories of namespaces, such as /proc/1/ns, one for each agent, which
	// stand for its machine: its address is in the network namespace there, and its
	// executors are in that and in the mount namespace, which must show WorkDir. Empty:
	// all agents are on this machine.
	Hosts []string

	// Resources of each agent, in the syntax of a Mesos agent's --resources flag.
	// Any of cpus, mem, disk and ports not named there comes from the machine; ports
	// default to 31000-32000 split among the agents.
	Resources string

	// Attributes of the agents, in the syntax of the --attributes flag: one entry
	// for all of them, or one for each.
	Attributes []string

	// WorkDir holds the agents' sandboxes, the fetcher's cache, what is reserved and the
	// persistent volumes; of these, the next Mesos there knows the last two. Empty: a
	// temporary directory that is removed when Run returns.
	WorkDir string

	// Version is the release of Mesos to imitate where releases differ: "1.11.0",
	// also when empty, or "1.0.4".
	Version string

	// Credentials are the secrets of frameworks by principal. If there are any, the
	// master's APIs and the fault pages require HTTP basic
	// authentication, and each executor must show its agent a token, which is in its
	// environment only.
	Credentials map[string]string

	// Guarded makes a Mesos that runs as root without Credentials refuse every task.
	// If unset, every client is trusted.
	Guarded bool

	// Simulate, if set, is called for each executor instead of starting a program:
	// for tests and benchmarks with very many agents. Nothing is fetched and there
	// is no sandbox directory. It gets the environment that the program would have
	// and speaks HTTP to its agent like any executor; its context ends when the
	// agent kills it. It returns the exit code.
	Simulate func(ctx context.Context, env map[string]string, info *mesospb.ExecutorInfo) int

	// Faults to play; none by default.
	Faults Faults

	// FaultPages serves pages below /local on the master's address, through which
	// anyone who reaches it can break agents, executors and the master.
	FaultPages bool

	// Log receives messages about executors that start and end; the zero Logger
	// discards them.
	Log logr.Logger

	// Times. Zero means the default, which is Mesos' own except for RecoveryTimeout.
	HeartbeatInterval     time.Duration // of scheduler streams; 15 s
	AllocationInterval    time.Duration // between rounds of offers; 1 s
	OfferTimeout          time.Duration // an offer is rescinded after it; 0: never
	AgentTimeout          time.Duration // a silent agent is lost after it; 75 s
	RegistrationTimeout   time.Duration // an executor must subscribe within it; 1 min
	ReregistrationTimeout time.Duration // the same, after its agent came back; 2 s
	ShutdownGrace         time.Duration // between SHUTDOWN and SIGKILL, when ExecutorInfo has none; 5 s
	UpdateRetry           time.Duration // until an unacknowledged status is sent again, then doubling; 10 s
	RecoveryTimeout       time.Duration // MESOS_RECOVERY_TIMEOUT of executors; 15 s, so that they end soon after a killed process of ours
}

// withDefaults returns c with defaults filled in, or what is wrong with it.
func (c Config) withDefaults() (Config, error) {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	if c.Version == "" {
		c.Version = newest
	}
	if c.Version != newest && c.Version != oldest {
		return c, fmt.Errorf("local Mesos: release %q cannot be imitated; choose %s or %s", c.Version, newest, oldest)
	}
	if c.Agents == 0 {
		c.Agents = 1
	}
	if c.Agents < 0 {
		return c, fmt.Errorf("local Mesos: %d agents asked for; at least 1 is needed", c.Agents)
	}
	if c.Hostname == "" {
		h, err := os.Hostname()
		if err != nil {
			return c, fmt.Errorf("local Mesos: name of this machine: %w", err)
		}
		c.Hostname = h
	}
	if n := len(c.Attributes); n > 1 && n != c.Agents {
		return c, fmt.Errorf("local Mesos: attributes for %d agents, but there are %d; give one entry for all or one for each", n, c.Agents)
	}
	if n := len(c.Hosts); n > 0 && n != c.Agents {
		return c, fmt.Errorf("local Mesos: hosts for %d agents, but there are %d; give one for each", n, c.Agents)
	}
	for _, a := range c.Attributes {
		if _, err := resources.ParseAttributes(a); err != nil {
			return c, fmt.Errorf("local Mesos: %w", err)
		}
	}
	if err := c.Faults.Validate(); err != nil {
		return c, fmt.Errorf("local Mesos: %w", err)
	}
	return c.withDefaultTimes()
}

func (c Config) withDefaultTimes() (Config, error) {
	for _, d := range []struct {
		value *time.Duration
		usual time.Duration
	}{
		{&c.HeartbeatInterval, 15 * time.Second},
		{&c.AllocationInterval, time.Second},
		{&c.OfferTimeout, 0},
		{&c.AgentTimeout, 75 * time.Second},
		{&c.RegistrationTimeout, time.Minute},
		{&c.ReregistrationTimeout, 2 * time.Second},
		{&c.ShutdownGrace, 5 * time.Second},
		{&c.UpdateRetry, 10 * time.Second},
		{&c.RecoveryTimeout, 15 * time.Second},
	} {
		if *d.value < 0 {
			return c, errors.New("local Mesos: a time in its configuration is negative")
		}
		if *d.value == 0 {
			*d.value = d.usual
		}
	}
	return c, nil
}

// subscriptionBackoff is executors' MESOS_SUBSCRIPTION_BACKOFF_MAX: they must be
// back before the agent gives them up, and never wait for more than 15 s.
func (c *Config) subscriptionBackoff() time.Duration {
	return min(c.ReregistrationTimeout, 15*time.Second)
}

func (c *Config) hostname(agent int) string {
	if c.Agents == 1 {
		return c.Hostname
	}
	return fmt.Sprintf("%s-%d", c.Hostname, agent+1)
}

func (c *Config) host(agent int) string {
	if len(c.Hosts) == 0 {
		return ""
	}
	return c.Hosts[agent]
}

func (c *Config) attributes(agent int) string {
	switch len(c.Attributes) {
	case 0:
		return ""
	case 1:
		return c.Attributes[0]
	}
	return c.Attributes[agent]
}

// Faults are deliberate failures, see [faults.Faults].
type Faults = faults.Faults

// ParseFaults parses Faults from JSON, see [faults.Parse].
func ParseFaults(b []byte) (Faults, error) { return faults.Parse(b) }

// ParseCredentials parses principals and their secrets, see [credentials.Parse].
func ParseCredentials(b []byte) (map[string]string, error) { return credentials.Parse(b) }

// The releases of Mesos that can be imitated.
const (
	newest = "1.11.0"
	oldest = "1.0.4"
)

// old reports whether the first release of the v1 API is imitated. It has no
// PARTITION_AWARE, multiple roles, task groups or draining, and permanently loses an
// agent that was away.
func (c *Config) old() bool { return c.Version == oldest }

// authenticated reports whether executors have tokens: since release 1.4, if
// frameworks have credentials.
func (c *Config) authenticated() bool { return len(c.Credentials) > 0 && !c.old() }

// launchesNothing says why no program may be started for a framework: any client of
// a Mesos without credentials could become root through it.
func (c *Config) launchesNothing() string {
	if !c.Guarded || len(c.Credentials) > 0 || os.Getuid() != 0 {
		return ""
	}
	return "this local Mesos runs as root and asks for no credentials, so it starts nothing for anyone; start it with credentials for frameworks"
}
