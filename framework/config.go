package framework

import (
	"context"
	"errors"
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/claims"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/taskinfo"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
)

// Config configures a Framework. Client, Store, Mesos and the executor's URI are
// required; the zero value of everything else is a sensible default.
type Config struct {
	Log logr.Logger // the zero value discards

	Client kubernetes.Interface // all rights; its own rate limit should be off
	Store  Store                // small durable records
	Mesos  Mesos                // a connection for its exclusive use

	Info     Info
	Executor Executor

	// MaxPods is the most pods that an agent gets before its kubelet has
	// registered and reports its own limit. Default: taskdata.DefaultMaxPods.
	MaxPods int

	// NodePorts are the ports of services on agents. The Node of an agent that offers
	// any of them says so.
	NodePorts []resources.Range

	// DefaultContainer is what a container with neither a cpu nor a memory request
	// counts as; its disk is that of one without a request for ephemeral-storage.
	// Default: DefaultContainer.
	DefaultContainer scheduler.Amount

	// Order and Choice are the policies by which pods are placed. Default: first come,
	// first served; spread over the agents.
	Order  scheduler.Order
	Choice scheduler.Choice

	// Rules say where pods may run beyond amounts, ports, selectors and taints.
	// Nil: pods depend on nothing else.
	Rules Rules

	// Volumes has Mesos keep volumes. Nil: none are.
	Volumes Volumes

	// Recorder is told what the core decides, by its goroutine: it must not block. Nil:
	// nobody is.
	Recorder Recorder

	// Schedulers are the names of schedulers that pods ask for which this framework is
	// to run. Default: podspec.DefaultSchedulers.
	Schedulers podspec.Schedulers

	// Machines are the host names of the agents that may be used, as Mesos
	// knows them; empty means all.
	Machines []string

	// Cluster is handed to every executor; Token is filled in for each node, and
	// Servers from Settings where there is one.
	Cluster taskdata.Cluster

	// Settings returns what running executors are told; it is called each time
	// they are told. It must not block. Nil: always Cluster.Servers.
	Settings func() taskdata.Settings

	// SettingsChanged yields a value whenever executors are to be told again;
	// nil: they are told only periodically.
	SettingsChanged <-chan struct{}

	// RulesNews yields what the Rules are to be told by Observe, apart from objects of the
	// API server, such as answers of others that they have asked; nil: nothing.
	RulesNews <-chan any

	// StartOver permits a new framework id when Mesos has removed ours although
	// tasks are on record. Mesos killed them when it removed the framework.
	StartOver bool
}

// Core returns the configuration of the core.
func (c Config) Core() scheduler.Config {
	return scheduler.Config{Executor: c.Executor.Amount, Order: c.Order, Choice: c.Choice, Rules: c.Rules}
}

// Recorder is told each Step of the core, and what its Rules are told besides.
type Recorder interface {
	Record(at time.Time, e scheduler.Event, calls []scheduler.Call)
	Observe(at time.Time, object any, gone bool)
}

// Rules are the core's Rules. They are also told what the API server has of
// namespaces, volumes and what else they look at besides pods and Nodes.
type Rules interface {
	scheduler.Rules
	// Observe takes an object as it is now, or that is gone, and reports whether any
	// answer may differ from now on.
	Observe(object any, gone bool) bool
}

// claimPlanner is implemented by Rules that know what is to become of a pod's claims on the
// node that was chosen.
type claimPlanner interface {
	Plan(p *v1.Pod, node string) claims.Plan
}

// volumeRules is implemented by Rules that know how much of a node's disk is kept for
// volumes, in bytes: Mesos offers it nevertheless.
type volumeRules interface{ VolumesOn(node string) int64 }

// What an executor costs, and what a container without requests counts as.
var (
	DefaultExecutor  = scheduler.Amount{CPU: 100, Mem: 192} // a kubelet, DNS and rules of a few hundred services
	DefaultContainer = scheduler.Amount{CPU: 250, Mem: 64}
)

// Info is how the framework presents itself to Mesos.
type Info struct {
	Name      string // default "kubernetes"
	User      string // the account that executors run as; default "root"
	Role      string // default "*"
	Principal string // the authenticated one, if any
	Hostname  string // shown by Mesos
	WebUI     string // URL, shown by Mesos

	// FailoverTimeout is how long pods live on while no framework is
	// subscribed. Default: a week.
	FailoverTimeout time.Duration
}

// Executor says how an agent gets and starts the executor; see [taskinfo.Executor].
type Executor = taskinfo.Executor

// Store keeps the framework's records; see [records.Store].
type (
	Store  = records.Store
	Change = records.Change
)

// MaxChanges is how many changes one Commit may have.
const MaxChanges = records.MaxChanges

// Mesos is a scheduler's connection to a Mesos master; see [mesos.Scheduler] for
// what its errors mean.
type Mesos interface {
	// Run stays subscribed until ctx ends or the master refuses for good. It
	// calls info for each subscription.
	Run(ctx context.Context, info func() *mesospb.FrameworkInfo, h mesos.SchedulerHandler) error

	// Send makes one call, or acknowledges several updates at once; calls
	// arrive in the order sent. No error means only that the master has taken
	// them.
	Send(ctx context.Context, calls ...*mesospb.SchedulerCall) error

	// Agents returns the agents that the master knows, if it lets us ask.
	Agents(ctx context.Context) ([]*mesospb.MasterResponse_GetAgents_Agent, error)
}

func (c Config) withDefaults() (Config, error) {
	switch {
	case c.Client == nil, c.Store == nil, c.Mesos == nil:
		return c, errors.New("framework: client, store and Mesos connection are needed")
	case c.Executor.URI == "":
		return c, errors.New("framework: no executor URI: nothing could be started on an agent")
	case c.Executor.FileName() == "":
		return c, errors.New("framework: executor URI " + c.Executor.URI + " names no file")
	case c.Info.FailoverTimeout < 0:
		return c, errors.New("framework: negative failover timeout")
	}
	c.Info = c.Info.withDefaults()
	setDefault(&c.Executor.Amount, DefaultExecutor)
	setDefault(&c.MaxPods, taskdata.DefaultMaxPods)
	setDefault(&c.Executor.ShutdownGrace, time.Minute)
	setDefault(&c.DefaultContainer, DefaultContainer)
	if len(c.Schedulers) == 0 {
		c.Schedulers = podspec.DefaultSchedulers()
	}
	return c, nil
}

func (i Info) withDefaults() Info {
	setDefault(&i.Name, "kubernetes")
	setDefault(&i.User, "root")
	setDefault(&i.Role, "*")
	setDefault(&i.FailoverTimeout, 7*24*time.Hour)
	return i
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}
