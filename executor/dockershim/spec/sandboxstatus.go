package spec

import (
	"cmp"
	"net/netip"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// SandboxStatus returns the state and the addresses of a sandbox.
func SandboxStatus(c *docker.Container, r Record) *runtimeapi.PodSandboxStatus {
	state := runtimeapi.PodSandboxState_SANDBOX_NOTREADY
	if c.State.Running {
		state = runtimeapi.PodSandboxState_SANDBOX_READY
	}
	return &runtimeapi.PodSandboxStatus{
		Id:             c.ID,
		Metadata:       r.SandboxMetadata(),
		State:          state,
		CreatedAt:      c.Created.UnixNano(),
		Network:        podAddresses(c.NetworkSettings, r.Addresses),
		Linux:          &runtimeapi.LinuxPodSandboxStatus{Namespaces: &runtimeapi.Namespace{Options: sandboxNamespaces(c.HostConfig)}},
		Labels:         r.Labels,
		Annotations:    r.Annotations,
		RuntimeHandler: r.Handler,
	}
}

// podAddresses returns no address for a pod in the host's network; the kubelet knows
// its own address.
func podAddresses(n *docker.NetworkSettings, ours []netip.Addr) *runtimeapi.PodSandboxNetworkStatus {
	if len(ours) > 0 {
		status := &runtimeapi.PodSandboxNetworkStatus{Ip: ours[0].String()}
		for _, a := range ours[1:] {
			status.AdditionalIps = append(status.AdditionalIps, &runtimeapi.PodIP{Ip: a.String()})
		}
		return status
	}
	if n == nil {
		return &runtimeapi.PodSandboxNetworkStatus{}
	}
	bridge := n.Networks["bridge"]
	v4 := cmp.Or(n.IPAddress, bridge.IPAddress)
	v6 := cmp.Or(n.GlobalIPv6Address, bridge.GlobalIPv6Address)
	status := &runtimeapi.PodSandboxNetworkStatus{Ip: cmp.Or(v4, v6)}
	if v4 != "" && v6 != "" {
		status.AdditionalIps = []*runtimeapi.PodIP{{Ip: v6}}
	}
	return status
}

func sandboxNamespaces(h *docker.HostConfig) *runtimeapi.NamespaceOption {
	mode := func(docker string) runtimeapi.NamespaceMode {
		if docker == "host" {
			return runtimeapi.NamespaceMode_NODE
		}
		return runtimeapi.NamespaceMode_POD
	}
	if h == nil {
		return &runtimeapi.NamespaceOption{}
	}
	return &runtimeapi.NamespaceOption{Network: mode(h.NetworkMode), Pid: mode(h.PidMode), Ipc: mode(h.IpcMode)}
}
