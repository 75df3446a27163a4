package sharedpki

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/testetcd"
)

// The first process provides or makes the key; others adopt it, unless they have a
// different one.
func TestShareKey(t *testing.T) {
	t.Parallel()
	etcd := testetcd.Client(t)
	file := func() string { return filepath.Join(t.TempDir(), "secrets.key") }
	first, second, other := file(), file(), file()
	if err := os.WriteFile(other, []byte("another\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{first, second, first} {
		if err := ShareKey(t.Context(), etcd, path, []byte(path+"\n")); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != first+"\n" {
			t.Errorf("%s holds %q, %v", path, got, err)
		}
	}
	if info, err := os.Stat(second); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info, err)
	}
	err := ShareKey(t.Context(), etcd, other, nil)
	if m := (*MismatchError)(nil); !errors.As(err, &m) || !strings.Contains(err.Error(), other) {
		t.Errorf("another key: %v", err)
	}
	if got, err := os.ReadFile(other); err != nil || string(got) != "another\n" {
		t.Errorf("the refused key is now %q, %v", got, err)
	}
}
