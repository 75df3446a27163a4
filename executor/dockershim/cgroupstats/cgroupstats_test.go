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
	for name, files := range map[string]map[string]string{
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
		root := t.TempDir()
		for path, text := range files {
			path = filepath.Join(root, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
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
