package dockerd

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

func TestEndpoint(t *testing.T) {
	t.Setenv("DOCKER_HOST", "")
	if got := Endpoint(""); got != usual {
		t.Errorf("got %s", got)
	}
	t.Setenv("DOCKER_HOST", "tcp://127.0.0.1:2375")
	if got := Endpoint(""); got != "tcp://127.0.0.1:2375" {
		t.Errorf("got %s", got)
	}
	if got := Endpoint("unix:///d.sock"); got != "unix:///d.sock" {
		t.Errorf("got %s", got)
	}
}

// The listener is found by asking the kernel; it is an error if it cannot be found.
func TestProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "d.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if pid, err := Process("unix://" + path); err != nil || pid != os.Getpid() {
		t.Errorf("got %d, %v; want %d", pid, err, os.Getpid())
	}
	for _, endpoint := range []string{"tcp://127.0.0.1:2375", "unix://" + path + ".none", "", "://"} {
		if pid, err := Process(endpoint); err == nil {
			t.Errorf("%q: got %d, want an error", endpoint, pid)
		}
	}
}
