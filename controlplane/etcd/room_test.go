package etcd

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Writing stops below leastRoom and resumes at enoughRoom, so it does not stop and
// resume with every file that comes and goes.
func TestRoom(t *testing.T) {
	t.Parallel()
	var left uint64
	r := &room{dir: t.TempDir(), free: func(string) (uint64, error) { return left, nil }}
	m := &Member{room: r}
	for _, step := range []struct {
		left uint64
		full bool
	}{
		{1 << 40, false}, {leastRoom, false}, {leastRoom - 1, true}, {0, true}, {leastRoom, true},
		{enoughRoom - 1, true}, {enoughRoom, false}, {enoughRoom - 1, false},
	} {
		left = step.left
		r.look()
		err := m.Full()
		if (err != nil) != step.full {
			t.Errorf("with %d MiB: %v", left>>20, err)
		}
		if err != nil && !strings.Contains(err.Error(), r.dir) {
			t.Errorf("%v does not name %s", err, r.dir)
		}
	}
}

// Blocks are allocated for a database in advance, and its size does not change.
func TestAllocate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	if err := os.WriteFile(path, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	allocate(path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if blocks := info.Sys().(*syscall.Stat_t).Blocks; info.Size() != 10 || blocks*512 < ahead {
		t.Errorf("size %d, %d bytes of blocks", info.Size(), blocks*512)
	}
}
