package etcdstore

import (
	"context"
	"fmt"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// FormerPrefix is where versions before this one kept the records, next to the keys of
// others. It needs no fence of its own: those versions campaign for the same leader's key,
// so none of them writes records while this process leads.
const FormerPrefix = "/kubernetes-mesos/"

// formerKinds are the beginnings of the records' keys below FormerPrefix. The id is the
// last: a framework without its id would start over.
var formerKinds = []string{"agents/", "tasks/", "framework-id"}

// MoveFrom moves the records that a version with the prefix former has left, and does
// nothing if there are none. It fails with [ErrFenced] when another leads. When it is
// interrupted, the next call moves the rest. A record that is in both places keeps its
// newer value, which is the one below s's prefix.
func (s *Store) MoveFrom(ctx context.Context, former string) error {
	for _, kind := range formerKinds {
		for {
			moved, err := s.move(ctx, former, kind)
			if err != nil {
				return fmt.Errorf("moving records from %s to %s: %w", former+kind, s.prefix+kind, err)
			}
			if moved == 0 {
				break
			}
		}
	}
	return nil
}

// move moves some records and returns how many.
func (s *Store) move(ctx context.Context, former, kind string) (int, error) {
	const some = 30 // etcd accepts 128 operations in a transaction; each record takes up to four
	got, err := s.kv.Get(ctx, former+kind, clientv3.WithPrefix(), clientv3.WithLimit(some))
	if err != nil {
		return 0, err
	}
	if len(got.Kvs) == 0 {
		return 0, nil
	}
	var ops []clientv3.Op
	for _, kv := range got.Kvs {
		key := s.prefix + strings.TrimPrefix(string(kv.Key), former)
		absent := clientv3.Compare(clientv3.CreateRevision(key), "=", 0)
		ops = append(ops, clientv3.OpTxn([]clientv3.Cmp{absent}, []clientv3.Op{clientv3.OpPut(key, string(kv.Value))}, nil),
			clientv3.OpDelete(string(kv.Key)))
	}
	done, err := s.kv.Txn(ctx).If(s.fence()...).Then(ops...).Commit()
	if err == nil && !done.Succeeded {
		err = ErrFenced
	}
	return len(got.Kvs), err
}
