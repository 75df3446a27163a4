package dockershim

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The link to a log replaces what is there, is made again without harm, and is removed with
// its own container only.
func TestLinkLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, file := filepath.Join(dir, "pod", "web", "0.log"), filepath.Join(dir, "c1-json.log")
	for _, target := range []string{"/old", file, file} {
		if err := linkLog(path, target); err != nil {
			t.Fatal(err)
		}
		if got, err := os.Readlink(path); got != target || err != nil {
			t.Errorf("it leads to %q, %v, want %q", got, err, target)
		}
	}
	if err := unlinkLog(path, "c2"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("another container's removal has taken it: %v", err)
	}
	for range 2 {
		if err := unlinkLog(path, "c1"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("it is left: %v", err)
	}
	if err := linkLog("", file); err != nil {
		t.Errorf("a container without a log: %v", err)
	}
}

// After a rotation the kubelet's file has all lines, and Docker's goes on empty.
func TestCutLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, file := filepath.Join(dir, "0.log"), filepath.Join(dir, "c1-json.log")
	write(t, file, "one\ntwo\n")
	rotated, foreign, copied := path+".20260101", path+".20260102", path+".20260103"
	for link, target := range map[string]string{rotated: file, foreign: "/elsewhere", filepath.Join(dir, "1.log.x"): file} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	write(t, copied, "rotated before")
	moved, err := movedLogs(path, file)
	if err != nil || !slices.Equal(moved, []string{rotated}) {
		t.Fatalf("moved are %q, %v", moved, err)
	}
	if err := cutLog(file, rotated); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{rotated: "one\ntwo\n", file: "", copied: "rotated before"} {
		if got, err := os.ReadFile(name); string(got) != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", filepath.Base(name), got, err, want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".rotating-*")); len(left) > 0 {
		t.Errorf("left over: %q", left)
	}
}

// What a container has written is measured in blocks, with each file counted.
func TestDiskUsage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	empty, one := diskUsage(t.Context(), dir)
	if one != 1 {
		t.Errorf("an empty directory has %d files", one)
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "sub", "file"), string(make([]byte, 1<<20)))
	if bytes, inodes := diskUsage(t.Context(), dir); inodes != 3 || bytes < empty+1<<20 || bytes > empty+2<<20 {
		t.Errorf("%d bytes in %d files, %d before", bytes, inodes, empty)
	}
	if bytes, inodes := diskUsage(t.Context(), filepath.Join(dir, "none")); bytes != 0 || inodes != 0 {
		t.Errorf("nothing has %d bytes in %d files", bytes, inodes)
	}
}
