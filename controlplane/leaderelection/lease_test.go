package leaderelection

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/outage"
)

// fakeEtcd answers each renewal after slow, and none from dead on.
type fakeEtcd struct {
	pb.LeaseClient
	slow, dead time.Duration
	ended      bool // it no longer knows the lease
	began      time.Time
}

type renewal struct {
	pb.Lease_LeaseKeepAliveClient
	ctx  context.Context
	etcd *fakeEtcd
}

func (e *fakeEtcd) LeaseKeepAlive(ctx context.Context, _ ...grpc.CallOption) (pb.Lease_LeaseKeepAliveClient, error) {
	return renewal{ctx: ctx, etcd: e}, nil
}

func (renewal) Send(*pb.LeaseKeepAliveRequest) error { return nil }

func (r renewal) Recv() (*pb.LeaseKeepAliveResponse, error) {
	answer := time.After(r.etcd.slow)
	if time.Since(r.etcd.began) >= r.etcd.dead {
		answer = nil
	}
	select {
	case <-r.ctx.Done():
		return nil, r.ctx.Err()
	case <-answer:
	}
	if r.etcd.ended {
		return &pb.LeaseKeepAliveResponse{}, nil
	}
	return &pb.LeaseKeepAliveResponse{TTL: int64(ttl / time.Second)}, nil
}

func fakeLease(e *fakeEtcd) *lease {
	e.began = time.Now()
	l := &lease{remote: e, life: ttl, clock: func() time.Duration { return time.Since(e.began) }}
	l.renewed(0)
	return l
}

// A lease lasts while etcd answers, and then for its life less the margin,
// counted from when the last answered renewal was sent.
func TestLeaseLasts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		slow, dead time.Duration
		want       time.Duration
	}{
		{"etcd never answers", 0, 0, ttl - margin},
		{"etcd answers for a day", 0, 24 * time.Hour, 24*time.Hour - renewEvery + ttl - margin},
		{"etcd takes half a second", renewEvery / 2, 24 * time.Hour, 24*time.Hour - renewEvery + ttl - margin},
		{"etcd takes longer than a try", 2 * renewEvery, 24 * time.Hour, ttl - margin},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := fakeLease(&fakeEtcd{slow: c.slow, dead: c.dead})
				err := l.keep(t.Context(), &outage.Outage{})
				if took := l.clock(); took != c.want {
					t.Errorf("it lasted %v, want %v", took, c.want)
				}
				if err == nil || !strings.Contains(err.Error(), "not renewed our lease in time") {
					t.Errorf("the reason: %v", err)
				}
				if l.left() > 0 {
					t.Errorf("it is good for %v more", l.left())
				}
			})
		})
	}
}

// A process that was stopped for longer than its lease finds it expired, whatever etcd
// would answer.
func TestLeaseIsOverAfterAPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := fakeLease(&fakeEtcd{dead: 24 * time.Hour})
		ended := make(chan error, 1)
		ctx, stop := context.WithCancel(t.Context())
		go func() { ended <- l.keep(ctx, &outage.Outage{}) }()
		time.Sleep(time.Minute)
		if l.left() <= 0 {
			t.Fatal("the lease is over though it was renewed")
		}
		stop() // since nothing runs in a stopped process
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		time.Sleep(ttl - margin)
		if l.left() > 0 {
			t.Errorf("it is good for %v more", l.left())
		}
		if err := l.keep(t.Context(), &outage.Outage{}); err == nil {
			t.Error("it goes on")
		}
	})
}

// A suspended machine runs no timers, but considers its lease expired as soon as it
// wakes.
func TestLeaseIsOverAfterASuspension(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := fakeLease(&fakeEtcd{dead: time.Hour})
		suspended, awake := time.Duration(0), l.clock
		l.clock = func() time.Duration { return awake() + suspended }
		if l.left() <= 0 {
			t.Fatal("a new lease is over")
		}
		suspended = ttl
		if l.left() > 0 {
			t.Errorf("it is good for %v more", l.left())
		}
	})
}

// The time since boot includes suspended time: it is never less than the monotonic
// clock's.
func TestSinceBoot(t *testing.T) {
	t.Parallel()
	var monotonic unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &monotonic); err != nil {
		t.Fatal(err)
	}
	if boot := sinceBoot(); boot < time.Duration(monotonic.Nano()) {
		t.Errorf("%v since boot, but the monotonic clock is at %v", boot, time.Duration(monotonic.Nano()))
	}
}

func TestLeaseEndedByEtcd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := fakeLease(&fakeEtcd{dead: time.Hour, ended: true})
		if err := l.keep(t.Context(), &outage.Outage{}); err == nil || !strings.Contains(err.Error(), "ended our lease") {
			t.Errorf("the reason: %v", err)
		}
		if took := l.clock(); took != renewEvery {
			t.Errorf("noticed after %v, want %v", took, renewEvery)
		}
	})
}
