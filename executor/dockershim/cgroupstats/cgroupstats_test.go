package cgroupstats

import (
	"os"
	"path/filepath"
	"testing"
)

// Both versions of control groups yield the same figures.
func TestRead(t *testing.T) {
	t.Parallel()
	want := Usage{CPU: 5000, Memory: 900, WorkingSet: 600, RSS: 400, Faults: 7, MajorFaults: 1, Limit: 1000, Processes: 3}
	for name, text := range map[string]map[string]string{
		"v1": {
			"proc/9/cgroup":                           "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n3:pids:/docker/abc\n0::/\n",
			"memory/docker/abc/memory.stat":           "total_rss 400\ntotal_inactive_file 300\ntotal_pgfault 7\ntotal_pgmajfault 1\n",
			"memory/docker/abc/memory.usage_in_bytes": "900\n",
			"memory/docker/abc/memory.limit_in_bytes": "1000\n",
			"cpuacct/docker/abc/cpuacct.usage":        "5000\n",
			"pids/docker/abc/pids.current":            "3\n",
		},
		"v2": {
			"proc/9/cgroup":             "0::/docker/abc\n",
			"docker/abc/memory.stat":    "anon 400\ninactive_file 300\npgfault 7\npgmajfault 1\n",
			"docker/abc/memory.current": "900\n",
			"docker/abc/memory.max":     "1000\n",
			"docker/abc/cpu.stat":       "usage_usec 5\nuser_usec 3\n",
			"docker/abc/pids.current":   "3\n",
		},
	} {
		root := files(t, text)
		got, err := read(root, filepath.Join(root, "proc"), 9, "abc")
		if err != nil || got != want {
			t.Errorf("%s: %+v %v", name, got, err)
		}
		if _, err := read(root, filepath.Join(root, "proc"), 9, "other"); err == nil {
			t.Errorf("%s: figures of another container", name)
		}
		if _, err := read(root, filepath.Join(root, "proc"), 10, "abc"); err == nil {
			t.Errorf("%s: figures of a process that is gone", name)
		}
	}
	if u := (Usage{Limit: 1 << 63, Memory: 5}).finish(9); u.Limit != 0 || u.WorkingSet != 0 {
		t.Errorf("no limit and little memory: %+v", u)
	}
}

// files writes files below a new directory and returns it.
func files(t *testing.T, text map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for path, content := range text {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// A limit that is none is reported as none; what the kernel does not count (no pids
// controller, no memory statistics of a kind) is zero; a group that is gone is an error.
func TestReadWhatIsThere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  Usage
		fails bool
	}{
		"v2, unlimited": {map[string]string{
			"proc/9/cgroup": "0::/abc\n", "abc/memory.stat": "anon 4\n", "abc/memory.current": "9\n", "abc/memory.max": "max\n", "abc/cpu.stat": "usage_usec 1\n",
		}, Usage{CPU: 1000, Memory: 9, WorkingSet: 9, RSS: 4}, false},
		"v1, unlimited": {map[string]string{
			"proc/9/cgroup": "4:memory:/abc\n", "memory/abc/memory.stat": "total_rss 4\n",
			"memory/abc/memory.usage_in_bytes": "9\n", "memory/abc/memory.limit_in_bytes": "9223372036854771712\n",
		}, Usage{Memory: 9, WorkingSet: 9, RSS: 4}, false},
		"v2, damaged figures": {map[string]string{
			"proc/9/cgroup": "0::/abc\n", "abc/memory.stat": "anon\nfile x\nanon 4\n", "abc/memory.current": "nine\n", "abc/cpu.stat": "\n",
		}, Usage{RSS: 4}, false},
		"v2, the group is gone": {map[string]string{"proc/9/cgroup": "0::/abc\n"}, Usage{}, true},
		"v1, the group is gone": {map[string]string{"proc/9/cgroup": "4:memory:/abc\n"}, Usage{}, true},
		"torn":                  {map[string]string{"proc/9/cgroup": "0:\n"}, Usage{}, true},
		"in no group":           {map[string]string{"proc/9/cgroup": ""}, Usage{}, true},
	} {
		root := files(t, c.files)
		got, err := read(root, filepath.Join(root, "proc"), 9, "abc")
		if got != c.want || (err != nil) != c.fails {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
