package etcdstore

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/testetcd"
	clientv3 "go.etcd.io/etcd/client/v3"
)

func TestStore(t *testing.T) {
	t.Parallel()
	client := testetcd.Client(t)
	s := New(client, Prefix, nil)
	if _, err := client.Put(t.Context(), "/registry/pods/x", "theirs"); err != nil {
		t.Fatal(err)
	}
	const all = 3*page/2 + 7 // more than one page
	for done := 0; done < all; done += framework.MaxChanges {
		var changes []framework.Change
		for i := done; i < min(done+framework.MaxChanges, all); i++ {
			changes = append(changes, framework.Change{Key: fmt.Sprintf("tasks/%04d", i), Value: []byte{0, byte(i)}})
		}
		if err := s.Commit(t.Context(), changes); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Commit(t.Context(), nil); err != nil {
		t.Errorf("nothing to do: %v", err)
	}
	if err := s.Commit(t.Context(), []framework.Change{{Key: "tasks/0000"}, {Key: "tasks/none"}, {Key: "framework-id", Value: []byte("F")}}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != all || string(got["framework-id"]) != "F" || string(got["tasks/0256"]) != "\x00\x00" {
		t.Errorf("%d records, framework id %q", len(got), got["framework-id"])
	}
	if _, there := got["tasks/0000"]; there {
		t.Error("a deleted record is there")
	}
}

// A transaction that etcd refuses leaves nothing behind.
func TestCommitIsAtomic(t *testing.T) {
	t.Parallel()
	s := New(testetcd.Client(t), Prefix, nil)
	twice := []framework.Change{{Key: "a", Value: []byte("1")}, {Key: "b", Value: []byte("1")}, {Key: "a", Value: []byte("2")}}
	if err := s.Commit(t.Context(), twice); err == nil {
		t.Error("a key twice is taken")
	}
	if got, err := s.Load(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("records %v, %v", got, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Commit(ended, twice[:1]); err == nil {
		t.Error("no error after the end of the context")
	}
}

// A former leader stores nothing once another leads.
func TestCommitIsFenced(t *testing.T) {
	t.Parallel()
	client := testetcd.Client(t)
	lead := func() int64 {
		t.Helper()
		if _, err := client.Delete(t.Context(), "/leader"); err != nil {
			t.Fatal(err)
		}
		put, err := client.Put(t.Context(), "/leader", "another")
		if err != nil {
			t.Fatal(err)
		}
		return put.Header.Revision
	}
	storeOf := func(lead int64) *Store {
		return New(client, Prefix, func() []clientv3.Cmp {
			return []clientv3.Cmp{clientv3.Compare(clientv3.CreateRevision("/leader"), "=", lead)}
		})
	}
	first := storeOf(lead())
	if err := first.Commit(t.Context(), []framework.Change{{Key: "a", Value: []byte("first")}}); err != nil {
		t.Fatal(err)
	}
	second := storeOf(lead())
	for _, late := range []framework.Change{{Key: "a", Value: []byte("late")}, {Key: "a"}, {Key: "b", Value: []byte("late")}} {
		if err := first.Commit(t.Context(), []framework.Change{late}); !errors.Is(err, ErrFenced) {
			t.Errorf("%s by the one before: %v, want that it is fenced", late.Key, err)
		}
	}
	if got, err := second.Load(t.Context()); err != nil || len(got) != 1 || string(got["a"]) != "first" {
		t.Errorf("records %q, %v", got, err)
	}
}
