package sharedpki

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/testetcd"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// made returns a complete pki folder of its own, as with an embedded etcd.
func made(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "pki")
	if err := complete(dir, now); err != nil {
		t.Fatal(err)
	}
	return dir
}

func empty(t *testing.T) string { return filepath.Join(t.TempDir(), "pki") }

func content(t *testing.T, dir string) bundle {
	t.Helper()
	b := bundle{}
	for _, name := range names {
		var err error
		if b[name], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func wantSame(t *testing.T, a, b bundle) {
	t.Helper()
	for _, name := range names {
		if !bytes.Equal(a[name], b[name]) {
			t.Errorf("%s differs", name)
		}
	}
}

// If many start at the same time, one makes the authorities and all use them; so do
// later ones.
func TestFirstOneWins(t *testing.T) {
	t.Parallel()
	etcd := testetcd.Client(t)
	var wg sync.WaitGroup
	dirs := make([]string, 5)
	for i := range dirs {
		dirs[i] = empty(t)
		wg.Go(func() {
			if err := Share(context.Background(), etcd, dirs[i], now); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	late := empty(t)
	for range 2 { // the second time everything exists
		if err := Share(t.Context(), etcd, late, now); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range dirs {
		wantSame(t, content(t, dir), content(t, late))
	}
	if err := complete(late, now); err != nil {
		t.Errorf("what is shared is no good: %v", err)
	}
	for name, mode := range map[string]os.FileMode{"ca.key": 0o600, "ca.crt": 0o644} {
		if info, err := os.Stat(filepath.Join(late, name)); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v, %v; want mode %v", name, info, err, mode)
		}
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(late), "pki.draft-*")); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// A data directory with authorities provides them to an etcd that has none.
func TestOwnAreBrought(t *testing.T) {
	t.Parallel()
	etcd, own, other := testetcd.Client(t), made(t), empty(t)
	before := content(t, own)
	for _, dir := range []string{own, other} {
		if err := Share(t.Context(), etcd, dir, now); err != nil {
			t.Fatal(err)
		}
		wantSame(t, before, content(t, dir))
	}
}

// A file missing on one side is copied from the other.
func TestMissingFiles(t *testing.T) {
	t.Parallel()
	etcd, dir := testetcd.Client(t), made(t)
	if err := Share(t.Context(), etcd, dir, now); err != nil {
		t.Fatal(err)
	}
	before := content(t, dir)
	for _, name := range names {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if err := Share(t.Context(), etcd, dir, now); err != nil {
			t.Errorf("without %s: %v", name, err)
		}
	}
	wantSame(t, before, content(t, dir))
	if _, err := etcd.Delete(t.Context(), Prefix+"front-proxy-ca.key"); err != nil {
		t.Fatal(err)
	}
	if err := Share(t.Context(), etcd, dir, now); err == nil || !strings.Contains(err.Error(), Prefix+"front-proxy-ca.key") {
		t.Errorf("error %v does not name what etcd has lost", err)
	}
}

// A data directory of another cluster is refused, and nothing changes.
func TestMismatch(t *testing.T) {
	t.Parallel()
	etcd, first, second := testetcd.Client(t), made(t), made(t)
	if err := Share(t.Context(), etcd, first, now); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(second, "service-account.key")); err != nil {
		t.Fatal(err)
	}
	err := Share(t.Context(), etcd, second, now)
	if m := (*MismatchError)(nil); !errors.As(err, &m) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{filepath.Join(second, "ca.key"), Prefix + "ca.key", "data directory"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: does not name %s", err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(second, "service-account.key")); !os.IsNotExist(err) {
		t.Errorf("something was written to the refused directory: %v", err)
	}
}

// A broken file is not spread.
func TestBrokenAuthority(t *testing.T) {
	t.Parallel()
	etcd, dir := testetcd.Client(t), made(t)
	if err := os.WriteFile(filepath.Join(dir, "ca.crt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Share(t.Context(), etcd, dir, now); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "ca.crt")) || strings.Contains(err.Error(), "draft") {
		t.Errorf("error %v does not name the broken file in %s", err, dir)
	}
	if got, err := load(t.Context(), etcd); err != nil || got != nil {
		t.Errorf("etcd was given %d files, %v", len(got), err)
	}
}
