package kubelet

import (
	"os"
	"path/filepath"
	"testing"
)

// Links for log collectors of the host are not made; others are.
func TestOwnFiles(t *testing.T) {
	t.Parallel()
	for path, host := range map[string]bool{
		"/var/log/containers":            true,
		"/var/log/containers/x.log":      true,
		"/var/log/containers/../x":       false,
		"/var/log/containers-of-others":  false,
		"/var/log/pods/x":                false,
		"/var/lib/kubernetes-mesos/S0/x": false,
	} {
		if got := inHostLogs(path); got != host {
			t.Errorf("%s: %v, want %v", path, got, host)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := (ownFiles{}).Symlink("to", link); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(link); err != nil || to != "to" {
		t.Errorf("link to %q, %v", to, err)
	}
	name := filepath.Join(hostLogs, "kubernetes-mesos-test.log")
	if err := (ownFiles{}).Symlink("to", name); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(name); !os.IsNotExist(err) {
		t.Errorf("%s is there: %v", name, err)
	}
}
