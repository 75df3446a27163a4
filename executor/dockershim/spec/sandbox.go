package spec

import (
	"cmp"
	"net/netip"
	"path"
	"strconv"
	"strings"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// Settings holds what translating a configuration needs in addition to it.
type Settings struct {
	Owner         Owner
	PauseImage    string
	CgroupParent  string // for a pod that names none
	SystemdCgroup bool
	OOMFloor      int // lowest oom_score_adj that a container may have
	LogSize       int64
	LogFiles      int
	PidsLimit     int64 // of a container; less than one: no limit
	// Connected says that a sandbox is connected by us instead of by Docker, and Addresses
	// what its addresses are, if that is known before it is.
	Connected bool
	Addresses []netip.Addr
}

// The sandbox needs almost nothing and should be the last of its pod to be killed:
// without it the pod's network is gone. The kubelet leaves both numbers to the
// runtime; Kubernetes uses the same ones for its own daemons.
const (
	sandboxCPUShares = 2
	sandboxOOMScore  = -998
)

// NewSandbox translates a sandbox: the pause program, which holds the pod's network
// and, if they are shared, its process and IPC namespaces.
func NewSandbox(s Settings, c *runtimeapi.PodSandboxConfig, handler string) (docker.CreateContainerOptions, error) {
	if c.GetMetadata().GetUid() == "" || c.GetMetadata().GetName() == "" {
		return docker.CreateContainerOptions{}, Invalid("sandbox: its metadata names no pod")
	}
	security := c.GetLinux().GetSecurityContext()
	namespaces := security.GetNamespaceOptions()
	if namespaces.GetUsernsOptions().GetMode() == runtimeapi.NamespaceMode_POD && namespaces.GetUsernsOptions() != nil {
		return docker.CreateContainerOptions{}, Invalid("pod %s: user namespaces of its own: Docker has none per pod; set hostUsers: true", c.Metadata.Name)
	}
	r := Record{
		Type:        TypeSandbox,
		Pod:         c.Metadata.Name,
		Namespace:   c.Metadata.Namespace,
		UID:         c.Metadata.Uid,
		Attempt:     c.Metadata.Attempt,
		Handler:     handler,
		Labels:      c.Labels,
		Annotations: c.Annotations,
	}
	config := &docker.Config{
		Image:  s.PauseImage,
		Labels: s.Owner.Labels(r),
		User:   userSpec(security.GetRunAsUser(), "", security.GetRunAsGroup()),
	}
	host := &docker.HostConfig{
		NetworkMode:    "bridge",
		IpcMode:        "shareable",
		CgroupParent:   s.parent(c),
		CPUShares:      sandboxCPUShares,
		OomScoreAdj:    max(sandboxOOMScore, s.OOMFloor),
		ReadonlyRootfs: true,
		CapDrop:        []string{"ALL"},
		SecurityOpt:    []string{"no-new-privileges"},
		Sysctls:        c.GetLinux().GetSysctls(),
		LogConfig:      docker.LogConfig{Type: "none"},
	}
	switch {
	case HostNetwork(c):
		host.NetworkMode = "host"
		host.UTSMode = "host"
	case s.Connected:
		host.NetworkMode = "none"
		config.Hostname = c.Hostname
	default:
		config.Hostname = c.Hostname
		config.ExposedPorts, host.PortBindings = portSpec(c.PortMappings)
	}
	if namespaces.GetIpc() == runtimeapi.NamespaceMode_NODE {
		host.IpcMode = "host"
	}
	if namespaces.GetPid() == runtimeapi.NamespaceMode_NODE {
		host.PidMode = "host"
	}
	dnsSpec(host, c.DnsConfig)
	options, err := stampDigest(r, config, host)
	if err == nil && host.NetworkMode == "none" && len(s.Addresses) > 0 {
		// Not part of the digest: a sandbox that an earlier call made has others, and is as good.
		config.Labels[LabelAddresses] = joinAddresses(s.Addresses)
	}
	return options, err
}

// HostNetwork reports whether a sandbox is in the host's network.
func HostNetwork(c *runtimeapi.PodSandboxConfig) bool {
	return c.GetLinux().GetSecurityContext().GetNamespaceOptions().GetNetwork() == runtimeapi.NamespaceMode_NODE
}

// parent returns the cgroup for everything of a pod. The systemd driver expects the
// slice's name; the kubelet passes its path.
func (s Settings) parent(c *runtimeapi.PodSandboxConfig) string {
	parent := cmp.Or(c.GetLinux().GetCgroupParent(), s.CgroupParent)
	if !s.SystemdCgroup {
		return parent
	}
	if slice := path.Base(parent); strings.HasSuffix(slice, ".slice") {
		return slice
	}
	return ""
}

// portSpec publishes the ports that have a host port.
func portSpec(mappings []*runtimeapi.PortMapping) (map[docker.Port]struct{}, map[docker.Port][]docker.PortBinding) {
	exposed := map[docker.Port]struct{}{}
	bound := map[docker.Port][]docker.PortBinding{}
	for _, m := range mappings {
		if m.HostPort == 0 {
			continue
		}
		port := docker.Port(strconv.Itoa(int(m.ContainerPort)) + "/" + strings.ToLower(m.Protocol.String()))
		exposed[port] = struct{}{}
		bound[port] = append(bound[port], docker.PortBinding{HostIP: m.HostIp, HostPort: strconv.Itoa(int(m.HostPort))})
	}
	return exposed, bound
}

// dnsSpec sets the pod's resolv.conf as the kubelet specifies. Docker fills empty
// fields from the host, so an empty list of search domains is written as ".", which
// means none to Docker, and empty options as the resolver's default.
func dnsSpec(host *docker.HostConfig, c *runtimeapi.DNSConfig) {
	if len(c.GetServers()) == 0 {
		return
	}
	host.DNS, host.DNSSearch, host.DNSOptions = c.Servers, c.Searches, c.Options
	if len(host.DNSSearch) == 0 {
		host.DNSSearch = []string{"."}
	}
	if len(host.DNSOptions) == 0 {
		host.DNSOptions = []string{"ndots:1"}
	}
}
