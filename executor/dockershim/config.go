package dockershim

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"time"

	"github.com/go-logr/logr"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// Owner identifies the owner of containers: one framework on one agent.
type Owner = spec.Owner

// Config configures a server. Only Socket and Owner are required.
type Config struct {
	// Docker is the daemon's endpoint: unix:///path or tcp://host:port. Empty means
	// DOCKER_HOST or, if that is not set, the daemon's default socket. The daemon
	// must run on this machine.
	Docker string

	// Socket is the path of the unix socket to serve on. Linux allows 107 bytes,
	// which a directory of a Mesos sandbox exceeds by far.
	Socket string

	// Owner is the owner of the containers that are served.
	Owner Owner

	// StreamingAddress is where exec, attach and port-forward are served to the
	// kubelet, which passes them on. It should be a loopback address, and is
	// 127.0.0.1 with a free port when empty.
	StreamingAddress string

	// CgroupParent is the cgroup of pods for which the kubelet names none. Empty
	// leaves it to Docker, as does a non-slice with Docker's systemd driver.
	CgroupParent string

	// LogSize and LogFiles limit the log of a container: Docker starts a new file
	// at LogSize bytes and keeps LogFiles of them. Zero means 9 MiB and 5: a little
	// less than the kubelet's own limit (containerLogMaxSize, 10 MiB), so that
	// Docker, which loses no line doing it, is the one to rotate.
	LogSize  int64
	LogFiles int

	// PidsLimit is how many processes and threads a container may have, so that
	// one that forks without end harms only itself. Zero means 4,096; a negative
	// value means no limit.
	PidsLimit int64

	// PullProgress is how long a pull may make no progress before it is aborted. Zero
	// means one minute.
	PullProgress time.Duration

	// Pulling, if set, is told how far a pull is: within a second of its start, then every ten
	// seconds until it ends. It is waited for.
	Pulling func(ctx context.Context, p Pull, progress string)

	// SweepAfter is how long a container may be seen created but not started before it
	// is removed as a leftover. Zero means ten minutes.
	SweepAfter time.Duration

	// PodNetwork returns what connects pods to the cluster's network, or why no pod can
	// start now. If it returns nil or is not set, Docker connects them to its bridge.
	PodNetwork func() (PodNetwork, error)

	// ClusterDNS are DNS servers that pods reach by PodNetwork alone. Pods without it ask the
	// host's servers instead.
	ClusterDNS []string

	// NetworkReady returns why pods cannot be connected now, if so. If it is not set, Docker
	// must have its default network. PodRanges is told the node's ranges of pod addresses.
	NetworkReady func(context.Context) error
	PodRanges    func([]netip.Prefix)

	// Log receives what goes wrong outside of calls. The zero Logger discards it.
	Log logr.Logger
}

// The defaults of Config.
const (
	defaultLogSize      = 9 << 20
	defaultLogFiles     = 5
	defaultPidsLimit    = 4096
	defaultPullProgress = time.Minute
	defaultSweepAfter   = 10 * time.Minute
	maxSocketPath       = 107
)

// complete fills in defaults and refuses values that cannot work.
func (c Config) complete() (Config, error) {
	switch {
	case c.Owner.Framework == "" || c.Owner.Agent == "":
		return c, errors.New("dockershim: the owner's framework id and agent id must be given")
	case !filepath.IsAbs(c.Socket):
		return c, fmt.Errorf("dockershim: socket %q: an absolute path is needed", c.Socket)
	case len(c.Socket) > maxSocketPath:
		return c, fmt.Errorf("dockershim: socket %s: the path has %d bytes, Linux allows %d: choose a shorter directory", c.Socket, len(c.Socket), maxSocketPath)
	}
	if c.StreamingAddress == "" {
		c.StreamingAddress = "127.0.0.1:0"
	}
	if c.LogSize == 0 {
		c.LogSize = defaultLogSize
	}
	if c.LogFiles == 0 {
		c.LogFiles = defaultLogFiles
	}
	if c.PidsLimit == 0 {
		c.PidsLimit = defaultPidsLimit
	}
	if c.PullProgress == 0 {
		c.PullProgress = defaultPullProgress
	}
	if c.SweepAfter == 0 {
		c.SweepAfter = defaultSweepAfter
	}
	return c, nil
}
