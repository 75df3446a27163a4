// Package etcdstore keeps the framework's records in etcd, by the v3 API.
package etcdstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// Prefix precedes the keys of all records. No other keys are below it, so that loading
// records reads nothing else: leader election has /kubernetes-mesos/leader and
// /kubernetes-mesos/servers/, the authorities' keys are below /kubernetes-mesos/pki/.
const Prefix = "/kubernetes-mesos/framework/"

// page is how many records one request reads: etcd's answers are bounded.
const page = 500

// ErrFenced says that the condition of a commit does not hold: another
// framework_runner leads now. Nothing was stored.
var ErrFenced = errors.New("this framework_runner does not lead any more: nothing was stored")

// Store is a [framework.Store] in etcd.
type Store struct {
	kv     clientv3.KV
	prefix string
	fence  func() []clientv3.Cmp
}

// New returns the store of one framework; prefix is [Prefix], or a longer one
// where several share an etcd. fence gives the conditions without which nothing
// is stored; nil stands for none.
func New(kv clientv3.KV, prefix string, fence func() []clientv3.Cmp) *Store {
	if fence == nil {
		fence = func() []clientv3.Cmp { return nil }
	}
	return &Store{kv, prefix, fence}
}

var _ framework.Store = (*Store)(nil)

// Load reads all records, as of one moment.
func (s *Store) Load(ctx context.Context) (map[string][]byte, error) {
	records := map[string][]byte{}
	from, end := s.prefix, clientv3.GetPrefixRangeEnd(s.prefix)
	var revision int64
	for {
		got, err := s.kv.Get(ctx, from, clientv3.WithRange(end), clientv3.WithLimit(page), clientv3.WithRev(revision),
			clientv3.WithSort(clientv3.SortByKey, clientv3.SortAscend))
		if err != nil {
			return nil, fmt.Errorf("etcd %s: %w", s.prefix, err)
		}
		for _, kv := range got.Kvs {
			records[strings.TrimPrefix(string(kv.Key), s.prefix)] = kv.Value
			from = string(kv.Key) + "\x00"
		}
		if !got.More {
			return records, nil
		}
		revision = got.Header.Revision
	}
}

// Commit makes the changes in one transaction. It fails with [ErrFenced] when
// another leads.
func (s *Store) Commit(ctx context.Context, changes []framework.Change) error {
	var ops []clientv3.Op
	for _, c := range changes {
		if c.Value == nil {
			ops = append(ops, clientv3.OpDelete(s.prefix+c.Key))
		} else {
			ops = append(ops, clientv3.OpPut(s.prefix+c.Key, string(c.Value)))
		}
	}
	if len(ops) == 0 {
		return nil
	}
	done, err := s.kv.Txn(ctx).If(s.fence()...).Then(ops...).Commit()
	if err == nil && !done.Succeeded {
		err = ErrFenced
	}
	if err != nil {
		return fmt.Errorf("etcd transaction of %d changes: %w", len(ops), err)
	}
	return nil
}
