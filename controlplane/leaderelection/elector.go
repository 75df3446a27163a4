package leaderelection

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	clientv3 "go.etcd.io/etcd/client/v3"
	"golang.org/x/sync/errgroup"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/outage"
)

// The keys in etcd.
const (
	leaderKey     = "/kubernetes-mesos/leader"
	serversPrefix = "/kubernetes-mesos/servers/"
)

// retryAfter is the pause before something in etcd is tried again.
const retryAfter = time.Second

// Elector represents this process among those that share its etcd.
type Elector struct {
	etcd   *clientv3.Client // nil: alone
	server string
	name   string // shown to people
	log    logr.Logger

	leading   chan struct{}
	following chan struct{}
	lost      chan struct{}
	why       *LostError // valid once lost is closed

	lead atomic.Pointer[lead] // while leading

	outage outage.Outage // of etcd; used where the lease is granted and renewed

	servers servers
}

// lead is the state that makes a peer the leader.
type lead struct {
	lease    *lease
	revision int64 // at which the leader's key was created
}

// New returns a peer whose API server is reached at the URL server. name identifies
// the process to people. Nothing happens before Run.
func New(etcd *clientv3.Client, server, name string, log logr.Logger) *Elector {
	return &Elector{
		etcd: etcd, server: server, name: name, log: log,
		leading: make(chan struct{}), following: make(chan struct{}), lost: make(chan struct{}),
		servers: servers{own: server, log: log, changed: make(chan struct{}, 1)},
	}
}

// Alone returns a peer that does not share its etcd: it always leads.
func Alone(server string) *Elector {
	e := New(nil, server, "", logr.Discard())
	close(e.leading)
	return e
}

// LostError reports that this process was the leader and no longer is. Its state in
// memory is stale: it must end.
type LostError struct{ Reason error }

// Error gives the reason, and says that a restart is the right reaction.
func (e *LostError) Error() string {
	return fmt.Sprintf("this framework_runner has lost the lead: %v; started again it follows, or leads if no other does", e.Reason)
}

// Unwrap returns the reason.
func (e *LostError) Unwrap() error { return e.Reason }

// Run takes part among the peers until ctx ends, then gives up the lead at once and
// returns nil. It returns a *LostError if the lead is lost before that.
func (e *Elector) Run(ctx context.Context) error {
	if e.etcd == nil {
		<-ctx.Done()
		return nil
	}
	e.outage.Log, e.outage.Server = e.log, "etcd at "+strings.Join(e.etcd.Endpoints(), ",")
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel()
	watching.Go(func() { e.servers.watch(ctx, e.etcd) })
	for {
		err := e.live(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if e.lead.Load() != nil {
			return e.why
		}
		if o := (*outage.Error)(nil); !errors.As(err, &o) { // already logged
			e.log.Error(err, "starting over")
		}
		if !pause(ctx) {
			return nil
		}
	}
}

// live lives through one lease, and returns why it ended.
func (e *Elector) live(ctx context.Context) error {
	l, err := grant(ctx, e.etcd)
	if ctx.Err() != nil {
		return err
	}
	if err != nil {
		return e.outage.Failed(err, ttl+retryAfter)
	}
	e.outage.Over("")
	g, during := errgroup.WithContext(ctx)
	g.Go(func() error { return l.keep(during, &e.outage) })
	g.Go(func() error { return e.register(during, l) })
	g.Go(func() error { return e.campaign(during, l) })
	err = g.Wait()
	if ctx.Err() == nil && e.lead.Load() != nil {
		e.why = &LostError{err}
		close(e.lost)
		return err // without telling etcd, which may not answer
	}
	l.giveUp()
	return err
}

// Leading is closed once this process leads.
func (e *Elector) Leading() <-chan struct{} { return e.leading }

// Following is closed once another process is found to lead. It stays closed if this
// one leads later.
func (e *Elector) Following() <-chan struct{} { return e.following }

// Hold waits, and returns a *LostError as soon as this process no longer leads, or
// nil when ctx ends.
func (e *Elector) Hold(ctx context.Context) error {
	select {
	case <-e.lost:
		return e.why
	case <-ctx.Done():
		return nil
	}
}

// errNotLeading is returned by Check before this peer leads.
var errNotLeading = errors.New("this framework_runner does not lead")

// Check returns nil while this process certainly leads.
func (e *Elector) Check() error {
	if e.etcd == nil {
		return nil
	}
	select {
	case <-e.lost:
		return e.why
	default:
	}
	lead := e.lead.Load()
	if lead == nil {
		return errNotLeading
	}
	if left := lead.lease.left(); left <= 0 {
		return &LostError{fmt.Errorf("etcd has not renewed our lease in time, it was over %s ago", (-left).Round(time.Millisecond))}
	}
	return nil
}

// Fence returns the conditions for a transaction of the leader.
func (e *Elector) Fence() []clientv3.Cmp {
	if e.etcd == nil {
		return nil
	}
	revision := int64(-1) // no key has this one
	if lead := e.lead.Load(); lead != nil {
		revision = lead.revision
	}
	return []clientv3.Cmp{clientv3.Compare(clientv3.CreateRevision(leaderKey), "=", revision)}
}

// pause waits for retryAfter. It returns false if ctx ends first.
func pause(ctx context.Context) bool {
	t := time.NewTimer(retryAfter)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
