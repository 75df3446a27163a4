// Package cniplugins builds the plugins of the CNI project for tests: bridge, ptp,
// host-local, portmap, firewall and bandwidth. They are of a module of their own, in
// plugins, so that what they require does not change this one.
package cniplugins

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// Dir returns a directory with the plugins. They are built if they have changed since an
// earlier test.
func Dir(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "kubernetes-mesos-cniplugins")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	lock, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s", "-o", dir+"/", "tool")
	build.Dir = source(t)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the plugins of CNI: %v\n%s", err, out)
	}
	return dir
}

// source returns the folder of the plugins' module. Tests run in their package's folder.
func source(t testing.TB) string {
	t.Helper()
	const module = "internal/testing/cniplugins/plugins"
	up, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; up != "/"; up = filepath.Dir(up) {
		if _, err := os.Stat(filepath.Join(up, module, "go.mod")); err == nil {
			return filepath.Join(up, module)
		}
	}
	t.Fatalf("%s is not above the test's folder", module)
	return ""
}
