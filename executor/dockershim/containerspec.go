package dockershim

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

// order describes a container to create.
type order struct {
	sandbox string // id
	pod     *runtimeapi.PodSandboxConfig
	config  *runtimeapi.ContainerConfig
	imageID string
	seccomp string // the profile's text if config names a file
}

// containerSpec translates a container of a pod. The container joins the network and
// IPC namespaces of the sandbox, and its process namespace if the pod shares one.
func containerSpec(s settings, o order) (docker.CreateContainerOptions, error) {
	c := o.config
	security := c.GetLinux().GetSecurityContext()
	r := record{
		Type:        typeContainer,
		Sandbox:     o.sandbox,
		Pod:         o.pod.GetMetadata().GetName(),
		Namespace:   o.pod.GetMetadata().GetNamespace(),
		UID:         o.pod.GetMetadata().GetUid(),
		Container:   c.GetMetadata().GetName(),
		Attempt:     c.GetMetadata().GetAttempt(),
		Image:       c.GetImage().GetUserSpecifiedImage(),
		ImageID:     o.imageID,
		Labels:      c.Labels,
		Annotations: c.Annotations,
	}
	if r.Container == "" || r.UID == "" {
		return docker.CreateContainerOptions{}, refuse("container: its metadata names no container or pod")
	}
	if r.Image == "" {
		r.Image = c.GetImage().GetImage()
	}
	if o.pod.GetLogDirectory() != "" && c.LogPath != "" {
		r.Log = filepath.Join(o.pod.LogDirectory, c.LogPath)
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
		Labels:     s.owner.labels(r),
		// The kubelet does the probes; the image's own would run in addition.
		Healthcheck: &docker.HealthConfig{Test: []string{"NONE"}},
	}
	host := &docker.HostConfig{
		NetworkMode:  "container:" + o.sandbox,
		CgroupParent: s.parent(o.pod),
		LogConfig: docker.LogConfig{Type: "json-file", Config: map[string]string{
			"max-size": strconv.FormatInt(s.logSize, 10),
			"max-file": strconv.Itoa(s.logFiles),
		}},
	}
	if err := resourceSpec(host, s.oomFloor, c.GetLinux().GetResources()); err != nil {
		return docker.CreateContainerOptions{}, err
	}
	if s.pidsLimit > 0 {
		host.PidsLimit = &s.pidsLimit
	}
	if err := mountSpec(host, c.Mounts); err != nil {
		return docker.CreateContainerOptions{}, err
	}
	deviceSpec(host, c)
	namespaceSpec(host, o.sandbox, security.GetNamespaceOptions())
	if err := securitySpec(config, host, security, o.seccomp); err != nil {
		return docker.CreateContainerOptions{}, err
	}
	return seal(r, config, host)
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

// seal adds the name, and a digest of the whole configuration as a label. The label
// identifies the container if the answer to its creation is lost.
func seal(r record, config *docker.Config, host *docker.HostConfig) (docker.CreateContainerOptions, error) {
	text, err := json.Marshal([]any{config, host})
	if err != nil {
		return docker.CreateContainerOptions{}, err
	}
	sum := sha256.Sum256(text)
	config.Labels[labelSpec] = hex.EncodeToString(sum[:8])
	return docker.CreateContainerOptions{Name: r.name(), Config: config, HostConfig: host}, nil
}
