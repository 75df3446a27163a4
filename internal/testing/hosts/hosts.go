// Package hosts has machines for tests of what spans several: network and mount namespaces
// on this one, in Ethernet segments with a router between them, each with a Docker daemon
// of its own if asked for. Nothing leads out of them.
//
// To a program on such a host, /run is its own and empty, as after a machine's start. All
// other files are this machine's. Its reverse path filter is strict: what comes another way
// than its answer would go is dropped, as on many machines.
package hosts

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

// Host is a machine. It lasts until its test ends.
type Host struct {
	*netnstest.Namespace
	Name     string
	Address  netip.Addr         // in its segment
	Address6 netip.Addr         // likewise; the zero value for a host that is alone in its segment
	Docker   *realdocker.Daemon // nil until StartDocker

	t      testing.TB
	holder *exec.Cmd // a process in its namespaces
}

// New returns hosts in segments of these sizes. Hosts of a segment are neighbours, also by
// IPv6; those of others are behind the router, each host's default gateway, by IPv4 alone.
func New(t testing.TB, sizes ...int) [][]*Host {
	t.Helper()
	router := newHost(t, "router")
	router.Do(func() { router.Namespace.Command("sysctl", "-qw", "net.ipv4.ip_forward=1") })
	var all [][]*Host
	for i, size := range sizes {
		gateway := fmt.Sprintf("192.168.%d.1", 201+i)
		var hosts []*Host
		for j := range size {
			h := newHost(t, fmt.Sprintf("host%d%c", i, 'a'+j))
			h.Address = netip.MustParseAddr(fmt.Sprintf("192.168.%d.%d", 201+i, 11+j))
			if size > 1 {
				h.Address6 = netip.MustParseAddr(fmt.Sprintf("fd00:%d::%d", 201+i, 11+j))
			}
			hosts = append(hosts, h)
		}
		segment(router, hosts, fmt.Sprint("segment", i), gateway)
		all = append(all, hosts)
	}
	return all
}

// segment wires hosts to the router: one alone directly, as a bridge would slow tunnels
// down, and several by a bridge.
func segment(router *Host, hosts []*Host, bridge, gateway string) {
	alone := len(hosts) == 1
	if !alone {
		router.Do(func() {
			router.Namespace.Command("ip", "link", "add", bridge, "type", "bridge")
			router.Namespace.Command("ip", "address", "add", gateway+"/24", "dev", bridge)
			router.Namespace.Command("ip", "link", "set", bridge, "up")
		})
	}
	for _, h := range hosts {
		if alone {
			netnstest.Wire(router.Namespace, h.Namespace, h.Name, gateway+"/24", h.Address.String()+"/24")
		} else {
			netnstest.Wire(router.Namespace, h.Namespace, h.Name, "", h.Address.String()+"/24")
			router.Do(func() { router.Namespace.Command("ip", "link", "set", h.Name, "master", bridge) })
			h.Do(func() { h.Namespace.Command("ip", "address", "add", h.Address6.String()+"/64", "dev", h.Name, "nodad") })
		}
		h.Do(func() { h.Namespace.Command("ip", "route", "add", "default", "via", gateway) })
	}
}

// newHost makes a host that is connected to nothing. The process that holds its namespaces
// ends with the test's, as its input ends then.
func newHost(t testing.TB, name string) *Host {
	t.Helper()
	h := &Host{Name: name, t: t}
	h.holder = exec.Command("sh", "-c", "mount -t tmpfs run /run && ip link set lo up && echo ready && exec cat")
	h.holder.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Setpgid: true}
	h.holder.Stderr = os.Stderr
	in, err := h.holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := h.holder.StdoutPipe()
	if err == nil {
		err = h.holder.Start()
	}
	if err != nil {
		realdocker.Absent(t, fmt.Sprintf("a host of namespaces, which takes root: %v", err))
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = h.holder.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("host %s: %q, %v", name, line, err)
	}
	h.Namespace = netnstest.Of(t, h.Namespaces()+"/net")
	h.Do(func() { h.Namespace.Command("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1") })
	return h
}

// Namespaces returns the directory of the host's namespaces, as /proc shows it.
func (h *Host) Namespaces() string { return fmt.Sprintf("/proc/%d/ns", h.holder.Process.Pid) }

// Command returns a command that runs on the host.
func (h *Host) Command(name string, args ...string) *exec.Cmd {
	enter := []string{"--net=" + h.Namespaces() + "/net", "--mount=" + h.Namespaces() + "/mnt", "--", name}
	return exec.Command("nsenter", append(enter, args...)...)
}

// Run runs a command on the host and returns its output; a failure fails the test.
func (h *Host) Run(name string, args ...string) string {
	h.t.Helper()
	out, err := h.Command(name, args...).CombinedOutput()
	if err != nil {
		h.t.Errorf("on %s: %s %s: %v\n%s", h.Name, name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// Dial connects to an address as programs on the host do. The address has no name of a
// host.
func (h *Host) Dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	h.Do(func() { conn, err = (&net.Dialer{}).DialContext(ctx, network, address) })
	return conn, err
}

// StartDocker starts the host's Docker daemon with these images of this machine's.
func (h *Host) StartDocker(images []string, args ...string) {
	h.t.Helper()
	h.Docker = realdocker.NewDaemonOn(h.t, h.Command, args...)
	if len(images) > 0 {
		h.Docker.Load(images...)
	}
}

// Container returns the network namespace of a container of the host.
func (h *Host) Container(id string) *netnstest.Namespace {
	h.t.Helper()
	pid := h.Docker.Docker("inspect", "--format", "{{.State.Pid}}", id)
	return netnstest.Of(h.t, "/proc/"+pid+"/ns/net")
}
