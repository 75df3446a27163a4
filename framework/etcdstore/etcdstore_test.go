package etcdstore

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
)

// etcd starts a server without network and returns a client of it.
func etcd(t *testing.T) *clientv3.Client {
	t.Helper()
	cfg := embed.NewConfig()
	cfg.Dir, cfg.LogLevel = t.TempDir(), "error"
	free := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	cfg.ListenClientUrls, cfg.ListenPeerUrls = free, free
	server, err := embed.StartEtcd(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	select {
	case <-server.Server.ReadyNotify():
	case <-time.After(time.Minute):
		t.Fatal("etcd is not ready after a minute")
	}
	client := v3client.New(server.Server)
	t.Cleanup(func() { client.Close() })
	return client
}

func TestStore(t *testing.T) {
	t.Parallel()
	client := etcd(t)
	s := New(client, Prefix)
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
	s := New(etcd(t), Prefix)
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
