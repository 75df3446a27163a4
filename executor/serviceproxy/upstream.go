package serviceproxy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/informers"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/kubernetes/pkg/proxy"
	"k8s.io/kubernetes/pkg/proxy/apis"
	"k8s.io/kubernetes/pkg/proxy/config"
	"k8s.io/kubernetes/pkg/proxy/healthcheck"
	"k8s.io/kubernetes/pkg/proxy/nftables"
	proxyutil "k8s.io/kubernetes/pkg/proxy/util"
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
	provider, err := p.provider(ctx)
	if err != nil {
		return err
	}
	p.topology.next = provider
	p.feed(ctx, provider)
	go provider.SyncLoop()
	tick := time.NewTicker(repairEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := p.repair(ctx); err != nil && ctx.Err() == nil {
				p.cfg.Log.Error(err, "restoring the rules for services; the next attempt follows", "within", repairEvery)
			}
		}
	}
}

// repairEvery is how often rules are looked for that others have removed, such as by
// reloading the host's firewall.
const repairEvery = 30 * time.Second

// repair makes the rules again that are not there. kube-proxy itself would do so within an
// hour.
func (p *Proxy) repair(ctx context.Context) error {
	missing := false
	for family := range families {
		if !hasTable(ctx, family, guardTable) {
			missing = true
		}
	}
	if missing {
		if err := guard(ctx, p.cfg.Services); err != nil {
			return err
		}
	}
	if !hasTable(ctx, nftFamily(p.cfg.Addresses[0]), kubeProxyTable) {
		p.topology.repeat()
	}
	return nil
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

// provider returns the proxier for the node's IP families.
func (p *Proxy) provider(ctx context.Context) (proxy.Provider, error) {
	ips, recorder := p.families(), p.recorder(ctx)
	health := healthcheck.NewProxyHealthServer("", healthTimeout, nil) // asked by services' health ports, not served itself
	local := map[v1.IPFamily]proxyutil.LocalTrafficDetector{}
	var nodePorts []string
	for family := range ips {
		local[family] = proxyutil.NewNoOpLocalDetector()
	}
	for _, pods := range p.cfg.Pods {
		local[familyOf(pods.Addr())] = proxyutil.NewDetectLocalByCIDR(pods.String())
	}
	for _, a := range p.cfg.Addresses {
		nodePorts = append(nodePorts, fmt.Sprintf("%v/%d", a, a.BitLen()))
	}
	if len(ips) == 2 {
		return nftables.NewDualStackProxier(ctx, syncPeriod, minSync, false, masqueradeBit, local, p.cfg.Node, ips, recorder, health, nodePorts, false)
	}
	family := familyOf(p.cfg.Addresses[0])
	return nftables.NewProxier(ctx, family, syncPeriod, minSync, false, masqueradeBit, local[family], p.cfg.Node, ips[family], recorder, health, nodePorts, false)
}

// feed makes the proxier follow services, endpoints, service ranges and this node's
// topology, each as kube-proxy itself selects them.
func (p *Proxy) feed(ctx context.Context, provider proxy.Provider) {
	all := p.informers(func(*metav1.ListOptions) {})
	services := p.informers(func(o *metav1.ListOptions) {
		o.LabelSelector = "!" + apis.LabelServiceProxyName
		o.FieldSelector = fields.OneTermNotEqualSelector("spec.clusterIP", v1.ClusterIPNone).String()
	})
	slices := p.informers(func(o *metav1.ListOptions) { o.LabelSelector = "!" + v1.IsHeadlessService })
	own := p.informers(func(o *metav1.ListOptions) {
		o.FieldSelector = fields.OneTermEqualSelector("metadata.name", p.cfg.Node).String()
	})

	service := config.NewServiceConfig(ctx, services.Core().V1().Services(), resync)
	service.RegisterEventHandler(provider)
	endpoints := config.NewEndpointSliceConfig(ctx, slices.Discovery().V1().EndpointSlices(), resync)
	endpoints.RegisterEventHandler(provider)
	ranges := config.NewServiceCIDRConfig(ctx, all.Networking().V1().ServiceCIDRs(), resync)
	ranges.RegisterEventHandler(provider)
	topology := config.NewNodeTopologyConfig(ctx, own.Core().V1().Nodes(), resync)
	topology.RegisterEventHandler(&p.topology)

	for _, f := range []informers.SharedInformerFactory{all, services, slices, own} {
		f.Start(ctx.Done())
	}
	go service.Run(ctx.Done())
	go endpoints.Run(ctx.Done())
	go ranges.Run(ctx.Done())
}

// resync is how often informers repeat everything: kube-proxy's default.
const resync = 15 * time.Minute

func (p *Proxy) informers(tweak func(*metav1.ListOptions)) informers.SharedInformerFactory {
	return informers.NewSharedInformerFactoryWithOptions(p.cfg.Client, resync, informers.WithTweakListOptions(tweak))
}

// Remove removes the rules if no other executor of this host needs them. Run has returned.
func (p *Proxy) Remove(ctx context.Context) error {
	if p.member == nil {
		return nil
	}
	defer p.member.Release()
	last, err := p.member.Last()
	if err != nil || !last || !p.guards {
		return err
	}
	if nftables.CleanupLeftovers(ctx) {
		err = fmt.Errorf("service proxy: kube-proxy's table could not be removed: its log says why")
	}
	if e := errors.Join(unguard(ctx), p.cfg.Locks.Remove(turn)); e != nil {
		return fmt.Errorf("service proxy: %w", e)
	}
	return err
}
