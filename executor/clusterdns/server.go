package clusterdns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
)

// Config configures the DNS server of one node.
type Config struct {
	Client  *rest.Config // of the API server, as this node
	Domain  string       // of the cluster, such as cluster.local
	Address netip.Addr   // of this node: where the server listens
	Port    uint16       // preferred; 0, or if it is taken: any
	// Service is where pods ask: this server never asks there. While it is silent, this
	// host's queries go to other nodes' servers. The zero value: unknown.
	Service netip.Addr
	// Inside are the addresses that are answered, in addition to this machine's own. Where
	// they are not known, as others give pods their addresses, all private ones are.
	Inside []netip.Prefix
	// Resolvers is the file that names the machine's own resolvers, see package hostresolver.
	Resolvers string
	Sockets   *Sockets
	// Owner identifies the executor among those of this host.
	Owner string
	// Serving is called with the server's port as soon as it knows all names, and ends with
	// the context.
	Serving func(ctx context.Context, port uint16)
	Log     logr.Logger
}

// Server is the DNS server of one node.
type Server struct {
	cfg     Config
	inside  atomic.Pointer[[]netip.Prefix]
	leads   atomic.Pointer[func(node, address string) bool]
	machine machine
}

// New checks cfg. It has no side effects.
func New(cfg Config) (*Server, error) {
	if !cfg.Address.IsValid() || cfg.Domain == "" || cfg.Client == nil || cfg.Sockets == nil {
		return nil, fmt.Errorf("cluster DNS: an address (%v), a domain (%q), a client and sockets are needed", cfg.Address, cfg.Domain)
	}
	s := &Server{cfg: cfg, machine: machine{list: net.InterfaceAddrs}}
	s.SetInside(cfg.Inside)
	return s, nil
}

// SetInside replaces the addresses that are answered.
func (s *Server) SetInside(inside []netip.Prefix) { s.inside.Store(&inside) }

// SetLeads replaces what reports whether a pod's address leads to it from here, whose node and
// address it is given. Others are not told; before the first call all are.
func (s *Server) SetLeads(leads func(node, address string) bool) { s.leads.Store(&leads) }

func (s *Server) led(node, address string) bool {
	leads := s.leads.Load()
	return leads == nil || (*leads)(node, address)
}

// Run answers queries until ctx ends. It does not answer before it knows all names: until
// then queries wait.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	names, err := s.newNames(ctx)
	if err != nil {
		return fmt.Errorf("cluster DNS: %w", err)
	}
	all.Go(names.APIConn.Run)
	defer names.APIConn.Stop()
	if err := wait.PollUntilContextCancel(ctx, syncPeriod, true, func(context.Context) (bool, error) {
		return names.APIConn.HasSynced(), nil
	}); err != nil {
		return nil
	}
	resolvers := &resolvers{file: s.cfg.Resolvers, never: s.cfg.Service, log: s.cfg.Log}
	all.Go(func() { resolvers.run(ctx) })
	config, err := s.chain(names, resolvers)
	if err != nil {
		return fmt.Errorf("cluster DNS: %w", err)
	}
	udp, tcp, err := s.cfg.Sockets.open(netip.AddrPortFrom(s.cfg.Address, s.cfg.Port))
	if err != nil {
		return fmt.Errorf("cluster DNS: %w", err)
	}
	if own := at(udp.LocalAddr()); s.cfg.Service.IsValid() {
		d := &detour{own: own, service: s.cfg.Service, domain: s.cfg.Domain, owner: s.cfg.Owner}
		all.Go(func() {
			d.run(ctx, func() []netip.AddrPort { return othersThan(own, names) }, func(err error) {
				s.cfg.Log.Error(err, "while this server does not answer, names of this node's pods will not resolve")
			})
		})
	}
	return s.serve(ctx, config, udp, tcp)
}

const syncPeriod = 20 * time.Millisecond

// serve answers what comes to two sockets, and closes them.
func (s *Server) serve(ctx context.Context, config *dnsserver.Config, udp net.PacketConn, tcp net.Listener) error {
	at := netip.MustParseAddrPort(udp.LocalAddr().String())
	server, err := dnsserver.NewServer("dns://"+at.String(), []*dnsserver.Config{config})
	if err != nil {
		return errors.Join(err, udp.Close(), tcp.Close())
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() { cancel(server.ServePacket(udp)) })
	all.Go(func() { cancel(server.Serve(tcp)) })
	if s.cfg.Serving != nil {
		all.Go(func() { s.cfg.Serving(ctx, at.Port()) })
	}
	<-ctx.Done()
	_ = server.Stop() // what it waits for in vain ends with the sockets
	_ = udp.Close()
	_ = tcp.Close()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("cluster DNS at %v: %w", at, err)
	}
	return nil
}
