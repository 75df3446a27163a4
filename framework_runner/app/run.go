package app

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane"
	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/leaderelection"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/etcdstore"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/schedulerplugins"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/volumes"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/logging"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/noderoutes"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// run starts the parts and ends them when ctx does or one of them fails. When the
// lead is lost it returns at once, and the parts end with the process: another
// framework_runner acts by now, and none of ours may act.
func run(ctx context.Context, o options) (err error) {
	p := newParts(logging.New())
	defer func() {
		if lost := (*leaderelection.LostError)(nil); !errors.As(err, &lost) {
			err = errors.Join(err, p.stop())
		}
	}()

	if o.serveLocalMesos != "" {
		m, err := newLocalMesos(o, p.log)
		if err != nil {
			return err
		}
		p.start(ctx, "local Mesos", m.Run)
		return p.wait(ctx)
	}
	if o.teardown {
		return tearDown(ctx, p, o)
	}
	if o.recording.replay != "" {
		return replay(ctx, o, os.Stdout)
	}
	asked := newPlacements(o)
	plane, err := startControlPlane(ctx, p, o, asked)
	if err != nil {
		return err
	}
	if err := p.waitFor(ctx, plane.Ready()); err != nil || ctx.Err() != nil {
		return err
	}
	if o.port == 0 {
		p.log.Info(fmt.Sprintf("the API is ready: %s, v1beta1 at %s/v1beta1, no local port is served", plane.Servers()[0], o.apiPrefix))
	} else {
		p.log.Info(fmt.Sprintf("the API is ready: http://%s, v1beta1 at %s/v1beta1", plane.LocalAddr(), o.apiPrefix))
	}
	if err := startRoutes(ctx, p, o, plane); err != nil {
		return err
	}
	p.start(ctx, "leadership", plane.Elector().Hold)
	if err := startFramework(ctx, p, o, plane, asked); err != nil {
		return err
	}
	return p.wait(ctx)
}

// startControlPlane starts the API; anything wrong with flags fails at once.
func startControlPlane(ctx context.Context, p *parts, o options, asked *placements) (*controlplane.ControlPlane, error) {
	cfg := controlPlaneConfig(o, p.log)
	asked.answer(&cfg)
	plane, err := controlplane.New(cfg)
	if c := (*controlplane.ConfigError)(nil); errors.As(err, &c) {
		return nil, usageError{fmt.Errorf("-%w", c)}
	}
	if err != nil {
		return nil, err
	}
	p.start(ctx, "control plane", plane.Run)
	return plane, nil
}

// startFramework starts what schedules pods: the Mesos it needs, if it is local,
// and the framework itself. Everything is prepared at once, so mistakes show,
// and runs as soon as this process leads.
func startFramework(ctx context.Context, p *parts, o options, plane *controlplane.ControlPlane, asked *placements) error {
	if o.master.kind == masterNone {
		return startWithoutMesos(ctx, p, o, plane)
	}
	records := recordsIn(plane)
	space, err := mesosVolumes(p, o, plane, records)
	if err != nil {
		return err
	}
	f, err := newFramework(ctx, p, o, plane, records, space)
	if err != nil {
		return err
	}
	plane.ShowScheduler(func(ctx context.Context) error { return schedulerHealth(ctx, f) })
	plane.ShowMesos(func(ctx context.Context) (any, error) { return mesosFacts(ctx, o, f) })
	if err := p.waitFor(ctx, plane.Elector().Leading()); err != nil || ctx.Err() != nil {
		return err
	}
	if err := records.MoveFrom(ctx, etcdstore.FormerPrefix); ctx.Err() != nil {
		return nil
	} else if err != nil {
		return err
	}
	client, err := clientOf(plane)
	if err != nil {
		return err
	}
	startServiceControllers(ctx, p, o, client, f)
	if err := startVolumes(ctx, p, client, space); err != nil {
		return err
	}
	run := func(ctx context.Context) error {
		return explainRemoval(explainTakeover(asked.during(f, func() error { return measured(ctx, f) }), plane.Elector()))
	}
	if o.master.kind == masterRemote {
		p.start(ctx, "framework", run)
		return nil
	}
	m, err := newLocalMesos(o, p.log)
	if err != nil {
		return err
	}
	p.start(ctx, "framework", run)
	// Started last and so ended first: its executors end in order while the
	// framework still listens to what becomes of their pods.
	p.start(ctx, "local Mesos", m.Run)
	return nil
}

// recordsIn returns the framework's records in the control plane's etcd. Before they are
// used, this process leads and those of former versions are moved there.
func recordsIn(plane *controlplane.ControlPlane) *etcdstore.Store {
	return etcdstore.New(plane.Etcd(), etcdstore.Prefix, plane.Elector().Fence)
}

// schedulerHealth returns what keeps the framework from placing pods, or nil.
func schedulerHealth(ctx context.Context, f *framework.Framework) error {
	status, err := f.Status(ctx)
	if err != nil {
		return fmt.Errorf("the framework gives no answer: %w", err)
	}
	if !status.Connected {
		return errors.New("the framework is not connected to a Mesos master: the log of framework_runner tells why")
	}
	return nil
}

// startWithoutMesos starts what tells pods that nothing will run them.
func startWithoutMesos(ctx context.Context, p *parts, o options, plane *controlplane.ControlPlane) error {
	plane.ShowScheduler(func(context.Context) error { return errors.New(withoutMesos) })
	if list(o.controllers)[0] == "none" {
		return nil // the bare API: only its users write
	}
	client, err := clientOf(plane)
	if err != nil {
		return err
	}
	if err := p.waitFor(ctx, plane.Elector().Leading()); err != nil || ctx.Err() != nil {
		return err
	}
	profiles, err := profilesOf(o)
	if err != nil {
		return err
	}
	p.start(ctx, "framework", func(ctx context.Context) error {
		return framework.WithoutMesos(ctx, client, withoutMesos, profiles.Names(), p.log.WithName("framework"))
	})
	return nil
}

const withoutMesos = "no Mesos master: framework_runner was started with -mesos_master=none"

// newFramework wires the framework to the control plane and the master.
func newFramework(ctx context.Context, p *parts, o options, plane *controlplane.ControlPlane, records framework.Store, space *volumes.Mesos) (*framework.Framework, error) {
	executor, program, err := executorFor(ctx, p, o, plane)
	if err != nil {
		return nil, err
	}
	cfg, err := identityOf(o, plane, p.log)
	if err != nil {
		return nil, err
	}
	cfg.Log = p.log.WithName("framework")
	cfg.Store = records
	if space != nil {
		cfg.Volumes = space
	}
	cfg.Executor = executor
	cfg.MaxPods = o.maxPods
	profiles, err := profilesOf(o)
	if err != nil {
		return nil, err
	}
	cfg.Schedulers = profiles.Names()
	rules, err := schedulerplugins.New(ctx, profiles)
	if err != nil {
		return nil, err
	}
	cfg.Rules, cfg.RulesNews = rules, rules.Answers()
	cfg.DefaultContainer = scheduler.Amount{CPU: milli(o.defaultContainerCPU), Mem: o.defaultContainerMem, Disk: o.defaultContainerDisk}
	cfg.Order, cfg.Choice = scheduler.Order(o.scheduling.podOrder), scheduler.Choice(o.scheduling.agentChoice)
	cfg.Machines = list(o.machines)
	if o.podNetwork != networkDocker {
		cfg.NodePorts = []resources.Range{o.nodePorts}
	}
	cfg.StartOver = o.newFrameworkID
	cfg.Settings = func() taskdata.Settings {
		return taskdata.Settings{Servers: plane.Servers(), Program: program}
	}
	cfg.SettingsChanged = plane.ServersChanged()
	cfg.Cluster = taskdata.Cluster{
		CA:            string(plane.CA()),
		ClusterDNS:    list(o.clusterDNS),
		ClusterDomain: o.clusterDomain,
		IdleTimeout:   o.executorIdleTimeout,
		Network:       network(o, plane.CA()),
	}
	if o.recording.record != "" {
		if cfg.Recorder, err = startRecording(ctx, p, o, cfg.Core()); err != nil {
			return nil, err
		}
	}
	return framework.New(cfg)
}

// profilesOf returns the profiles of the scheduler: those of a file, if there is one.
func profilesOf(o options) (*schedulerplugins.Profiles, error) {
	if o.scheduling.schedulerConfig == "" {
		return schedulerplugins.Default(podspec.DefaultSchedulers()...)
	}
	data, err := os.ReadFile(o.scheduling.schedulerConfig)
	if err != nil {
		return nil, usageError{fmt.Errorf("-scheduler_config: %w", err)}
	}
	profiles, err := schedulerplugins.Load(data, o.scheduling.plugins)
	if err != nil {
		return nil, usageError{fmt.Errorf("-scheduler_config=%s: %w", o.scheduling.schedulerConfig, err)}
	}
	return profiles, nil
}

// network returns what executors are told about the network of pods of the cluster with this
// certificate authority; nil: pods are Docker's to connect.
func network(o options, ca []byte) *taskdata.Network {
	switch o.podNetwork {
	case networkDocker:
		return nil
	case networkCNI:
		return &taskdata.Network{
			Services: list(o.serviceClusterIPRange), DNS: ownDNS(o),
			CNI: &taskdata.CNI{BinDir: o.cniBinDir, ConfDir: o.cniConfDir, Network: o.cniNetwork},
		}
	}
	return &taskdata.Network{
		Pods: list(o.clusterCIDR), Services: list(o.serviceClusterIPRange),
		Routes: o.podRoutes, VXLANPort: o.vxlanPort, VNI: noderoutes.VNI(ca), MTU: o.podMTU, DNS: ownDNS(o),
	}
}

// ownDNS returns where pods ask executors for names; "": they ask others, or there is no
// network by which they would reach executors.
func ownDNS(o options) string {
	if o.podNetwork == networkDocker || o.clusterDNS != "" {
		return ""
	}
	if ip := controlplane.DNSAddress(list(o.serviceClusterIPRange)); ip != nil {
		return ip.String()
	}
	return ""
}

// identityOf returns who the framework is, and how it reaches Mesos and the API.
func identityOf(o options, plane *controlplane.ControlPlane, log logr.Logger) (framework.Config, error) {
	addr := o.master.addr
	if o.master.kind == masterLocal {
		addr = o.localAddress
	}
	connection, err := mesos.NewScheduler(mesos.SchedulerConfig{
		Master: addr, Principal: o.login.principal, Secret: o.login.secret, TLS: o.master.tls, Permit: plane.Elector().Check,
		Log: log.WithName("mesos"),
	})
	if err != nil {
		return framework.Config{}, usageError{fmt.Errorf("-mesos_master: %w", err)}
	}
	client, err := clientOf(plane)
	if err != nil {
		return framework.Config{}, err
	}
	hostname, err := os.Hostname()
	if err != nil {
		return framework.Config{}, fmt.Errorf("the name of this machine, which Mesos shows: %w", err)
	}
	return framework.Config{
		Client: client,
		Mesos:  connection,
		Info: framework.Info{
			Name:            o.frameworkName,
			User:            o.frameworkUser,
			Hostname:        hostname,
			Role:            o.frameworkRole,
			WebUI:           webUI(o, plane),
			Principal:       o.principal,
			FailoverTimeout: o.failoverTimeout,
		},
	}, nil
}

func milli(cpus float64) int64 { return int64(cpus*1000 + 0.5) }

func cpus(a scheduler.Amount) float64 { return float64(a.CPU) / 1000 }
