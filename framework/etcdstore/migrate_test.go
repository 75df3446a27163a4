package etcdstore

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/testetcd"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// The records of a version that kept them next to the keys of others move, once, and
// nothing else does.
func TestMoveFrom(t *testing.T) {
	t.Parallel()
	client := testetcd.Client(t)
	others := map[string]string{
		FormerPrefix + "leader":          "host",
		FormerPrefix + "servers/0001":    "https://10.0.0.1:6443",
		FormerPrefix + "pki/ca.key":      "secret",
		"/registry/pods/default/web":     "a pod",
		Prefix + "tasks/0003":            "newer",
		Prefix + "agents/made-meanwhile": "A2",
	}
	former := map[string]string{"framework-id": "F", "agents/S0": "A0"}
	for i := range 77 {
		former[fmt.Sprintf("tasks/%04d", i)] = fmt.Sprint("task ", i)
	}
	for key, value := range others {
		put(t, client, key, value)
	}
	for key, value := range former {
		put(t, client, FormerPrefix+key, value)
	}

	leads := true
	s := New(client, Prefix, func() []clientv3.Cmp {
		if leads {
			return nil
		}
		return []clientv3.Cmp{clientv3.Compare(clientv3.CreateRevision("/none"), "=", 1)}
	})
	leads = false
	if err := s.MoveFrom(t.Context(), FormerPrefix); !errors.Is(err, ErrFenced) {
		t.Errorf("moved without leading: %v", err)
	}
	leads = true
	for range 2 { // the second call finds nothing to do
		if err := s.MoveFrom(t.Context(), FormerPrefix); err != nil {
			t.Fatal(err)
		}
	}

	want := maps.Clone(former)
	want["tasks/0003"], want["agents/made-meanwhile"] = "newer", "A2"
	got, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range want {
		if string(got[key]) != value {
			t.Errorf("%s is %q, want %q", key, got[key], value)
		}
	}
	if len(got) != len(want) {
		t.Errorf("records %v", slices.Sorted(maps.Keys(got)))
	}
	all, err := client.Get(t.Context(), "", clientv3.WithFromKey(), clientv3.WithKeysOnly())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(want) + 4; len(all.Kvs) != n {
		t.Errorf("%d keys in etcd, want %d: the others' four and the records", len(all.Kvs), n)
	}
}

func put(t *testing.T, kv clientv3.KV, key, value string) {
	t.Helper()
	if _, err := kv.Put(t.Context(), key, value); err != nil {
		t.Fatal(err)
	}
}
