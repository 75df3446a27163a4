package spec

import (
	"fmt"
	"net/netip"
	"testing"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// A sandbox with addresses has no network of Docker's and no ports there, tells its
// addresses by its labels, and is the same as one with other addresses.
func TestSandboxWithAddresses(t *testing.T) {
	t.Parallel()
	config := &runtimeapi.PodSandboxConfig{
		Metadata:     &runtimeapi.PodSandboxMetadata{Name: "web", Namespace: "default", Uid: "u"},
		Hostname:     "web",
		PortMappings: []*runtimeapi.PortMapping{{ContainerPort: 80, HostPort: 31080}},
	}
	owner := Owner{Framework: "f", Agent: "a"}
	make := func(addresses ...string) docker.CreateContainerOptions {
		t.Helper()
		s := Settings{Owner: owner, Connected: len(addresses) > 0}
		for _, a := range addresses {
			s.Addresses = append(s.Addresses, netip.MustParseAddr(a))
		}
		options, err := NewSandbox(s, config, "")
		if err != nil {
			t.Fatal(err)
		}
		return options
	}
	bridge, one, other := make(), make("10.244.1.7", "fd00::7"), make("10.244.1.8")
	if bridge.HostConfig.NetworkMode != "bridge" || len(bridge.HostConfig.PortBindings) != 1 {
		t.Errorf("without addresses: %+v", bridge.HostConfig)
	}
	if one.HostConfig.NetworkMode != "none" || len(one.HostConfig.PortBindings) != 0 || one.Config.Hostname != "web" {
		t.Errorf("with addresses: %+v, hostname %q", one.HostConfig, one.Config.Hostname)
	}
	if one.Config.Labels[LabelSpec] != other.Config.Labels[LabelSpec] || one.Config.Labels[LabelSpec] == bridge.Config.Labels[LabelSpec] {
		t.Errorf("digests %s, %s, and by a bridge %s", one.Config.Labels[LabelSpec], other.Config.Labels[LabelSpec], bridge.Config.Labels[LabelSpec])
	}
	later, err := NewSandbox(Settings{Owner: owner, Connected: true}, config, "")
	if _, labelled := later.Config.Labels[LabelAddresses]; err != nil || later.HostConfig.NetworkMode != "none" || labelled {
		t.Errorf("before the addresses are known: %+v, %v, %v", later.HostConfig, later.Config.Labels, err)
	}
	r, ours := owner.Read(one.Config.Labels)
	if !ours || fmt.Sprint(r.Addresses) != "[10.244.1.7 fd00::7]" {
		t.Errorf("read back: %+v", r)
	}
	status := SandboxStatus(&docker.Container{}, r).Network
	if status.Ip != "10.244.1.7" || len(status.AdditionalIps) != 1 || status.AdditionalIps[0].Ip != "fd00::7" {
		t.Errorf("status %v", status)
	}
	config.Linux = &runtimeapi.LinuxPodSandboxConfig{SecurityContext: &runtimeapi.LinuxSandboxSecurityContext{
		NamespaceOptions: &runtimeapi.NamespaceOption{Network: runtimeapi.NamespaceMode_NODE}}}
	host := make("10.244.1.9")
	if _, labelled := host.Config.Labels[LabelAddresses]; host.HostConfig.NetworkMode != "host" || labelled {
		t.Errorf("in the host's network: %+v, %v", host.HostConfig.NetworkMode, host.Config.Labels)
	}
}
