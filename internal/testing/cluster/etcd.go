package cluster

import (
	"fmt"
	"net/http"
	"os/exec"
	"testing"
	"time"
)

// StartEtcd starts an etcd as users run it, a separate process, on free ports and in
// its own directory. It returns the URL for clients.
func StartEtcd(t testing.TB) (string, *Process) {
	t.Helper()
	path, err := exec.LookPath("etcd")
	if err != nil {
		t.Fatalf("%v: make setup installs it", err)
	}
	url, peers := fmt.Sprintf("http://127.0.0.1:%d", FreePort(t)), fmt.Sprintf("http://127.0.0.1:%d", FreePort(t))
	p := Run(t, path, "--name=test", "--data-dir="+t.TempDir(), "--initial-cluster=test="+peers,
		"--listen-client-urls="+url, "--advertise-client-urls="+url,
		"--listen-peer-urls="+peers, "--initial-advertise-peer-urls="+peers)
	p.Await(time.Minute, "etcd", func() bool {
		resp, err := http.Get(url + "/health")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return url, p
}
