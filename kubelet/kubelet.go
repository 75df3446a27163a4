package kubelet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/golang/glog"
	v1 "k8s.io/api/core/v1"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/kubernetes"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"
	"k8s.io/kubernetes/cmd/kubelet/app"
	"k8s.io/kubernetes/cmd/kubelet/app/options"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	upstream "k8s.io/kubernetes/pkg/kubelet"
	podconfig "k8s.io/kubernetes/pkg/kubelet/config"
	kubetypes "k8s.io/kubernetes/pkg/kubelet/types"
	kubeletutil "k8s.io/kubernetes/pkg/kubelet/util"

	"github.com/kubernetes-mesos/kubernetes-mesos/balancer"
)

// Kubelet is the kubelet of one agent. New makes it, Run lives it.
type Kubelet struct {
	cfg     Config
	servers *balancer.Balancer // stands for all API servers
	source  *source
	ready   chan struct{}
	client  kubernetes.Interface // set before ready is closed
}

// New checks cfg; it touches nothing yet.
func New(cfg Config) (*Kubelet, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	roots, err := cfg.roots()
	if err != nil {
		return nil, err
	}
	servers, err := balancer.New(cfg.Servers, roots)
	if err != nil {
		return nil, fmt.Errorf("kubelet: %w", err)
	}
	return &Kubelet{cfg: cfg, servers: servers, ready: make(chan struct{}),
		source: &source{agent: cfg.Agent, observe: cfg.Pods}}, nil
}

// SetServers says which API servers there are from now on, in place of those of
// the Config. It may be called at any time.
func (k *Kubelet) SetServers(servers []string) error { return k.servers.SetServers(servers) }

// Ready is closed once the node has its certificate and can talk to the API
// server.
func (k *Kubelet) Ready() <-chan struct{} { return k.ready }

// Client talks to the API server as this node. It is there once Ready is closed.
func (k *Kubelet) Client() kubernetes.Interface { return k.client }

// Run gets the node's certificate, starts the kubelet and returns when ctx ends
// or the kubelet cannot start. The kubelet's own goroutines stay until the
// process ends: it has no way to stop them. In some cases of failure (the port
// was taken in the meantime, the host refuses a sysctl) it ends the process.
func (k *Kubelet) Run(ctx context.Context) error {
	server, err := k.servers.Listen()
	if err != nil {
		return fmt.Errorf("kubelet: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	balanced := make(chan error, 1)
	go func() { balanced <- k.servers.Run(ctx) }()
	err = k.runAt(ctx, server)
	cancel()
	return errors.Join(err, <-balanced)
}

// runAt lives with the API servers behind server.
func (k *Kubelet) runAt(ctx context.Context, server string) error {
	err := k.obtain(ctx, server)
	if err != nil {
		return fmt.Errorf("kubelet: %w", err)
	}
	conn := k.cfg.clientConfig(server)
	if k.client, err = kubernetes.NewForConfig(conn); err != nil {
		return fmt.Errorf("kubelet: client of %s: %w", server, err)
	}
	close(k.ready)

	port, err := freePort(k.cfg.Address)
	if err != nil {
		return err
	}
	s, err := k.cfg.server(port, ownOOMScore())
	if err != nil {
		return err
	}
	return k.run(ctx, s, conn)
}

// obtain gets the node's certificate. An API server may end while it is asked;
// then another one, or the same when it is back, is asked again.
func (k *Kubelet) obtain(ctx context.Context, server string) error {
	for attempt := 1; ; attempt++ {
		if err := k.servers.Await(ctx); err != nil {
			return err
		}
		err := k.cfg.obtain(ctx, server)
		if err == nil || attempt == attempts || ctx.Err() != nil {
			return err
		}
		glog.Warningf("node %s: attempt %d of %d: %v", k.cfg.Node, attempt, attempts, err)
	}
}

// attempts is how often the cluster is asked for a certificate while API servers
// live: a refusal hardly ever gets better.
const attempts = 5

func (k *Kubelet) run(ctx context.Context, s *options.KubeletServer, conn *rest.Config) error {
	gate := utilfeature.DefaultFeatureGate
	deps, err := app.UnsecuredDependencies(ctx, s, gate)
	if err != nil {
		return fmt.Errorf("kubelet: %w", err)
	}
	events, err := typedv1.NewForConfig(conn)
	if err != nil {
		return fmt.Errorf("kubelet: client for events: %w", err)
	}
	broadcaster := record.NewBroadcaster(record.WithContext(ctx))
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&typedv1.EventSinkImpl{Interface: events.Events("")})

	deps.CAdvisorInterface = k.cfg.machine()
	deps.OSInterface = ownFiles{}
	deps.Recorder = broadcaster.NewRecorder(legacyscheme.Scheme, v1.EventSource{Component: "kubelet", Host: k.cfg.Node})
	deps.PodStartupLatencyTracker = kubeletutil.NewPodStartupLatencyTracker()
	deps.PodConfig = podconfig.NewPodConfig(deps.Recorder, deps.PodStartupLatencyTracker)
	updates := deps.PodConfig.Channel(ctx, kubetypes.ApiserverSource)
	k.source.set = func(pods []*v1.Pod) { send(ctx, updates, pods) }

	ctx, cancel := context.WithCancel(ctx)
	watching := make(chan struct{})
	made := make(chan *upstream.Kubelet, 1)
	deps.Options = append(deps.Options, func(u *upstream.Kubelet) { made <- u })
	go func() {
		defer close(watching)
		k.watch(ctx, s.Port, made)
	}()
	err = app.Run(ctx, s, deps, gate)
	cancel()
	<-watching
	if err != nil {
		return fmt.Errorf("kubelet: %w", err)
	}
	return nil
}

// watch feeds the pods of the node to the kubelet, once that is ready for them.
func (k *Kubelet) watch(ctx context.Context, port int32, made <-chan *upstream.Kubelet) {
	select {
	case <-ctx.Done():
		return
	case u := <-made:
		if !reported(ctx, u, port) {
			return
		}
	}
	k.source.run(ctx, k.client, k.cfg.Node)
}

// reported waits until the kubelet sees in its Node object what it has itself
// reported, known by its port; false: ctx ended. A pod that is given to it before
// would be judged by the object as somebody else has made it, without labels or
// room, and be refused for ever. The kubelet offers nothing to wait on, so it is
// asked again and again.
func reported(ctx context.Context, u *upstream.Kubelet, port int32) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		node, err := u.GetNode(ctx)
		if err == nil && node.Status.DaemonEndpoints.KubeletEndpoint.Port == port && !node.Status.Allocatable.Pods().IsZero() {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

// Drain tells the kubelet to end every pod within grace, and returns at once. It
// needs no API server. Whether containers are gone is for the runtime to say.
func (k *Kubelet) Drain(grace time.Duration) { k.source.drain(time.Now(), grace) }

// send passes pods to the kubelet as the whole of its pods. The type that the
// kubelet's channel takes has no name outside of its package, but this shape.
func send[T ~struct{ Pods []*v1.Pod }](ctx context.Context, updates chan<- T, pods []*v1.Pod) {
	select {
	case updates <- T{Pods: pods}:
	case <-ctx.Done():
	}
}

// freePort picks a port that is free on ip now. The kubelet takes a number, not
// a listener, so that another process could take it in between.
func freePort(ip net.IP) (int32, error) {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: ip})
	if err != nil {
		return 0, fmt.Errorf("kubelet: no free port on %v: %w", ip, err)
	}
	defer l.Close()
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.New("kubelet: a TCP listener without a port")
	}
	return int32(addr.Port), nil
}

// ownOOMScore is the oom_score_adj of this process, 0 when it cannot be read.
func ownOOMScore() int32 {
	b, err := os.ReadFile("/proc/self/oom_score_adj")
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 32)
	if err != nil {
		return 0
	}
	return int32(n)
}
