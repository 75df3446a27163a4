package clusterdns

import (
	"context"
	"net/netip"

	"github.com/coredns/coredns/plugin"
	"github.com/go-logr/logr"
	"github.com/miekg/dns"
)

// source refuses queries from outside of the cluster.
type source struct {
	next   plugin.Handler
	allows func(netip.Addr) bool
	log    logr.Logger
}

// Name implements plugin.Handler.
func (s *source) Name() string { return "source" }

// ServeDNS implements plugin.Handler.
func (s *source) ServeDNS(ctx context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
	from, err := netip.ParseAddrPort(w.RemoteAddr().String())
	if err != nil || !s.allows(from.Addr().Unmap()) {
		return dns.RcodeRefused, nil
	}
	code, err := s.next.ServeDNS(ctx, w, r)
	if err != nil {
		s.log.V(1).Info("a query has no answer", "from", from.String(), "name", r.Question[0].Name, "reason", err.Error())
	}
	return code, err
}

// allows reports whether a query from a is answered: from a pod, a node or this machine.
func (s *Server) allows(a netip.Addr) bool {
	if a.IsLoopback() || a == s.cfg.Address {
		return true
	}
	inside := *s.inside.Load()
	if len(inside) == 0 && (a.IsPrivate() || shared.Contains(a)) {
		return true
	}
	for _, p := range inside {
		if p.Contains(a) {
			return true
		}
	}
	return s.machine.has(a)
}

// shared is the range that providers share among their customers (RFC 6598), which some
// networks of pods use.
var shared = netip.MustParsePrefix("100.64.0.0/10")
