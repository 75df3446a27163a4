package node

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// When an executor was first found gone is remembered by whoever looks next, on this start of
// the machine: after another one its agent gets its time again. Where it cannot be written it is
// remembered by the one who looks.
func TestGoneSince(t *testing.T) {
	t.Parallel()
	lock := filepath.Join(t.TempDir(), "S0") + lockSuffix
	if err := os.Mkdir(filepath.Dir(sinceOf(lock)), 0o750); err != nil {
		t.Fatal(err)
	}
	if first := (goneSince{}).first(lock, time.Minute); first != time.Minute {
		t.Errorf("at the first look: %v", first)
	}
	if first := (goneSince{}).first(lock, time.Hour); first != time.Minute {
		t.Errorf("another one finds it gone since %v", first)
	}
	for _, other := range []string{"another-start 60000000000\n", "", "x"} {
		if err := os.WriteFile(sinceOf(lock), []byte(other), 0o600); err != nil {
			t.Fatal(err)
		}
		if first := (goneSince{}).first(lock, time.Hour); first != time.Hour {
			t.Errorf("with %q it is gone since %v", other, first)
		}
	}
	if err := os.RemoveAll(filepath.Dir(sinceOf(lock))); err != nil {
		t.Fatal(err)
	}
	g := goneSince{}
	for range 2 {
		if first := g.first(lock, 2*time.Hour); first != 2*time.Hour {
			t.Errorf("without a directory: %v", first)
		}
	}
	g.forget(lock)
	if first := g.first(lock, 3*time.Hour); first != 3*time.Hour {
		t.Errorf("after it lived: %v", first)
	}
	if a, b := uptime(), uptime(); a <= 0 || b < a || bootID() == "" {
		t.Errorf("times %v, %v of start %q", a, b, bootID())
	}
}
