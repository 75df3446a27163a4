package leaderelection

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/outage"
)

// campaign waits until no other peer leads, then leads, and returns when the leader's
// key is no longer ours or ctx ends. If etcd does not answer, it retries: the lease
// decides for how long.
func (e *Elector) campaign(ctx context.Context, l *lease) error {
	election := outage.Outage{Server: leaderKey + " in etcd", Log: e.log}
	for ctx.Err() == nil {
		seen, err := e.claim(ctx, l)
		if t := (*takenError)(nil); errors.As(err, &t) {
			return err
		}
		if err == nil {
			election.Over("")
			err = e.untilGone(ctx, seen)
		}
		if err != nil && ctx.Err() == nil {
			_ = election.Failed(err, ttl+retryAfter) // it logs
			pause(ctx)
		}
	}
	return ctx.Err()
}

// takenError reports that the leader's key is not ours although our lease was good:
// an outsider has removed it.
type takenError struct{ leader string }

func (e *takenError) Error() string {
	if e.leader == "" {
		return leaderKey + " was removed from etcd, by another program"
	}
	return fmt.Sprintf("%s leads, by %s in etcd", e.leader, leaderKey)
}

// claim makes this process the leader if there is none. It returns the revision at
// which it saw the leader's key. A leader only looks: a second key would be a new
// term, and there may have been another leader in between.
func (e *Elector) claim(ctx context.Context, l *lease) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, ttl)
	defer cancel()
	write := clientv3.OpPut(leaderKey, e.name, clientv3.WithLease(l.id))
	held := e.lead.Load()
	if held != nil {
		write = clientv3.OpGet(leaderKey)
	}
	got, err := e.etcd.Txn(ctx).
		If(clientv3.Compare(clientv3.CreateRevision(leaderKey), "=", 0)).Then(write).
		Else(clientv3.OpGet(leaderKey)).Commit()
	if err != nil {
		return 0, err
	}
	seen := got.Header.Revision
	switch {
	case got.Succeeded && held != nil:
		return 0, &takenError{}
	case got.Succeeded:
		e.win(l, seen)
		return seen, nil
	}
	key := got.Responses[0].GetResponseRange().Kvs[0]
	switch {
	case held != nil && held.revision != key.CreateRevision:
		return 0, &takenError{string(key.Value)}
	case held == nil && clientv3.LeaseID(key.Lease) == l.id:
		e.win(l, key.CreateRevision) // by an earlier try whose answer was lost
	case held == nil:
		e.follow(string(key.Value))
	}
	return seen, nil
}

// win makes this process the leader by the key created at revision.
func (e *Elector) win(l *lease, revision int64) {
	e.lead.Store(&lead{l, revision})
	close(e.leading)
}

func (e *Elector) follow(leader string) {
	select {
	case <-e.following:
	default:
		e.log.Info("another framework_runner leads; this one serves the API and waits", "leader", leader)
		close(e.following)
	}
}

// untilGone waits until the leader's key is deleted after revision, and then returns nil.
func (e *Elector) untilGone(ctx context.Context, revision int64) error {
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	for changes := range e.etcd.Watch(ctx, leaderKey, clientv3.WithRev(revision+1)) {
		if err := changes.Err(); err != nil {
			return err
		}
		for _, change := range changes.Events {
			if change.Type == mvccpb.DELETE {
				return nil
			}
		}
	}
	return errors.New("the watch ended")
}

// Leader returns the leader according to etcd: a human-readable text, or "" for none.
func (e *Elector) Leader(ctx context.Context) (string, error) {
	if e.etcd == nil {
		return e.server, nil
	}
	got, err := e.etcd.Get(ctx, leaderKey)
	if err != nil {
		return "", fmt.Errorf("etcd %s: %w", leaderKey, err)
	}
	if len(got.Kvs) == 0 {
		return "", nil
	}
	return string(got.Kvs[0].Value), nil
}
