package dockershim

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// A pod in Docker's bridge has an address, its own name, its DNS settings and sysctls,
// and is reachable at the host's port.
func TestBridgePod(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.network = runtimeapi.NamespaceMode_POD
	port := freePort(t)
	pod := n.pod("php", func(c *runtimeapi.PodSandboxConfig) {
		c.Hostname = "php-host"
		c.DnsConfig = &runtimeapi.DNSConfig{Servers: []string{"10.1.2.3"}, Searches: []string{"default.svc.cluster.local", "svc.cluster.local"}, Options: []string{"ndots:5"}}
		c.PortMappings = []*runtimeapi.PortMapping{
			{ContainerPort: 8080, HostPort: port},
			{ContainerPort: 9090}, // no port on the host
		}
		c.Linux.Sysctls = map[string]string{"net.ipv4.ip_unprivileged_port_start": "79"}
	})
	sandbox := n.runSandbox(pod)
	s := n.sandboxStatus(sandbox)
	if net.ParseIP(s.Network.Ip) == nil || s.Linux.Namespaces.Options.Network != runtimeapi.NamespaceMode_POD {
		t.Fatalf("status %v", s)
	}
	id := n.create(sandbox, pod, n.container("web", "echo hello > /tmp/index.html; exec httpd -f -p 8080 -h /tmp"))
	n.startContainer(id)

	var text string
	for _, address := range []string{net.JoinHostPort(s.Network.Ip, "8080"), fmt.Sprintf("127.0.0.1:%d", port)} {
		n.eventually("answer at "+address, func() bool {
			answer, err := http.Get("http://" + address + "/index.html")
			if err != nil {
				return false
			}
			defer answer.Body.Close()
			body, _ := io.ReadAll(answer.Body)
			text = string(body)
			return text == "hello\n"
		})
	}
	for command, want := range map[string]string{
		"hostname": "php-host",
		"cat /proc/sys/net/ipv4/ip_unprivileged_port_start": "79",
	} {
		if got := n.exec(id, "sh", "-c", command); got != want {
			t.Errorf("%s: %q, want %q", command, got, want)
		}
	}
	resolv := n.exec(id, "cat", "/etc/resolv.conf")
	for _, want := range []string{"nameserver 10.1.2.3", "search default.svc.cluster.local svc.cluster.local", "options ndots:5"} {
		if !strings.Contains(resolv, want) {
			t.Errorf("resolv.conf lacks %q: %s", want, resolv)
		}
	}

	// The pod releases its port when it ends.
	must[*runtimeapi.StopPodSandboxResponse](n)(n.StopPodSandbox(t.Context(), &runtimeapi.StopPodSandboxRequest{PodSandboxId: sandbox}))
	l, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

// A pod in the host's network has the host's name and network, but its own DNS settings.
func TestHostNetworkPod(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	pod := n.pod("php", func(c *runtimeapi.PodSandboxConfig) {
		c.DnsConfig = &runtimeapi.DNSConfig{Servers: []string{"10.1.2.3"}, Searches: []string{"a.example"}}
	})
	sandbox := n.runSandbox(pod)
	id := n.create(sandbox, pod, n.container("web", "sleep 1000"))
	n.startContainer(id)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if got := n.exec(id, "hostname"); got != host {
		t.Errorf("host name %q, the host's is %q", got, host)
	}
	if got := n.exec(id, "cat", "/etc/resolv.conf"); !strings.Contains(got, "nameserver 10.1.2.3") || !strings.Contains(got, "search a.example") {
		t.Errorf("resolv.conf: %s", got)
	}
	if s := n.sandboxStatus(sandbox); s.Network.GetIp() != "" {
		t.Errorf("address %v", s.Network)
	}
}

// A sandbox whose port is taken fails and leaves nothing behind that holds resources.
func TestTakenHostPort(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.network = runtimeapi.NamespaceMode_POD
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	pod := n.pod("php", func(c *runtimeapi.PodSandboxConfig) {
		c.PortMappings = []*runtimeapi.PortMapping{{ContainerPort: 80, HostPort: int32(l.Addr().(*net.TCPAddr).Port)}}
	})
	if _, err := n.RunPodSandbox(t.Context(), &runtimeapi.RunPodSandboxRequest{Config: pod}); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("error %v", err)
	}
	left := must[*runtimeapi.ListPodSandboxResponse](n)(n.ListPodSandbox(t.Context(), &runtimeapi.ListPodSandboxRequest{})).Items
	if len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

// Containers of a pod always share its IPC namespace and may share its process namespace,
// whose first process is the sandbox's, which reaps.
func TestSharedNamespaces(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	pod := n.pod("php", func(c *runtimeapi.PodSandboxConfig) {
		c.Linux.SecurityContext.NamespaceOptions.Pid = runtimeapi.NamespaceMode_POD
	})
	sandbox := n.runSandbox(pod)
	shared := func(c *runtimeapi.ContainerConfig) {
		c.Linux.SecurityContext.NamespaceOptions.Pid = runtimeapi.NamespaceMode_POD
	}
	one := n.create(sandbox, pod, n.container("one", "sleep 1111", shared))
	two := n.create(sandbox, pod, n.container("two", "touch /dev/shm/seen; (sleep 0.1 &); sleep 2222", shared))
	alone := n.create(sandbox, pod, n.container("alone", "sleep 3333"))
	for _, id := range []string{one, two, alone} {
		n.startContainer(id)
	}
	list := n.exec(one, "ps")
	if !strings.Contains(list, "/pause") || !strings.Contains(list, "sleep 2222") || strings.Contains(list, "sleep 3333") {
		t.Errorf("processes:\n%s", list)
	}
	n.eventually("memory is shared", func() bool { return n.exec(alone, "ls", "/dev/shm") == "seen" })
	n.eventually("the orphan is reaped", func() bool {
		list := n.exec(one, "ps")
		return !strings.Contains(list, "sleep 0.1") && !strings.Contains(list, "[sleep]")
	})
	target := n.create(sandbox, pod, n.container("debug", "sleep 4444", func(c *runtimeapi.ContainerConfig) {
		c.Linux.SecurityContext.NamespaceOptions.Pid = runtimeapi.NamespaceMode_TARGET
		c.Linux.SecurityContext.NamespaceOptions.TargetId = alone
	}))
	n.startContainer(target)
	if list := n.exec(target, "ps"); !strings.Contains(list, "sleep 3333") {
		t.Errorf("processes of the target:\n%s", list)
	}
}

func freePort(t *testing.T) int32 {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return int32(l.Addr().(*net.TCPAddr).Port)
}
