package dockershim

import (
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/engine"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// service answers the CRI's calls. Each part answers those of its subject, and owns the
// state that they need.
type service struct {
	unimplemented
	*daemonStatus
	*sandboxes
	*containers
	*images
	*commands
	*streams
	*stats
}

// unimplemented answers the calls that are not served.
type unimplemented struct {
	runtimeapi.UnimplementedRuntimeServiceServer
	runtimeapi.UnimplementedImageServiceServer
}

// newService returns a service, and the inventory and the sweeper behind it.
func newService(c Config) (*service, *inventory, *sweeper) {
	inventory := newInventory(c.Docker, c.Owner, c.Log)
	images := &images{engine: inventory.engine, pullProgress: c.PullProgress, pulling: c.Pulling}
	containers := &containers{inventory: inventory, images: images, config: c}
	commands := &commands{inventory: inventory, log: c.Log}
	stats := &stats{inventory: inventory, layers: layers{inventory: inventory}}
	s := &service{
		daemonStatus: &daemonStatus{inventory.engine, c},
		sandboxes:    &sandboxes{inventory: inventory, config: c},
		containers:   containers,
		images:       images,
		commands:     commands,
		streams:      &streams{inventory: inventory, commands: commands},
		stats:        stats,
	}
	return s, inventory, &sweeper{inventory: inventory, after: c.SweepAfter, log: c.Log, caches: []pruned{
		&inventory.known, &stats.pids, &stats.layers.writable, &containers.oomKilled,
	}}
}

// settings returns the settings for translations.
func (c Config) settings(d *engine.Daemon, pauseImage string) spec.Settings {
	return spec.Settings{
		Owner:         c.Owner,
		PauseImage:    pauseImage,
		CgroupParent:  c.CgroupParent,
		SystemdCgroup: d.SystemdCgroup,
		OOMFloor:      d.OOMFloor,
		LogSize:       c.LogSize,
		LogFiles:      c.LogFiles,
		PidsLimit:     c.PidsLimit,
	}
}
