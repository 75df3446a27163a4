package node

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/clusterdns"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/kubelet"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/sysctls"
)

// Config configures a node.
type Config struct {
	// RootDir is the directory that holds the root directories of this host's
	// agents: an absolute path.
	RootDir string
	// Docker is the endpoint of the Docker daemon; empty: the default one.
	Docker string
	// Endpoint is the Mesos agent's host:port; host becomes the node's address if
	// it is usable.
	Endpoint string
	// Address is the node's address or its network: an IP address or a CIDR.
	// Empty: the address of Endpoint, or that of the interface with the default
	// route.
	Address string
	// MaxPods is how many pods the node takes; 0: the kubelet's default.
	MaxPods int

	// ResizeCPUs and ResizeMem (MiB) are the part of what the executor holds of the agent
	// that is for pods that grow in place.
	ResizeCPUs float64
	ResizeMem  int64

	// PidsLimit is how many processes a container may have; 0: dockershim's
	// default; negative: no limit.
	PidsLimit int64
	// Contain has pods' containers made below this executor's own control group,
	// if Mesos has put the executor into one.
	Contain bool
	// Sandbox is this executor's directory as the machine sees it; its last part
	// is the id of the Mesos container.
	Sandbox string
	// Locks is a directory for the locks of the executors of this host; it need not be
	// below RootDir.
	Locks string
	// VolumeDir is the directory of the volumes of storage class local; empty: one in RootDir.
	VolumeDir string
	// Resolvers is the file that names this host's DNS servers, see package hostresolver.
	Resolvers string
	// Names are the sockets of the cluster's DNS server on this node.
	Names *clusterdns.Sockets
	// Verbosity sets the log's verbosity to the framework's; nil: it stays.
	Verbosity func(int) error
	// Log receives what happens. The zero Logger discards it.
	Log logr.Logger
}

// Node runs the pods of one agent. It is an executor.PodRunner.
type Node struct {
	cfg Config

	mu         sync.Mutex         // guards what Run brings up
	root       string             // root directory; "" until it is made
	lock       *lock              // shows that this executor is alive; nil until there is a root directory
	owner      dockershim.Owner   // of the node's containers; empty until there may be any
	groups     string             // control group of the containers; "": Docker's default
	runtime    *runtime           // nil while none serves
	shim       *dockershim.Server // that serves it
	kubelet    *kubelet.Kubelet
	network    *network                   // nil: Docker connects pods
	parameters *sysctls.Parameters        // nil: they cannot be shared, or they are given up
	cniBin     string                     // directory of CNI's plugins, if not the usual one
	servers    []string                   // API servers that the kubelet is to use; nil: those of the Spec
	held       map[string]executor.Amount // by tasks, by uid of pod
	draining   bool                       // no kubelet may come up any more
	drained    bool                       // no pod will run any more
	ended      bool                       // Run has returned
}

var _ executor.PodRunner = (*Node)(nil)

// New returns a node that is not up.
func New(cfg Config) (*Node, error) {
	if !filepath.IsAbs(cfg.RootDir) || filepath.Clean(cfg.RootDir) == "/" {
		return nil, badSetting(rootDir, "%q must be an absolute path and not /", cfg.RootDir)
	}
	cfg.RootDir = filepath.Clean(cfg.RootDir)
	if _, err := parseAddress(cfg.Address); err != nil {
		return nil, err
	}
	return &Node{cfg: cfg, held: map[string]executor.Amount{}}, nil
}

// Run brings up the runtime, then the kubelet, and returns when ctx ends or one of
// them fails. After Drain, it removes what was made for the pods before it returns.
func (n *Node) Run(ctx context.Context, spec executor.Spec, o executor.Observer) error {
	if v := spec.Cluster.Verbosity; v > 0 && n.cfg.Verbosity != nil {
		if err := n.cfg.Verbosity(v); err != nil {
			n.cfg.Log.Error(err, "setting the log's verbosity") // a quieter log is no reason to run no pods
		}
	}
	err := n.run(ctx, spec, o)
	if ctx.Err() != nil {
		err = nil // the end was requested; what it cut short does not matter
	}
	n.mu.Lock()
	n.ended = true
	drained := n.drained
	n.mu.Unlock()
	if drained {
		err = errors.Join(err, n.removeAll())
	}
	return err
}

func (n *Node) run(ctx context.Context, spec executor.Spec, o executor.Observer) error {
	address, err := n.address()
	if err != nil {
		return err
	}
	root, err := n.makeRoot(ctx, spec)
	if err != nil {
		return err
	}
	shim := dockershim.Config{
		Docker:       n.cfg.Docker,
		Socket:       filepath.Join(root, "cri.sock"),
		Owner:        dockershim.Owner{Framework: spec.Framework, Agent: spec.Agent},
		CgroupParent: n.containerParent(),
		PidsLimit:    n.cfg.PidsLimit,
		Log:          n.cfg.Log.WithName("dockershim"),
	}
	parameters := n.joinParameters(ctx)
	network := newNetwork(spec, address, n.cfg.Docker, n.cfg.Locks, n.cfg.Log.WithName("network"))
	if network != nil {
		network.parameters = parameters
		shim.PodNetwork, shim.ClusterDNS = network.podNetwork, network.ownDNS()
		network.names.domain, network.names.resolvers, network.names.sockets = spec.Cluster.ClusterDomain, n.cfg.Resolvers, n.cfg.Names
	}
	if err := network.useCNI(spec.Cluster.Network, root, &shim); err != nil {
		return fmt.Errorf("node %s: %w", spec.Name, err)
	}
	swept := newSweep(n.cfg.Log)
	prepare := func(ctx context.Context, client kubernetes.Interface) error {
		return n.prepare(ctx, spec.Name, network, client, o.Waits)
	}
	k, err := kubelet.New(kubelet.Config{
		Node: spec.Name, Agent: spec.Agent, Addresses: network.nodeIPs(address), RootDir: root, Socket: shim.Socket,
		Servers: spec.Cluster.Servers, CA: []byte(spec.Cluster.CA), Token: spec.Cluster.Token,
		ClusterDNS: network.clusterDNS(spec.Cluster), ClusterDomain: spec.Cluster.ClusterDomain, Resolvers: n.cfg.Resolvers,
		CPUs: spec.Total.CPUs, Memory: megabytes(spec.Total.Mem), Disk: megabytes(spec.Total.Disk),
		ReservedCPUs: spec.Executor.CPUs, ReservedMemory: megabytes(spec.Executor.Mem),
		Resize:  kubeletAmount(executor.Amount{CPUs: n.cfg.ResizeCPUs, Mem: float64(n.cfg.ResizeMem)}),
		MaxPods: n.cfg.MaxPods,
		Pods: func(all []*v1.Pod) {
			pods := podsOf(all)
			swept.podsChanged(pods)
			o.Pods(pods)
		},
		Prepare: prepare,
		Log:     n.cfg.Log.WithName("kubelet"),
	})
	if err != nil {
		return fmt.Errorf("node %s: %w", spec.Name, err)
	}
	shim.Pulling = newPullEvents(spec.Name, k, n.cfg.Log).tell
	n.cfg.Log.Info("bringing the node up", "node", spec.Name, "address", address.String(), "directory", root)
	n.mu.Lock()
	n.owner, n.groups, n.network, n.cniBin = shim.Owner, shim.CgroupParent, network, cniBinDir(spec.Cluster.Network)
	n.mu.Unlock()
	return n.serve(ctx, shim, o.Waits, func(ctx context.Context, r *runtime) error {
		if shim.CgroupParent != "" && r.slices(ctx) {
			n.cfg.Log.Info("pods are not contained after all: Docker's systemd driver makes containers in slices only; " +
				"start Docker with --exec-opt native.cgroupdriver=cgroupfs, or do not have this executor contain pods")
		}
		if !n.setKubelet(k) {
			<-ctx.Done() // drained before there were pods; Run removes the root directory
			return ctx.Err()
		}
		others := newLeftovers(n.cfg.RootDir, n.cfg.Docker, shim.Owner, n.cfg.Log)
		others.cniBin, others.locks = cniBinDir(spec.Cluster.Network), n.cfg.Locks
		sweeps := func(ctx context.Context) { swept.run(ctx, r) }
		reports := func(ctx context.Context) { reportUp(ctx, k.Ready(), o) }
		keeps := func(ctx context.Context) { network.run(ctx, k.Client, r) }
		answers := func(ctx context.Context) { network.answer(ctx, k) }
		stores := func(ctx context.Context) { n.keepVolumes(ctx, spec, k.Ready(), k.Client) }
		return runWith(ctx, k.Run, others.run, sweeps, reports, keeps, answers, stores)
	})
}

// prepare makes the network of the node's pods, if the cluster has one.
func (n *Node) prepare(ctx context.Context, name string, network *network, client kubernetes.Interface, waits func(string)) error {
	n.mu.Lock()
	r, owner := n.runtime, n.owner
	n.mu.Unlock()
	if network == nil || network.cni != nil {
		if err := removeFormer(ctx, n.cfg.Locks, owner, network != nil); err != nil && ctx.Err() == nil {
			n.cfg.Log.Error(err, "what executors with another network have left stays until this one ends")
		}
	}
	if network != nil {
		return network.prepare(ctx, client, r, waits)
	}
	if err := removeCondition(ctx, client, name); err != nil && ctx.Err() == nil {
		n.cfg.Log.Error(err, "an old condition of the Node stays")
	}
	return nil
}

// setKubelet makes k the kubelet that calls go to, with the API servers known by now. It
// returns false if k must not run because the node was drained first.
func (n *Node) setKubelet(k *kubelet.Kubelet) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.draining {
		return false
	}
	n.kubelet = k
	for uid, a := range n.held {
		k.Hold(uid, kubeletAmount(a))
	}
	if n.servers == nil {
		return true
	}
	if err := k.SetServers(n.servers); err != nil {
		n.cfg.Log.Error(err, "keeping the API servers that came with the first task")
	}
	return true
}

// reportUp reports to o that the node is up once it is ready: the kubelet has its
// certificate. Before that, no pod may be bound to it.
func reportUp(ctx context.Context, ready <-chan struct{}, o executor.Observer) {
	select {
	case <-ready:
		o.Up()
	case <-ctx.Done():
	}
}

// runWith runs the sides while f runs, and returns when all have ended.
func runWith(ctx context.Context, f func(context.Context) error, sides ...func(context.Context)) error {
	var all sync.WaitGroup
	defer all.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, side := range sides {
		all.Go(func() { side(ctx) })
	}
	return f(ctx)
}

// serve runs the container runtime while f runs, which needs it, and ends f's ctx when
// the runtime ends. While Docker does not answer, serve calls waits with the reason.
func (n *Node) serve(ctx context.Context, config dockershim.Config, waits func(string), f func(context.Context, *runtime) error) error {
	server, err := dockershim.New(config)
	if err != nil {
		return err
	}
	r, err := dial(config.Socket)
	if err != nil {
		return errors.Join(err, server.Close())
	}
	defer r.close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	served := make(chan error, 1)
	go func() {
		defer cancel()
		served <- server.Run(ctx)
	}()
	n.setRuntime(r, server)
	defer n.setRuntime(nil, nil)
	if err = r.awaitDocker(ctx, n.cfg.Log, waits); err == nil {
		err = f(ctx, r)
	}
	cancel()
	if failed := <-served; failed != nil && !errors.Is(failed, context.Canceled) {
		return errors.Join(failed, err)
	}
	return err
}

func (n *Node) setRuntime(r *runtime, server *dockershim.Server) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.runtime, n.shim = r, server
}

func megabytes(mb float64) uint64 { return uint64(max(mb, 0) * (1 << 20)) }
