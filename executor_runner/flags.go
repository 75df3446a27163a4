package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/node"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/upgrade"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/hostlock"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
)

// options are the values of the flags.
type options struct {
	docker    string
	root      string
	address   string
	maxPods   int
	pidsLimit int64
	resizeCPU float64
	resizeMem int64
	contain   bool
	locks     string
	resolvers string
	volumes   string
	check     bool
}

// glogFlags are the flags of the logging library.
var glogFlags = []string{"v", "vmodule", "logtostderr", "alsologtostderr", "stderrthreshold", "log_dir"}

// flagSet returns the program's flags and what they will be set to. Libraries have added
// flags of their own to the usual set, which mean nothing here.
func flagSet() (*flag.FlagSet, *options) {
	f := flag.NewFlagSet("executor_runner", flag.ExitOnError)
	for _, name := range glogFlags {
		if g := flag.Lookup(name); g != nil {
			f.Var(g.Value, g.Name, g.Usage)
		}
	}
	return f, register(f)
}

// register adds the flags to f, and returns what they will be set to.
func register(f *flag.FlagSet) *options {
	o := &options{}
	f.StringVar(&o.docker, "docker_endpoint", "", "`endpoint` of the Docker daemon on this machine; the default is DOCKER_HOST or unix:///var/run/docker.sock")
	f.StringVar(&o.root, "root_dir", "/var/lib/kubernetes-mesos", "`directory` for pods' volumes, logs and certificates; each agent has its own in there")
	f.StringVar(&o.address, "node_address", "", "IP `address` under which the node is reached, or a network that it is in, such as 10.1.0.0/16; the default is the agent's, or that of the interface with the default route")
	f.IntVar(&o.maxPods, "max_pods", taskdata.DefaultMaxPods, "how many pods this node takes at most")
	f.Float64Var(&o.resizeCPU, "resize_cpus", 0, "how many of the executor's `cpus` are for pods that grow in place beyond what their tasks have")
	f.Int64Var(&o.resizeMem, "resize_mem", 0, "how many `MiB` of the executor's memory are for pods that grow in place beyond what their tasks have")
	f.Int64Var(&o.pidsLimit, "container_pids_limit", 0, "how many processes and threads a container may have; 0 means 4096, -1 no limit")
	f.BoolVar(&o.contain, "contain_pods", true, "make pods' containers part of this executor's Mesos container, where the agent's isolators use control groups")
	f.StringVar(&o.locks, "lock_dir", hostlock.Usual, "`directory` for the locks by which executors share this machine's network")
	f.StringVar(&o.volumes, "volume_dir", "", "`directory` for volumes of storage class local, which outlive pods and executors; the default is volumes in -root_dir")
	f.StringVar(&o.resolvers, "resolv_conf", "", "`file` that names the DNS servers of this machine; the default is /etc/resolv.conf, or the one behind systemd-resolved")
	f.BoolVar(&o.check, strings.TrimPrefix(upgrade.CheckFlag, "-"), false, "exit at once: this shows whether the program starts on this machine with these flags")
	return o
}

// node returns the configuration of the node of an agent.
func (o *options) node(agent mesos.ExecutorConfig) node.Config {
	return node.Config{
		RootDir: o.root, Docker: o.docker, Endpoint: agent.Endpoint, Address: o.address, MaxPods: o.maxPods, PidsLimit: o.pidsLimit, ResizeCPUs: o.resizeCPU, ResizeMem: o.resizeMem,
		Contain: o.contain, Sandbox: agent.Directory, Locks: o.locks, Resolvers: o.resolvers, VolumeDir: o.volumes,
	}
}

// runner is a node whose errors name this program's flags: the framework shows them as the
// reason why a pod has failed.
type runner struct{ *node.Node }

// Run implements executor.PodRunner.
func (r runner) Run(ctx context.Context, spec executor.Spec, o executor.Observer) error {
	return withFlag(r.Node.Run(ctx, spec, o))
}

// withFlag adds to an error about a setting the flag that sets it.
func withFlag(err error) error {
	var bad *node.ConfigError
	if !errors.As(err, &bad) {
		return err
	}
	return fmt.Errorf("%w (-%s)", err, bad.Setting)
}
