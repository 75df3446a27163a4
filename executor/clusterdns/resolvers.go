package clusterdns

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coredns/coredns/plugin/forward"
	"github.com/go-logr/logr"
	"github.com/miekg/dns"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/hostresolver"
)

// resolvers passes queries on to the machine's own resolvers, in the order of their file,
// and follows its changes. Without any it answers at once that it cannot.
type resolvers struct {
	file  string
	never netip.Addr // would ask this server again
	log   logr.Logger

	current atomic.Pointer[forward.Forward]
}

// Name implements plugin.Handler.
func (r *resolvers) Name() string { return "resolvers" }

// ServeDNS implements plugin.Handler.
func (r *resolvers) ServeDNS(ctx context.Context, w dns.ResponseWriter, q *dns.Msg) (int, error) {
	f := r.current.Load()
	if f == nil {
		return dns.RcodeServerFailure, nil
	}
	return f.ServeDNS(ctx, w, q)
}

// rereadPeriod is how often the file is read again.
const rereadPeriod = 5 * time.Second

// run follows the file until ctx ends.
func (r *resolvers) run(ctx context.Context) {
	tick := time.NewTicker(rereadPeriod)
	defer tick.Stop()
	var now []string
	for first := true; ; first = false {
		if servers := r.servers(); first || !slices.Equal(servers, now) {
			now = servers
			r.use(servers)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			r.use(nil)
			return
		}
	}
}

// servers returns the servers to ask: at most three, as other resolvers do.
func (r *resolvers) servers() []string {
	var all []string
	for _, a := range hostresolver.Servers(hostresolver.File(r.file)) {
		if a != r.never && len(all) < 3 {
			all = append(all, a.String())
		}
	}
	return all
}

// use replaces the servers that are asked. Queries under way are still answered.
func (r *resolvers) use(servers []string) {
	var next *forward.Forward
	if len(servers) > 0 {
		made, err := setUp("forward", "forward . "+strings.Join(servers, " ")+" {\n policy sequential\n prefer_udp\n max_concurrent 1000\n}")
		if err != nil {
			r.log.Error(err, "names outside of the cluster are not resolved", "resolvers", servers)
		} else {
			next = made(nil).(*forward.Forward)
			_ = next.OnStartup() // starts goroutines, and returns no error
		}
	}
	if before := r.current.Swap(next); before != nil {
		_ = before.OnShutdown() // likewise
	}
}
