package leaderelection

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/testetcd"
)

// patience is how long a test waits for a condition.
const patience = 30 * time.Second

// startEtcd starts an etcd and returns it and a client.
func startEtcd(t *testing.T) (*embed.Etcd, *clientv3.Client) {
	t.Helper()
	server := testetcd.Start(t)
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{server.Clients[0].Addr().String()}, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return server, client
}

// running is a running peer.
type running struct {
	*Elector
	t     *testing.T
	stop  context.CancelFunc
	ended chan error
}

func run(t *testing.T, etcd *clientv3.Client, name string) *running {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r := &running{New(etcd, "https://"+name+":6443", name, logr.Discard()), t, stop, make(chan error, 1)}
	go func() { r.ended <- r.Run(ctx) }()
	t.Cleanup(stop)
	return r
}

func (r *running) await(what string, c <-chan struct{}) {
	r.t.Helper()
	select {
	case <-c:
	case err := <-r.ended:
		r.t.Fatalf("%s ended while it was to be %s: %v", r.name, what, err)
	case <-time.After(patience):
		r.t.Fatalf("%s is not %s after %v", r.name, what, patience)
	}
}

// awaitLost waits until the peer ends because it no longer leads.
func (r *running) awaitLost(why string) {
	r.t.Helper()
	if err := r.Hold(r.t.Context()); err == nil {
		r.t.Fatal("the lead was not lost")
	}
	select {
	case err := <-r.ended:
		if lost := (*LostError)(nil); !errors.As(err, &lost) || !strings.Contains(err.Error(), why) {
			r.t.Errorf("%s ended with %v; want a LostError with %q", r.name, err, why)
		}
	case <-time.After(patience):
		r.t.Fatalf("%s does not end", r.name)
	}
	if err := r.Check(); err == nil {
		r.t.Errorf("%s may still act", r.name)
	}
}

// write makes a transaction like r's framework.
func (r *running) write(etcd *clientv3.Client) bool {
	r.t.Helper()
	got, err := etcd.Txn(r.t.Context()).If(r.Fence()...).Then(clientv3.OpPut("/written-by", r.name)).Commit()
	if err != nil {
		r.t.Fatal(err)
	}
	return got.Succeeded
}

// One peer leads. The others learn which, may not write, and take over one after the
// other, at once if the leader ends in an orderly way.
func TestOneLeads(t *testing.T) {
	t.Parallel()
	_, etcd := startEtcd(t)
	a := run(t, etcd, "a")
	a.await("leading", a.Leading())
	b := run(t, etcd, "b")
	b.await("following", b.Following())
	if leader, err := b.Leader(t.Context()); leader != "a" || err != nil {
		t.Errorf("b says that %q leads, %v", leader, err)
	}
	if err := b.Check(); err == nil || b.write(etcd) {
		t.Errorf("b follows and may write (%v)", err)
	}
	if err := a.Check(); err != nil || !a.write(etcd) {
		t.Errorf("a leads and may not write: %v", err)
	}
	select {
	case <-b.Leading():
		t.Fatal("two lead")
	default:
	}

	a.stop()
	if err := <-a.ended; err != nil {
		t.Errorf("a, told to end: %v", err)
	}
	began := time.Now()
	b.await("leading", b.Leading())
	if took := time.Since(began); took > ttl-renewEvery-giveUpWithin { // by then the lease itself could be over
		t.Errorf("b led only %v after a had ended", took)
	}
	if err := b.Check(); err != nil || !b.write(etcd) || a.write(etcd) {
		t.Errorf("b leads (%v): it must be able to write, and a must not", err)
	}
}

// A crashed leader can be replaced when its lease expires.
func TestLeaderCrashes(t *testing.T) {
	t.Parallel()
	server, etcd := startEtcd(t)
	crashed, err := clientv3.New(clientv3.Config{Endpoints: []string{server.Clients[0].Addr().String()}, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	a := run(t, crashed, "a")
	a.await("leading", a.Leading())
	b := run(t, etcd, "b")
	b.await("following", b.Following())
	began := time.Now()
	crashed.Close() // nothing that a sends arrives any more
	a.awaitLost("not renewed our lease in time")
	if took := time.Since(began); took > ttl {
		t.Errorf("a ended after %v, later than another may lead", took)
	}
	select {
	case <-b.Leading():
		t.Error("b led before a had ended")
	default:
	}
	b.await("leading", b.Leading())
	t.Logf("b led after %v", time.Since(began).Round(time.Millisecond))
	if a.write(etcd) || !b.write(etcd) {
		t.Error("a can write, or b cannot")
	}
}

// A leader that loses the lead for any reason ends, and can no longer write.
func TestLeadIsLost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		take func(ctx context.Context, etcd *clientv3.Client) error
		why  string
	}{
		{"the lease is revoked", func(ctx context.Context, etcd *clientv3.Client) error {
			got, err := etcd.Get(ctx, leaderKey)
			if err != nil {
				return err
			}
			_, err = etcd.Revoke(ctx, clientv3.LeaseID(got.Kvs[0].Lease))
			return err
		}, "etcd"},
		{"the key is removed", func(ctx context.Context, etcd *clientv3.Client) error {
			_, err := etcd.Delete(ctx, leaderKey)
			return err
		}, "/kubernetes-mesos/leader was removed"},
		{"the key is another's", func(ctx context.Context, etcd *clientv3.Client) error {
			_, err := etcd.Txn(ctx).Then(clientv3.OpDelete(leaderKey)).Commit()
			if err != nil {
				return err
			}
			_, err = etcd.Put(ctx, leaderKey, "x")
			return err
		}, "/kubernetes-mesos/leader"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, etcd := startEtcd(t)
			a := run(t, etcd, "a")
			a.await("leading", a.Leading())
			if err := c.take(t.Context(), etcd); err != nil {
				t.Fatal(err)
			}
			a.awaitLost(c.why)
			if a.write(etcd) {
				t.Error("it can still write")
			}
		})
	}
}

// A follower whose lease etcd has ended begins again.
func TestFollowerBeginsAnew(t *testing.T) {
	t.Parallel()
	_, etcd := startEtcd(t)
	a := run(t, etcd, "a")
	a.await("leading", a.Leading())
	b := run(t, etcd, "b")
	a.awaitServers("https://a:6443", "https://b:6443")
	leases, err := etcd.Leases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range leases.Leases {
		if l.ID != a.lead.Load().lease.id {
			if _, err := etcd.Revoke(t.Context(), l.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	a.awaitServers("https://a:6443")
	a.awaitServers("https://a:6443", "https://b:6443")
	a.stop()
	b.await("leading", b.Leading())
}

// awaitServers waits, using only the signals, until the list is this one.
func (r *running) awaitServers(want ...string) {
	r.t.Helper()
	late := time.After(patience)
	for !slices.Equal(r.Servers(), want) {
		select {
		case <-r.ServersChanged():
		case <-late:
			r.t.Fatalf("the servers that %s knows are %q, want %q", r.name, r.Servers(), want)
		}
	}
}

// Every peer knows all live API servers, its own first.
func TestServers(t *testing.T) {
	t.Parallel()
	_, etcd := startEtcd(t)
	a, b, c := run(t, etcd, "a"), run(t, etcd, "b"), run(t, etcd, "c")
	a.awaitServers("https://a:6443", "https://b:6443", "https://c:6443")
	c.awaitServers("https://c:6443", "https://a:6443", "https://b:6443")
	b.stop()
	if err := <-b.ended; err != nil {
		t.Error(err)
	}
	a.awaitServers("https://a:6443", "https://c:6443")
	again := run(t, etcd, "a") // its previous lease may still last
	c.awaitServers("https://c:6443", "https://a:6443")
	again.awaitServers("https://a:6443", "https://c:6443")
}

func TestAlone(t *testing.T) {
	t.Parallel()
	p := Alone("https://a:6443")
	<-p.Leading()
	if err := p.Check(); err != nil || len(p.Fence()) > 0 || !slices.Equal(p.Servers(), []string{"https://a:6443"}) {
		t.Errorf("check %v, fence %v, servers %q", err, p.Fence(), p.Servers())
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := errors.Join(p.Run(ctx), p.Hold(ctx)); err != nil {
		t.Error(err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type body struct {
	*strings.Reader
	closed bool
}

func (b *body) Close() error { b.closed = true; return nil }

// Reads are always permitted, changes only while leading.
func TestGuard(t *testing.T) {
	t.Parallel()
	passed := errors.New("passed")
	next := roundTrip(func(*http.Request) (*http.Response, error) { return nil, passed })
	p := New(new(clientv3.Client), "https://a:6443", "a", logr.Discard())
	lives := &lease{clock: sinceBoot, life: time.Hour}
	lives.renewed(sinceBoot())
	over := &lease{clock: sinceBoot, life: margin}
	over.renewed(sinceBoot())
	for _, c := range []struct {
		state string
		lead  *lead
		may   bool
	}{{"following", nil, false}, {"leading", &lead{lease: lives}, true}, {"after the lease", &lead{lease: over}, false}} {
		p.lead.Store(c.lead)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
			t.Run(fmt.Sprintf("%s %s", method, c.state), func(t *testing.T) {
				b := &body{Reader: strings.NewReader("{}")}
				r, err := http.NewRequest(method, "https://a:6443/api", b)
				if err != nil {
					t.Fatal(err)
				}
				_, err = p.Guard(next).RoundTrip(r)
				want := c.may || method == "GET" || method == "HEAD"
				if got := errors.Is(err, passed); got != want || b.closed == want {
					t.Errorf("passed %t, want %t; body closed %t", got, want, b.closed)
				}
			})
		}
	}
}

// An etcd that cannot be reached is logged at once, with its address and the reason.
func TestUnreachableEtcd(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nothing listens there now
	etcd, err := clientv3.New(clientv3.Config{Endpoints: []string{"http://" + l.Addr().String()}, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	defer etcd.Close()
	lines := make(chan string, 1000)
	p := New(etcd, "https://a:6443", "a", funcr.New(func(_, line string) { lines <- line }, funcr.Options{}))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	line := <-lines
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	for _, want := range []string{"no connection to etcd at http://" + l.Addr().String(), "connection refused", "since 20"} {
		if !strings.Contains(line, want) {
			t.Errorf("%q does not say %q", line, want)
		}
	}
}
