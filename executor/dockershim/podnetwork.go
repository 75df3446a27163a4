package dockershim

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	docker "github.com/fsouza/go-dockerclient"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/podnetwork"
)

// PodNetwork connects pods to the cluster's network. Its sandboxes start without one.
type PodNetwork interface {
	// Take reserves addresses for a pod: one per IP family, or none if Attach chooses them.
	Take() ([]netip.Addr, error)
	// Return gives addresses back that no pod was attached with.
	Return([]netip.Addr)
	// Attach connects a pod, which holds its addresses until Detach.
	Attach(context.Context, podnetwork.Pod) error
	// Addresses returns the addresses of the pod of a sandbox, none if it is not connected.
	Addresses(sandbox string) []netip.Addr
	// Detach disconnects the pod of a sandbox, if it is connected.
	Detach(ctx context.Context, sandbox string) error
}

// podNetwork returns what connects pods now, nil if Docker does or none can be connected.
func (s *sandboxes) podNetwork() PodNetwork {
	if s.config.PodNetwork == nil {
		return nil
	}
	network, err := s.config.PodNetwork()
	if err != nil {
		return nil
	}
	return network
}

// dns returns what a pod's resolv.conf is made of, nil if it is the host's. connected says
// that the pod has a PodNetwork; in the host's network it reaches what the host does.
func (s *sandboxes) dns(c *runtimeapi.PodSandboxConfig, connected bool) *runtimeapi.DNSConfig {
	wanted := c.GetDnsConfig()
	unreachable := !connected && (!spec.HostNetwork(c) || s.podNetwork() == nil)
	if unreachable && len(s.config.ClusterDNS) > 0 && slices.Equal(wanted.GetServers(), s.config.ClusterDNS) {
		return nil
	}
	return wanted
}

// reserve returns the network for a new sandbox, with addresses; nil if Docker or the host
// provides it.
func (s *sandboxes) reserve(c *runtimeapi.PodSandboxConfig) (PodNetwork, []netip.Addr, error) {
	if s.config.PodNetwork == nil || spec.HostNetwork(c) {
		return nil, nil, nil
	}
	network, err := s.config.PodNetwork()
	if err != nil || network == nil {
		return nil, nil, err
	}
	addresses, err := network.Take()
	return network, addresses, err
}

// attach connects a sandbox that runs. Its addresses are those of its creation, which an
// earlier call may have reserved. If it fails, none is held.
func (s *sandboxes) attach(ctx context.Context, network PodNetwork, id string, c *runtimeapi.PodSandboxConfig, reserved []netip.Addr) error {
	container, r, err := s.inventory.inspect(ctx, id)
	if err != nil {
		network.Return(reserved)
		return err
	}
	if !slices.Equal(r.Addresses, reserved) {
		network.Return(reserved)
	}
	if err := s.attachTo(ctx, network, container, r, c); err != nil {
		network.Return(r.Addresses)
		return err
	}
	return nil
}

func (s *sandboxes) attachTo(ctx context.Context, network PodNetwork, container *docker.Container, r spec.Record, c *runtimeapi.PodSandboxConfig) error {
	if container.NetworkSettings == nil || container.NetworkSettings.SandboxKey == "" {
		return fmt.Errorf("Docker names no network namespace for the %s", r)
	}
	return network.Attach(ctx, podnetwork.Pod{
		Name: r.Namespace + "/" + r.Pod, Sandbox: container.ID, Netns: container.NetworkSettings.SandboxKey,
		Addresses: r.Addresses, Ports: hostPorts(c.GetPortMappings()), UID: r.UID, Annotations: r.Annotations,
		DNS: podnetwork.DNS{Servers: c.GetDnsConfig().GetServers(), Searches: c.GetDnsConfig().GetSearches(), Options: c.GetDnsConfig().GetOptions()},
	})
}

// addresses returns the addresses of a sandbox that we are to connect, none if it is not
// connected: this process may have ended between its start and that.
func (s *sandboxes) addresses(c *docker.Container, r spec.Record) []netip.Addr {
	network := s.podNetwork()
	if network == nil || c.HostConfig == nil || c.HostConfig.NetworkMode != "none" {
		return r.Addresses
	}
	return network.Addresses(c.ID)
}

// detach disconnects a sandbox, if pods are connected by us.
func (s *sandboxes) detach(ctx context.Context, id string) error {
	if network := s.podNetwork(); network != nil {
		return network.Detach(ctx, id)
	}
	return nil
}

// hostPorts returns the ports that have a host port. One on an address that cannot be
// parsed, which the API server does not store, is left out.
func hostPorts(mappings []*runtimeapi.PortMapping) []podnetwork.Port {
	var all []podnetwork.Port
	for _, m := range mappings {
		if m.HostPort == 0 {
			continue
		}
		port := podnetwork.Port{Protocol: strings.ToLower(m.Protocol.String()), HostPort: uint16(m.HostPort), PodPort: uint16(m.ContainerPort)}
		if m.HostIp != "" {
			var err error
			if port.HostIP, err = netip.ParseAddr(m.HostIp); err != nil {
				continue
			}
		}
		all = append(all, port)
	}
	return all
}
