package etcd

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	clientv3 "go.etcd.io/etcd/client/v3"
)

func start(t *testing.T, dir string) (*Member, *clientv3.Client) {
	t.Helper()
	m, err := Start(t.Context(), dir, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	c, err := clientv3.New(clientv3.Config{Endpoints: []string{m.URL}})
	if err != nil {
		t.Fatal(err)
	}
	return m, c
}

func TestKeepsWhatWasWritten(t *testing.T) {
	t.Parallel()
	for name, dir := range map[string]string{
		"short path": filepath.Join(t.TempDir(), "etcd"),
		"long path":  filepath.Join(t.TempDir(), strings.Repeat("long", 30), "etcd"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, c := start(t, dir)
			if _, err := c.Put(t.Context(), "/a", "1"); err != nil {
				t.Fatal(err)
			}
			c.Close()
			m.Stop()
			m, c = start(t, dir)
			defer m.Stop()
			defer c.Close()
			got, err := c.Get(t.Context(), "/a")
			if err != nil || len(got.Kvs) != 1 || string(got.Kvs[0].Value) != "1" {
				t.Errorf("after a restart: %v, %v", got, err)
			}
			if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("the directory: %v, %v, want mode 0700", info, err)
			}
			if info, err := os.Stat(filepath.Join(dir, "socket")); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the socket: %v, %v, want mode 0600", info, err)
			}
		})
	}
}

// A socket left by a killed process does not prevent a start.
func TestStaleSocket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "socket"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	m, c := start(t, dir)
	c.Close()
	m.Stop()
}

func TestBadDirectory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(context.Background(), filepath.Join(file, "etcd"), logr.Discard()); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v does not name %s", err, file)
	}
}
