package hosts

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

// Hosts reach each other, neighbours directly and others by the router; each has its own
// /run and its own Docker, and nothing of it is seen on this machine.
func TestHosts(t *testing.T) {
	t.Parallel()
	image := realdocker.Busybox(t)
	segments := New(t, 2, 1)
	a, b, c := segments[0][0], segments[0][1], segments[1][0]
	b.Serve(7000)
	c.Serve(7000)
	if got, want := a.Ask("tcp", b.Address.String()+":7000", 5), a.Address.String()+" 5"; got != want {
		t.Errorf("a neighbour answers %q, want %q", got, want)
	}
	if got, want := a.Ask("udp", c.Address.String()+":7000", 5), a.Address.String()+" 5"; got != want {
		t.Errorf("a host behind the router answers %q, want %q", got, want)
	}
	conn, err := a.Dial(t.Context(), "tcp", c.Address.String()+":7000")
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if route := a.Run("ip", "route", "get", c.Address.String()); !strings.Contains(route, "via 192.168.201.1") {
		t.Errorf("from one segment to another: %s", route)
	}
	a.Run("touch", "/run/seen")
	if out, err := exec.Command("ls", "/run/seen").CombinedOutput(); err == nil {
		t.Errorf("the host's /run is this machine's: %s", out)
	}

	a.StartDocker([]string{image})
	id := strings.TrimSpace(a.Run("docker", "run", "--detach", image, "sleep", "1000"))
	a.Container(id).Serve(7001)
	ip := a.Docker.Docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", id)
	if got := a.Ask("tcp", ip+":7001", 1); got != "172.17.0.1 1" {
		t.Errorf("a container of the host answers %q", got)
	}
}
