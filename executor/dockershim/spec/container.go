package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"strconv"
	"strings"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// ContainerRequest describes a container to create.
type ContainerRequest struct {
	Sandbox string // id
	Pod     *runtimeapi.PodSandboxConfig
	Config  *runtimeapi.ContainerConfig
	ImageID string
	Seccomp string // the profile's text if Config names a file
}

// NewContainer translates a container of a pod. The container joins the network and
// IPC namespaces of the sandbox, and its process namespace if the pod shares one.
func NewContainer(s Settings, req ContainerRequest) (docker.CreateContainerOptions, error) {
	c := req.Config
	security := c.GetLinux().GetSecurityContext()
	r := Record{
		Type:        TypeContainer,
		Sandbox:     req.Sandbox,
		Pod:         req.Pod.GetMetadata().GetName(),
		Namespace:   req.Pod.GetMetadata().GetNamespace(),
		UID:         req.Pod.GetMetadata().GetUid(),
		Container:   c.GetMetadata().GetName(),
		Attempt:     c.GetMetadata().GetAttempt(),
		Image:       c.GetImage().GetUserSpecifiedImage(),
		ImageID:     req.ImageID,
		Labels:      c.Labels,
		Annotations: c.Annotations,
	}
	if r.Container == "" || r.UID == "" {
		return docker.CreateContainerOptions{}, Invalid("container: its metadata names no container or pod")
	}
	if r.Image == "" {
		r.Image = c.GetImage().GetImage()
	}
	if req.Pod.GetLogDirectory() != "" && c.LogPath != "" {
		r.Log = filepath.Join(req.Pod.LogDirectory, c.LogPath)
	}
	config := &docker.Config{
		Image:      c.GetImage().GetImage(),
		Entrypoint: c.Command,
		Cmd:        c.Args,
		WorkingDir: c.WorkingDir,
		Env:        envSpec(c.Envs),
		OpenStdin:  c.Stdin,
		StdinOnce:  c.StdinOnce,
		Tty:        c.Tty,
		StopSignal: signalSpec(c.StopSignal),
		Labels:     s.Owner.Labels(r),
		// The kubelet does the probes; the image's own would run in addition.
		Healthcheck: &docker.HealthConfig{Test: []string{"NONE"}},
	}
	host := &docker.HostConfig{
		NetworkMode:  "container:" + req.Sandbox,
		CgroupParent: s.parent(req.Pod),
		LogConfig: docker.LogConfig{Type: "json-file", Config: map[string]string{
			"max-size": strconv.FormatInt(s.LogSize, 10),
			"max-file": strconv.Itoa(s.LogFiles),
		}},
	}
	if err := resourceSpec(host, s.OOMFloor, c.GetLinux().GetResources()); err != nil {
		return docker.CreateContainerOptions{}, err
	}
	if s.PidsLimit > 0 {
		host.PidsLimit = &s.PidsLimit
	}
	if err := mountSpec(host, c.Mounts); err != nil {
		return docker.CreateContainerOptions{}, err
	}
	deviceSpec(host, c)
	namespaceSpec(host, req.Sandbox, security.GetNamespaceOptions())
	if err := securitySpec(config, host, security, req.Seccomp); err != nil {
		return docker.CreateContainerOptions{}, err
	}
	return stampDigest(r, config, host)
}

// namespaceSpec joins namespaces. The network is always the sandbox's, which is the
// host's if the pod asks for that.
func namespaceSpec(host *docker.HostConfig, sandbox string, n *runtimeapi.NamespaceOption) {
	switch n.GetIpc() {
	case runtimeapi.NamespaceMode_NODE:
		host.IpcMode = "host"
	case runtimeapi.NamespaceMode_CONTAINER:
		host.IpcMode = "private"
	default:
		host.IpcMode = "container:" + sandbox
	}
	switch n.GetPid() {
	case runtimeapi.NamespaceMode_NODE:
		host.PidMode = "host"
	case runtimeapi.NamespaceMode_TARGET:
		host.PidMode = "container:" + n.TargetId
	case runtimeapi.NamespaceMode_POD:
		host.PidMode = "container:" + sandbox
	}
	if n.GetNetwork() == runtimeapi.NamespaceMode_NODE {
		host.UTSMode = "host"
	}
}

func envSpec(envs []*runtimeapi.KeyValue) []string {
	list := make([]string, 0, len(envs))
	for _, e := range envs {
		list = append(list, e.Key+"="+string(e.Value))
	}
	return list
}

// signalSpec returns Docker's name of a signal; empty means the image's choice.
func signalSpec(s runtimeapi.Signal) string {
	if s == runtimeapi.Signal_RUNTIME_DEFAULT {
		return ""
	}
	return strings.NewReplacer("PLUS", "+", "MINUS", "-").Replace(s.String())
}

// deviceSpec passes devices. Docker knows CDI devices from version 25 on and
// refuses them before that.
func deviceSpec(host *docker.HostConfig, c *runtimeapi.ContainerConfig) {
	for _, d := range c.Devices {
		host.Devices = append(host.Devices, docker.Device{
			PathOnHost:        d.HostPath,
			PathInContainer:   d.ContainerPath,
			CgroupPermissions: d.Permissions,
		})
	}
	var names []string
	for _, d := range c.CDIDevices {
		names = append(names, d.Name)
	}
	if len(names) > 0 {
		host.DeviceRequests = []docker.DeviceRequest{{Driver: "cdi", DeviceIDs: names}}
	}
}

// stampDigest adds the name, and a digest of the whole configuration as a label. The label
// identifies the container if the answer to its creation is lost.
func stampDigest(r Record, config *docker.Config, host *docker.HostConfig) (docker.CreateContainerOptions, error) {
	text, err := json.Marshal([]any{config, host})
	if err != nil {
		return docker.CreateContainerOptions{}, err
	}
	sum := sha256.Sum256(text)
	config.Labels[LabelSpec] = hex.EncodeToString(sum[:8])
	return docker.CreateContainerOptions{Name: r.name(), Config: config, HostConfig: host}, nil
}
