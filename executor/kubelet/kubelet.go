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

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/apiproxy"
)

// Kubelet is the kubelet of one agent.
type Kubelet struct {
	cfg     Config
	servers *apiproxy.Proxy // stands for all API servers
	source  *source
	resizes *resizes
	ready   chan struct{}
	client  kubernetes.Interface // set before ready is closed
	conn    *rest.Config         // likewise
}

// New checks cfg and returns a kubelet. It has no side effects.
func New(cfg Config) (*Kubelet, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	roots, err := cfg.roots()
	if err != nil {
		return nil, err
	}
	servers, err := apiproxy.New(cfg.Servers, roots, cfg.Log.WithName("apiproxy"))
	if err != nil {
		return nil, fmt.Errorf("kubelet: %w", err)
	}
	return &Kubelet{cfg: cfg, servers: servers, ready: make(chan struct{}),
		source: newSource(cfg.Agent, cfg.Pods), resizes: newResizes(cfg.Resize)}, nil
}

// SetServers sets the API servers to use from now on instead of those of the Config.
// It may be called at any time.
func (k *Kubelet) SetServers(servers []string) error { return k.servers.SetServers(servers) }

// Hold tells what the task of a pod holds of the agent; the zero Amount: the task is over. It
// may be called at any time.
func (k *Kubelet) Hold(uid string, a Amount) { k.resizes.hold(types.UID(uid), a) }

// Ready returns a channel that is closed once the node has its certificate, can talk to
// the API server, and is prepared.
func (k *Kubelet) Ready() <-chan struct{} { return k.ready }

// Client returns a client of the API server as this node. It is available once Ready
// is closed.
func (k *Kubelet) Client() kubernetes.Interface { return k.client }

// Connection returns what Client is made of. It is available once Ready is closed.
func (k *Kubelet) Connection() *rest.Config { return rest.CopyConfig(k.conn) }

// Run gets the node's certificate, starts the kubelet and returns when ctx ends
// or the kubelet cannot start. The kubelet's own goroutines stay until the process
// ends: there is no way to stop them. On some failures (the port was taken in the
// meantime, the host refuses a sysctl) the kubelet ends the process.
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

// runAt runs the kubelet with the API servers behind server.
func (k *Kubelet) runAt(ctx context.Context, server string) error {
	err := k.obtain(ctx, server)
	if err != nil {
		return fmt.Errorf("kubelet: %w", err)
	}
	conn := k.cfg.clientConfig(server)
	k.conn = conn
	if k.client, err = kubernetes.NewForConfig(conn); err != nil {
		return fmt.Errorf("kubelet: client of %s: %w", server, err)
	}
	if k.cfg.Prepare != nil {
		if err := k.cfg.Prepare(ctx, k.client); err != nil {
			return err
		}
	}
	close(k.ready)

	port, err := freePort(k.cfg.Addresses[0])
	if err != nil {
		return err
	}
	s, err := k.cfg.server(port, ownOOMScore())
	if err != nil {
		return err
	}
	return k.run(ctx, s, conn)
}

// obtain gets the node's certificate. If an API server ends during the request, obtain
// tries again with another one, or with the same when it is back.
func (k *Kubelet) obtain(ctx context.Context, server string) error {
	for attempt := 1; ; attempt++ {
		if err := k.servers.Await(ctx); err != nil {
			return err
		}
		err := k.cfg.obtain(ctx, server)
		if err == nil || attempt == attempts || ctx.Err() != nil {
			return err
		}
		k.cfg.Log.Error(err, "obtaining the node's certificate; it will be tried again", "node", k.cfg.Node, "attempt", attempt, "attempts", attempts)
	}
}

// attempts is how often a certificate is requested while API servers are available: a
// refusal rarely goes away.
const attempts = 5

// Drain tells the kubelet to end every pod within grace, and returns at once. It
// needs no API server. The runtime knows whether containers are gone.
func (k *Kubelet) Drain(grace time.Duration) { k.source.drain(time.Now(), grace) }

// freePort returns a port that is free on ip now. The kubelet takes a number, not a
// listener, so another process could take the port in between.
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

// ownOOMScore returns the oom_score_adj of this process, 0 if it cannot be read.
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
