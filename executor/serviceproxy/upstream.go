package serviceproxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	"k8s.io/kubernetes/pkg/proxy"
	"k8s.io/kubernetes/pkg/proxy/apis"
	"k8s.io/kubernetes/pkg/proxy/config"
	"k8s.io/kubernetes/pkg/proxy/healthcheck"
	proxyutil "k8s.io/kubernetes/pkg/proxy/util"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/reconcile"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/transform"
)

var eventScheme = clientscheme.Scheme

const (
	// masqueradeBit is the bit of a packet's mark by which kube-proxy remembers to
	// masquerade it: its default.
	masqueradeBit = 14
	// syncPeriod is how often rules are made again if nothing changes: kube-proxy's default.
	syncPeriod = 30 * time.Second
	// healthTimeout is after how long without a sync the proxy counts as unhealthy.
	healthTimeout = 2 * syncPeriod
)

// proxy runs kube-proxy's proxier until ctx ends. Its sync loop never ends; it does nothing
// once the informers have stopped.
func (p *Proxy) proxy(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx) // ends what settings have started if the mode does not start
	defer cancel()
	provider, err := p.mode.start(ctx, p.settings(ctx))
	if err != nil {
		return err
	}
	p.provider, p.topology.next = provider, provider
	p.sieve.begin(provider)
	p.feed(ctx, provider)
	go provider.SyncLoop()
	reconcile.Loop{Every: reconcile.Every, Report: p.report, Do: func(ctx context.Context, _ bool) error { return p.repair(ctx) }}.Run(ctx)
	return nil
}

// repair makes the rules again that others have removed, such as by reloading the host's
// firewall. kube-proxy itself would do so within an hour.
func (p *Proxy) repair(ctx context.Context) error {
	for family := range families {
		if !hasTable(ctx, family, guardTable(p.cfg.Cluster)) {
			if err := guard(ctx, p.cfg.Cluster, p.cfg.Services); err != nil {
				return fmt.Errorf("service proxy: %w", err)
			}
		}
	}
	for _, s := range p.cfg.Services {
		if p.mode.missing(ctx, nftFamily(s.Addr())) {
			p.topology.repeat()
			break
		}
	}
	return nil
}

// missing reports whether the rules of all IP families have gone.
func (p *Proxy) missing(ctx context.Context, m mode) bool {
	for _, s := range p.cfg.Services {
		if !m.missing(ctx, nftFamily(s.Addr())) {
			return false
		}
	}
	return true
}

// topology passes this node's topology on. A change of it makes the proxier write all of
// its rules, and so does a repetition.
type topology struct {
	next config.NodeTopologyHandler

	mu     sync.Mutex
	labels map[string]string
}

// OnTopologyChange implements config.NodeTopologyHandler.
func (t *topology) OnTopologyChange(labels map[string]string) {
	t.mu.Lock()
	t.labels = labels
	t.mu.Unlock()
	t.next.OnTopologyChange(labels)
}

func (t *topology) repeat() {
	t.mu.Lock()
	labels := t.labels
	t.mu.Unlock()
	t.next.OnTopologyChange(labels)
}

// settings are what a proxier is made with.
type settings struct {
	node      string
	family    v1.IPFamily // the first one of services
	ips       map[v1.IPFamily]net.IP
	local     map[v1.IPFamily]proxyutil.LocalTrafficDetector
	nodePorts []string // networks whose addresses serve node ports
	recorder  events.EventRecorder
	health    *healthcheck.ProxyHealthServer
}

// settings returns the settings of this node.
func (p *Proxy) settings(ctx context.Context) settings {
	s := settings{
		node: p.cfg.Node, family: familyOf(p.cfg.Services[0].Addr()), ips: map[v1.IPFamily]net.IP{}, recorder: p.recorder(ctx),
		local:  map[v1.IPFamily]proxyutil.LocalTrafficDetector{},
		health: healthcheck.NewProxyHealthServer("", healthTimeout, nil), // asked by services' health ports, not served itself
	}
	for family, a := range p.addresses() {
		s.ips[family], s.local[family] = a.AsSlice(), proxyutil.NewNoOpLocalDetector()
		s.nodePorts = append(s.nodePorts, fmt.Sprintf("%v/%d", a, a.BitLen()))
	}
	for _, pods := range p.cfg.Pods {
		s.local[familyOf(pods.Addr())] = proxyutil.NewDetectLocalByCIDR(pods.String())
	}
	return s
}

// feed makes the proxier follow services, endpoints, service ranges and this node's
// topology, each as kube-proxy itself selects them.
func (p *Proxy) feed(ctx context.Context, provider proxy.Provider) {
	all := p.informers(func(*metav1.ListOptions) {})
	services := p.informers(func(o *metav1.ListOptions) {
		o.LabelSelector = "!" + apis.LabelServiceProxyName
		o.FieldSelector = fields.OneTermNotEqualSelector("spec.clusterIP", v1.ClusterIPNone).String()
	})
	endpointSlices := p.informers(func(o *metav1.ListOptions) { o.LabelSelector = "!" + v1.IsHeadlessService })
	own := p.informers(func(o *metav1.ListOptions) {
		o.FieldSelector = fields.OneTermEqualSelector("metadata.name", p.cfg.Node).String()
	})

	service := config.NewServiceConfig(ctx, services.Core().V1().Services(), resync)
	service.RegisterEventHandler(provider)
	endpoints := config.NewEndpointSliceConfig(ctx, endpointSlices.Discovery().V1().EndpointSlices(), resync)
	endpoints.RegisterEventHandler(&p.sieve)
	ranges := config.NewServiceCIDRConfig(ctx, all.Networking().V1().ServiceCIDRs(), resync)
	ranges.RegisterEventHandler(unguarded{provider, p.cfg.Services})
	topology := config.NewNodeTopologyConfig(ctx, own.Core().V1().Nodes(), resync)
	topology.RegisterEventHandler(&p.topology)

	for _, f := range []informers.SharedInformerFactory{all, services, endpointSlices, own} {
		f.Start(ctx.Done())
	}
	go service.Run(ctx.Done())
	go endpoints.Run(ctx.Done())
	go ranges.Run(ctx.Done())
}

// unguarded passes on the ranges of services that no guard covers. The proxier drops what is
// sent to an address of a range without a service, so that its sender waits; the guard rejects it.
type unguarded struct {
	next    config.ServiceCIDRHandler
	guarded []netip.Prefix
}

// OnServiceCIDRsChanged implements config.ServiceCIDRHandler.
func (u unguarded) OnServiceCIDRsChanged(all []string) {
	var others []string
	for _, text := range all {
		if r, err := netip.ParsePrefix(text); err != nil || !slices.Contains(u.guarded, r.Masked()) {
			others = append(others, text)
		}
	}
	u.next.OnServiceCIDRsChanged(others)
}

// resync is how often informers repeat everything: kube-proxy's default.
const resync = 15 * time.Minute

func (p *Proxy) informers(tweak func(*metav1.ListOptions)) informers.SharedInformerFactory {
	return informers.NewSharedInformerFactoryWithOptions(p.cfg.Client, resync, informers.WithTweakListOptions(tweak), informers.WithTransform(transform.Unmanaged))
}

// Remove removes the rules if no other executor of this cluster on the host needs them, also
// those that executors which died have left. Run has returned, or was never called.
func (p *Proxy) Remove(ctx context.Context) error {
	err := p.Leave()
	if err == nil {
		err = p.cfg.Locks.IfNone(members(p.cfg.Cluster), func() error { return p.remove(ctx) })
	}
	if err != nil {
		return fmt.Errorf("service proxy: %w", err)
	}
	return nil
}

// Leave leaves the rules to other executors of the cluster. Run has returned.
func (p *Proxy) Leave() error {
	if p.member == nil {
		return nil
	}
	member := p.member
	p.member = nil
	return member.Release()
}

// remove removes what is ours on this host.
func (p *Proxy) remove(ctx context.Context) error {
	claim, err := p.cfg.Locks.Acquire(ctx, claims)
	if err != nil {
		return err
	}
	defer claim.Release()
	guards, err := p.guarded(ctx)
	if guards && err == nil {
		err = errors.Join(p.removeRules(ctx), unguard(ctx, guardTable(p.cfg.Cluster)), p.cfg.Locks.Remove(turn))
	}
	return errors.Join(err, p.cfg.Locks.Remove(claims))
}

// removeRules removes kube-proxy's rules: those of this process, and those that other
// executors have left to it.
func (p *Proxy) removeRules(ctx context.Context) error {
	if err := removeOthers(ctx, p.mode); err != nil || p.mode == nil {
		return err
	}
	switch failed := p.mode.remove(ctx); {
	case p.provider != nil:
		return p.removeLast(ctx, p.mode)
	case failed:
		return errLeft
	}
	return nil
}

var errLeft = errors.New("kube-proxy's rules could not be removed: its log says why")

// A pass of kube-proxy's loop does not end with its context. lastPass is how long afterwards
// one may begin; lastTry is for how long the removal is tried, which fails while one runs.
const (
	lastPass = 5 * minSync
	lastTry  = 10 * time.Second
)

// removeLast removes what a last pass makes.
func (p *Proxy) removeLast(ctx context.Context, m mode) error {
	gone := time.Now()
	err := wait.PollUntilContextTimeout(ctx, minSync/4, lastTry, true, func(ctx context.Context) (bool, error) {
		p.provider.OnServiceCIDRsChanged(nil) // waits for a pass that runs
		if p.missing(ctx, m) {
			return time.Since(gone) > lastPass, nil
		}
		m.remove(ctx)
		gone = time.Now()
		return false, nil
	})
	if err != nil {
		return errors.Join(errLeft, err)
	}
	return nil
}
