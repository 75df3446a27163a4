package leaderelection

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/outage"
)

const (
	// ttl is how long etcd keeps a lease that is not renewed, and so how long it
	// takes until a dead leader can be replaced.
	ttl = 5 * time.Second
	// renewEvery is how often a lease is renewed, and how long one attempt may take;
	// the next one may reach another member of etcd.
	renewEvery = time.Second
	// margin is subtracted from the remaining time of a lease, for the time between
	// a check and the arrival of the request that it permitted.
	margin = time.Second
	// giveUpWithin is how long revoking a lease may take.
	giveUpWithin = time.Second
)

// lease is a lease in etcd. It is good while keep runs and it has not expired.
type lease struct {
	etcd   *clientv3.Client
	remote pb.LeaseClient
	id     clientv3.LeaseID
	life   time.Duration
	clock  func() time.Duration // sinceBoot
	// good is the time, by clock, until which the lease certainly lasts, less the margin.
	good atomic.Int64
}

// sinceBoot returns the time since this machine booted. Unlike Go's own clock, it
// includes the time while the machine was suspended (clock_gettime(2)).
func sinceBoot() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		panic(fmt.Sprintf("CLOCK_BOOTTIME cannot be read: %v", err)) // Linux has it since 2.6.39
	}
	return time.Duration(now.Nano())
}

// grant asks for a new lease.
func grant(ctx context.Context, etcd *clientv3.Client) (*lease, error) {
	ctx, cancel := context.WithTimeout(ctx, ttl)
	defer cancel()
	asked := sinceBoot()
	remote := pb.NewLeaseClient(etcd.ActiveConnection()) // its errors, unlike the client's, say why there is no answer
	granted, err := remote.LeaseGrant(ctx, &pb.LeaseGrantRequest{TTL: int64(ttl / time.Second)})
	if err != nil {
		return nil, fmt.Errorf("asking etcd for a lease: %w", err)
	}
	l := &lease{etcd: etcd, remote: remote, id: clientv3.LeaseID(granted.ID), clock: sinceBoot}
	l.life = time.Duration(granted.TTL) * time.Second
	l.renewed(asked)
	return l, nil
}

// renewed records that etcd has answered a request sent at this time: the life that
// it granted began no earlier.
func (l *lease) renewed(sent time.Duration) { l.good.Store(int64(sent + l.life - margin)) }

// left returns how long the lease is still good. Its clock keeps running while the
// process is stopped and while the machine is suspended.
func (l *lease) left() time.Duration { return time.Duration(l.good.Load()) - l.clock() }

// keep renews the lease until ctx ends or the lease is no longer good, and returns
// why. It reports to o whether etcd answers.
func (l *lease) keep(ctx context.Context, o *outage.Outage) error {
	pause := time.NewTimer(renewEvery)
	defer pause.Stop()
	var failure error
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-pause.C:
		}
		if l.left() <= 0 {
			return errors.Join(fmt.Errorf("etcd has not renewed our lease in time (it lasts %s)", l.life), failure)
		}
		sent := l.clock()
		switch failure = l.renew(ctx); {
		case failure == nil:
			l.renewed(sent)
			o.Over("")
		case errors.Is(failure, rpctypes.ErrLeaseNotFound):
			return fmt.Errorf("etcd has ended our lease: %w", failure)
		case ctx.Err() == nil:
			_ = o.Failed(failure, renewEvery) // it logs
		}
		pause.Reset(min(renewEvery-(l.clock()-sent), l.left()))
	}
}

// renew makes one attempt. The client's own method would tell when an answer arrived,
// but not when its request was sent.
func (l *lease) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, min(renewEvery, l.left()))
	defer cancel()
	stream, err := l.remote.LeaseKeepAlive(ctx, grpc.WaitForReady(true))
	if err != nil {
		return err
	}
	if err := stream.Send(&pb.LeaseKeepAliveRequest{ID: int64(l.id)}); err != nil {
		return err
	}
	answer, err := stream.Recv()
	if err != nil {
		return err
	}
	if answer.TTL <= 0 {
		return rpctypes.ErrLeaseNotFound
	}
	return nil
}

// giveUp revokes the lease instead of letting it expire; it does no harm if that does
// not reach etcd.
func (l *lease) giveUp() {
	ctx, cancel := context.WithTimeout(context.Background(), giveUpWithin)
	defer cancel()
	_, _ = l.etcd.Revoke(ctx, l.id)
}
