package serviceproxy

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/events"
	"k8s.io/kubernetes/pkg/proxy"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/hostlock"
)

// Config configures the proxy of one executor.
type Config struct {
	Client  kubernetes.Interface
	Cluster string // identifies the cluster among those of the host
	Node    string // its name
	// Addresses are the node's, at most one per IP family. Node ports are served at them.
	Addresses []netip.Addr
	// Pods and Services are the cluster's ranges. Services have the IP families of theirs.
	Pods, Services []netip.Prefix
	Locks          hostlock.Dir
	// Report is told by Run whether services work, and why not otherwise; nil: nobody is.
	Report func(error)
	Log    logr.Logger
}

// Proxy makes the rules for services while it is this host's turn.
type Proxy struct {
	cfg       Config
	member    *hostlock.Lock
	guards    bool            // the tables of this host's services are ours
	abandoned map[string]bool // guard tables that no executor stood behind at the last look
	mode      mode            // of the rules that were made here; nil: none
	topology  topology
	sieve     sieve
	provider  proxy.Provider // nil until it was this host's turn
}

// Why services are not reached from a host.
var (
	// ErrForeign: a kube-proxy that is not ours works there.
	ErrForeign = errors.New("a kube-proxy of another cluster works on this host: its rules are left alone, and services of this cluster are not reached from here; end it, or give this cluster other machines")
	// ErrOtherCluster: another cluster of this kind has its services there.
	ErrOtherCluster = errors.New("another cluster has its services on this host, and only one can: services of this cluster are not reached from here until the other one's executors have ended")
	// ErrUnsupported: the host lacks what rules need.
	ErrUnsupported = errors.New("this host can have no rules for services")
)

// RemoveLeft removes what executors of a cluster have left on this host, unless one of them
// lives.
func RemoveLeft(ctx context.Context, locks hostlock.Dir, cluster string) error {
	return (&Proxy{cfg: Config{Cluster: cluster, Locks: locks}}).Remove(ctx)
}

// New checks cfg. It has no side effects.
func New(cfg Config) (*Proxy, error) {
	if len(cfg.Addresses) == 0 || len(cfg.Addresses) > 2 || len(cfg.Services) == 0 {
		return nil, fmt.Errorf("service proxy: node %s has the addresses %v, services the ranges %v: one or two addresses and a range are needed", cfg.Node, cfg.Addresses, cfg.Services)
	}
	return &Proxy{cfg: cfg}, nil
}

// SetLeads replaces what reports whether a pod's address leads to it from here, whose node and
// address it is given. Rules lead to no other pods; before the first call they lead to all.
func (p *Proxy) SetLeads(leads func(node, address string) bool) { p.sieve.set(leads) }

// The names of the locks that all clusters of a host share. The one that executors of a
// cluster hold together is that of members.
const (
	turn   = "service-proxy"       // held by the one that makes rules
	claims = "service-proxy-claim" // held while one looks whose the services of the host are
)

const membersPrefix = "service-proxy-members-"

func members(cluster string) string { return membersPrefix + short(cluster) }

// short returns a name for a cluster.
func short(cluster string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(cluster)))[:8] }

// Run waits for its turn, then keeps the rules up to date until ctx ends. It fails with
// [ErrForeign] or [ErrOtherCluster], or with [ErrUnsupported] if the host lacks what is
// needed. The rules stay when it returns; see Remove.
func (p *Proxy) Run(ctx context.Context) error {
	err := p.run(ctx)
	if ctx.Err() != nil || err == nil {
		return nil
	}
	return fmt.Errorf("service proxy: %w", err)
}

func (p *Proxy) run(ctx context.Context) error {
	if p.member == nil {
		member, err := p.cfg.Locks.Join(ctx, members(p.cfg.Cluster))
		if err != nil {
			return err
		}
		p.member = member
	}
	m, err := supported(ctx)
	if err != nil {
		return err
	}
	if err := p.claim(ctx); err != nil {
		return err
	}
	p.report(nil)
	held, err := p.cfg.Locks.Acquire(ctx, turn)
	if err != nil {
		return err
	}
	defer held.Release()
	// An executor before may have made rules another way, which lead to endpoints of then.
	if err := removeOthers(ctx, m); err != nil {
		return err
	}
	p.mode = m
	return p.proxy(ctx)
}

func (p *Proxy) report(err error) {
	if p.cfg.Report != nil {
		p.cfg.Report(err)
	}
}

// claim makes this host's services those of our cluster, unless they are another's.
func (p *Proxy) claim(ctx context.Context) error {
	lock, err := p.cfg.Locks.Acquire(ctx, claims)
	if err != nil {
		return err
	}
	defer lock.Release()
	if err := p.ours(ctx); err != nil {
		return err
	}
	if err := guard(ctx, p.cfg.Cluster, p.cfg.Services); err != nil {
		return err
	}
	p.guards = true
	return nil
}

// addresses returns the node's address for each IP family that services have; where it has
// none, one that no packet comes to.
func (p *Proxy) addresses() map[v1.IPFamily]netip.Addr {
	all := map[v1.IPFamily]netip.Addr{}
	for _, services := range p.cfg.Services {
		family := familyOf(services.Addr())
		all[family] = netip.IPv4Unspecified()
		if services.Addr().Is6() {
			all[family] = netip.IPv6Unspecified()
		}
		for _, a := range p.cfg.Addresses {
			if familyOf(a) == family {
				all[family] = a
			}
		}
	}
	return all
}

func familyOf(a netip.Addr) v1.IPFamily {
	if a.Is4() {
		return v1.IPv4Protocol
	}
	return v1.IPv6Protocol
}

// recorder returns what kube-proxy writes events with, until ctx ends.
func (p *Proxy) recorder(ctx context.Context) events.EventRecorder {
	broadcaster := events.NewBroadcaster(&events.EventSinkImpl{Interface: p.cfg.Client.EventsV1()})
	broadcaster.StartRecordingToSink(ctx.Done())
	return broadcaster.NewRecorder(eventScheme, "kube-proxy")
}

// minSync is the least time between two changes of rules: what changes within it is made
// in one transaction.
const minSync = 100 * time.Millisecond
