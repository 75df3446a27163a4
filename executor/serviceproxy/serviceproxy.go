package serviceproxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/events"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/hostlock"
)

// Config configures the proxy of one executor.
type Config struct {
	Client kubernetes.Interface
	Node   string // its name
	// Addresses are the node's, at most one per IP family. Node ports are served at them.
	Addresses []netip.Addr
	// Pods and Services are the cluster's ranges.
	Pods, Services []netip.Prefix
	Locks          hostlock.Dir
	Log            logr.Logger
}

// Proxy makes the rules for services while it is this host's turn.
type Proxy struct {
	cfg      Config
	member   *hostlock.Lock
	guards   bool // the tables of this host's services are ours
	topology topology
}

// ErrForeign reports that another cluster's kube-proxy works on this host.
var ErrForeign = errors.New("a kube-proxy of another cluster works on this host: its rules are left alone, and services of this cluster are not reached from here")

// New checks cfg. It has no side effects.
func New(cfg Config) (*Proxy, error) {
	if len(cfg.Addresses) == 0 || len(cfg.Addresses) > 2 || len(cfg.Services) == 0 {
		return nil, fmt.Errorf("service proxy: node %s has the addresses %v, services the ranges %v: one or two addresses and a range are needed", cfg.Node, cfg.Addresses, cfg.Services)
	}
	return &Proxy{cfg: cfg}, nil
}

// The names of the locks.
const (
	turn    = "service-proxy"
	members = "service-proxy-members"
)

// Run waits for its turn, then keeps the rules up to date until ctx ends. It fails with
// [ErrForeign], or if the host lacks what is needed. The rules stay when it returns; see
// Remove.
func (p *Proxy) Run(ctx context.Context) error {
	if p.member == nil {
		member, err := p.cfg.Locks.Join(ctx, members)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("service proxy: %w", err)
		}
		p.member = member
	}
	if err := guard(ctx, p.cfg.Services); err != nil {
		return fmt.Errorf("service proxy: %w", err)
	}
	p.guards = true
	held, err := p.cfg.Locks.Acquire(ctx, turn)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("service proxy: %w", err)
	}
	defer held.Release()
	if err := p.proxy(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("service proxy: %w", err)
	}
	return nil
}

// families returns the node's address per IP family.
func (p *Proxy) families() map[v1.IPFamily]net.IP {
	all := map[v1.IPFamily]net.IP{}
	for _, a := range p.cfg.Addresses {
		all[familyOf(a)] = a.AsSlice()
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
