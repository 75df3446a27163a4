package dockershim

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/podnetwork"
)

// fakeNetwork is a PodNetwork that writes down what it is asked for.
type fakeNetwork struct {
	mu       sync.Mutex
	next     netip.Addr
	refuses  bool
	chooses  bool // the addresses, when it attaches
	attached map[string]podnetwork.Pod
	returned []netip.Addr
}

func newFakeNetwork() *fakeNetwork {
	return &fakeNetwork{next: netip.MustParseAddr("10.244.9.1"), attached: map[string]podnetwork.Pod{}}
}

func (f *fakeNetwork) Take() ([]netip.Addr, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.chooses {
		return nil, nil
	}
	return f.take(), nil
}

func (f *fakeNetwork) take() []netip.Addr {
	taken := f.next
	f.next = taken.Next()
	return []netip.Addr{taken}
}

func (f *fakeNetwork) Return(all []netip.Addr) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.returned = append(f.returned, all...)
}

func (f *fakeNetwork) Attach(_ context.Context, p podnetwork.Pod) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := os.Stat(p.Netns); err != nil {
		return err
	}
	if f.refuses {
		return errors.New("no cable")
	}
	if f.chooses {
		p.Addresses = f.take()
	}
	f.attached[p.Sandbox] = p
	return nil
}

func (f *fakeNetwork) Addresses(sandbox string) []netip.Addr {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.attached[sandbox].Addresses
}

func (f *fakeNetwork) Detach(_ context.Context, sandbox string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p, is := f.attached[sandbox]; is && f.chooses {
		if _, err := os.Stat(p.Netns); err != nil {
			return err
		}
	}
	delete(f.attached, sandbox)
	return nil
}

// A pod that we connect has no network of Docker's, the address that was reserved, and its
// host ports from us; it is disconnected when it stops.
func TestPodNetwork(t *testing.T) {
	t.Parallel()
	f := newFakeNetwork()
	n := newNode(t, func(c *Config) { c.PodNetwork = func() (PodNetwork, error) { return f, nil } })
	n.network = runtimeapi.NamespaceMode_POD
	pod := n.pod("php", func(c *runtimeapi.PodSandboxConfig) {
		c.Hostname = "php-host"
		c.PortMappings = []*runtimeapi.PortMapping{
			{ContainerPort: 80, HostPort: 31080}, {ContainerPort: 53, HostPort: 31053, Protocol: runtimeapi.Protocol_UDP, HostIp: "192.0.2.7"}, {ContainerPort: 90},
		}
	})
	sandbox := n.runSandbox(pod)
	got := f.attached[sandbox]
	want := fmt.Sprint([]podnetwork.Port{
		{Protocol: "tcp", HostPort: 31080, PodPort: 80}, {Protocol: "udp", HostIP: netip.MustParseAddr("192.0.2.7"), HostPort: 31053, PodPort: 53},
	})
	if fmt.Sprint(got.Ports) != want || fmt.Sprint(got.Addresses) != "[10.244.9.1]" || got.Name != pod.Metadata.Namespace+"/"+pod.Metadata.Name {
		t.Errorf("attached %+v", got)
	}
	if s := n.sandboxStatus(sandbox); s.Network.Ip != "10.244.9.1" {
		t.Errorf("status %v", s.Network)
	}
	if again := n.runSandbox(pod); again != sandbox || fmt.Sprint(f.attached[sandbox].Addresses, f.returned) != "[10.244.9.1] [10.244.9.2]" {
		t.Errorf("the same sandbox again: %s with %v, returned %v", again, f.attached[sandbox].Addresses, f.returned)
	}
	delete(f.attached, sandbox) // as if the process had ended before
	if s := n.sandboxStatus(sandbox); s.Network.Ip != "" {
		t.Errorf("a sandbox that is not connected has the address %s", s.Network.Ip)
	}
	n.runSandbox(pod)
	id := n.create(sandbox, pod, n.container("main", "ls /sys/class/net; cat /etc/hostname; sleep 1000"))
	n.startContainer(id)
	if out := n.exec(id, "ls", "/sys/class/net"); strings.TrimSpace(out) != "lo" {
		t.Errorf("Docker gave the pod the interfaces %q", out)
	}
	must[*runtimeapi.StopPodSandboxResponse](n)(n.StopPodSandbox(t.Context(), &runtimeapi.StopPodSandboxRequest{PodSandboxId: sandbox}))
	if len(f.attached) != 0 {
		t.Errorf("after its end: %v", f.attached)
	}
}

// Where the host has no network of pods Docker connects them, and they ask the host's DNS
// servers: the cluster's is out of reach. What a pod asks for itself holds.
func TestPodNetworkLeavesPodsToDocker(t *testing.T) {
	t.Parallel()
	n := newNode(t, func(c *Config) {
		c.PodNetwork, c.ClusterDNS = func() (PodNetwork, error) { return nil, nil }, []string{"10.0.0.10"}
	})
	n.network = runtimeapi.NamespaceMode_POD
	for server, kept := range map[string]bool{"10.0.0.10": false, "10.0.0.11": true} {
		pod := n.pod("php", func(c *runtimeapi.PodSandboxConfig) { c.DnsConfig = &runtimeapi.DNSConfig{Servers: []string{server}} })
		sandbox := n.runSandbox(pod)
		if ip := n.sandboxStatus(sandbox).Network.Ip; ip == "" {
			t.Errorf("asking %s: no address of Docker's", server)
		}
		id := n.create(sandbox, pod, n.container("main", "sleep 1000"))
		n.startContainer(id)
		if got := n.exec(id, "cat", "/etc/resolv.conf"); strings.Contains(got, server) != kept {
			t.Errorf("asking %s: resolv.conf is\n%s", server, got)
		}
	}
}

// A pod that cannot be connected leaves no sandbox, and its address is free again; one in
// the host's network needs none.
func TestPodNetworkRefuses(t *testing.T) {
	t.Parallel()
	f := newFakeNetwork()
	f.refuses = true
	ready := false
	n := newNode(t, func(c *Config) {
		c.PodNetwork = func() (PodNetwork, error) {
			if !ready {
				return nil, errors.New("not ready")
			}
			return f, nil
		}
	})
	n.runSandbox(n.pod("on-host"))
	n.network = runtimeapi.NamespaceMode_POD
	run := func() error {
		_, err := n.RunPodSandbox(t.Context(), &runtimeapi.RunPodSandboxRequest{Config: n.pod("php")})
		return err
	}
	if err := run(); err == nil || !strings.Contains(err.Error(), "not ready") {
		t.Errorf("before there is a network: %v", err)
	}
	ready = true
	if err := run(); err == nil || !strings.Contains(err.Error(), "no cable") {
		t.Errorf("got %v", err)
	}
	if fmt.Sprint(f.returned) != "[10.244.9.1]" {
		t.Errorf("returned %v", f.returned)
	}
	left := must[*runtimeapi.ListPodSandboxResponse](n)(n.ListPodSandbox(t.Context(), &runtimeapi.ListPodSandboxRequest{}))
	if len(left.Items) != 1 {
		t.Errorf("sandboxes %v, want the one in the host's network", left.Items)
	}
}

// A network may choose the addresses when it attaches, is told what plugins may want to know
// of the pod, and detaches it while its namespace is there.
func TestPodNetworkChooses(t *testing.T) {
	t.Parallel()
	f := newFakeNetwork()
	f.chooses = true
	var ranges []netip.Prefix
	n := newNode(t, func(c *Config) {
		c.PodNetwork = func() (PodNetwork, error) { return f, nil }
		c.NetworkReady = func(context.Context) error { return errors.New("no plugs yet") }
		c.PodRanges = func(all []netip.Prefix) { ranges = all }
	})
	n.network = runtimeapi.NamespaceMode_POD
	status := must[*runtimeapi.StatusResponse](n)(n.Status(t.Context(), &runtimeapi.StatusRequest{}))
	if c := status.Status.Conditions[1]; c.Status || c.Type != runtimeapi.NetworkReady || c.Message != "no plugs yet" {
		t.Errorf("condition %v", c)
	}
	must[*runtimeapi.UpdateRuntimeConfigResponse](n)(n.UpdateRuntimeConfig(t.Context(), &runtimeapi.UpdateRuntimeConfigRequest{
		RuntimeConfig: &runtimeapi.RuntimeConfig{NetworkConfig: &runtimeapi.NetworkConfig{PodCidr: "10.244.1.0/24,fd00:1::/64"}}}))
	if fmt.Sprint(ranges) != "[10.244.1.0/24 fd00:1::/64]" {
		t.Errorf("ranges %v", ranges)
	}
	pod := n.pod("php", func(c *runtimeapi.PodSandboxConfig) {
		c.Annotations = map[string]string{"kubernetes.io/ingress-bandwidth": "1M"}
		c.DnsConfig = &runtimeapi.DNSConfig{Servers: []string{"10.0.0.10"}}
	})
	sandbox := n.runSandbox(pod)
	if s := n.sandboxStatus(sandbox); s.Network.Ip != "10.244.9.1" {
		t.Errorf("status %v", s.Network)
	}
	got := f.attached[sandbox]
	if got.UID != pod.Metadata.Uid || got.Annotations["kubernetes.io/ingress-bandwidth"] != "1M" || fmt.Sprint(got.DNS.Servers) != "[10.0.0.10]" {
		t.Errorf("attached %+v", got)
	}
	must[*runtimeapi.StopPodSandboxResponse](n)(n.StopPodSandbox(t.Context(), &runtimeapi.StopPodSandboxRequest{PodSandboxId: sandbox}))
	if s := n.sandboxStatus(sandbox); s.Network.Ip != "" || len(f.attached) != 0 {
		t.Errorf("after its end: %v, %v", s.Network, f.attached)
	}
}
