package wire

import "k8s.io/apimachinery/pkg/util/intstr"

// Container is one container of a pod.
type Container struct {
	Name                   string               `json:"name"`
	Image                  string               `json:"image"`
	Entrypoint             []string             `json:"entrypoint,omitempty"`
	Command                []string             `json:"command,omitempty"`
	WorkingDir             string               `json:"workingDir,omitempty"`
	Ports                  []Port               `json:"ports,omitempty"`
	Env                    []EnvVar             `json:"env,omitempty"`
	Resources              ResourceRequirements `json:"resources"`
	CPU                    int64                `json:"cpu,omitempty"`    // in thousandths of a core; another name of resources.limits.cpu
	Memory                 int64                `json:"memory,omitempty"` // in bytes; another name of resources.limits.memory
	VolumeMounts           []VolumeMount        `json:"volumeMounts,omitempty"`
	LivenessProbe          *Probe               `json:"livenessProbe,omitempty"`
	ReadinessProbe         *Probe               `json:"readinessProbe,omitempty"`
	Lifecycle              *Lifecycle           `json:"lifecycle,omitempty"`
	TerminationMessagePath string               `json:"terminationMessagePath,omitempty"`
	Privileged             bool                 `json:"privileged,omitempty"`
	ImagePullPolicy        string               `json:"imagePullPolicy"`
	Capabilities           Capabilities         `json:"capabilities"`
}

// Port is a port on which a container listens.
type Port struct {
	Name          string `json:"name,omitempty"`
	HostPort      int    `json:"hostPort,omitempty"`
	ContainerPort int    `json:"containerPort"`
	Protocol      string `json:"protocol,omitempty"`
	HostIP        string `json:"hostIP,omitempty"`
}

// EnvVar is an environment variable. Key is the old name of Name: either is read, both
// are written.
type EnvVar struct {
	Name  string `json:"name"`
	Key   string `json:"key"`
	Value string `json:"value,omitempty"`
}

// ResourceRequirements holds the maximum and minimum that a container gets.
type ResourceRequirements struct {
	Limits   ResourceList `json:"limits,omitempty"`
	Requests ResourceList `json:"requests,omitempty"`
}

// VolumeMount mounts a volume in a container. Path is the old name of
// MountPath: either is read, both are written.
type VolumeMount struct {
	Name      string `json:"name"`
	ReadOnly  bool   `json:"readOnly,omitempty"`
	MountPath string `json:"mountPath"`
	Path      string `json:"path"`
	MountType string `json:"mountType,omitempty"` // accepted, never written
}

// Probe checks whether a container is alive or ready.
type Probe struct {
	Handler
	InitialDelaySeconds int64 `json:"initialDelaySeconds,omitempty"`
	TimeoutSeconds      int64 `json:"timeoutSeconds,omitempty"`
	// Enabled and Type are from July 2014; they are returned as sent.
	Enabled *bool  `json:"enabled,omitempty"`
	Type    string `json:"type,omitempty"`
}

// Handler is something to do to a container; one member is set.
type Handler struct {
	Exec      *ExecAction      `json:"exec,omitempty"`
	HTTPGet   *HTTPGetAction   `json:"httpGet,omitempty"`
	TCPSocket *TCPSocketAction `json:"tcpSocket,omitempty"`
}

// ExecAction runs a command in the container.
type ExecAction struct {
	Command []string `json:"command,omitempty"`
}

// HTTPGetAction makes a GET request. A port given as text is a port's name or a
// number.
type HTTPGetAction struct {
	Path string             `json:"path,omitempty"`
	Port intstr.IntOrString `json:"port,omitempty"`
	Host string             `json:"host,omitempty"`
}

// TCPSocketAction opens a connection.
type TCPSocketAction struct {
	Port intstr.IntOrString `json:"port,omitempty"`
}

// Lifecycle holds the hooks after a container's start and before its end.
type Lifecycle struct {
	PostStart *Handler `json:"postStart,omitempty"`
	PreStop   *Handler `json:"preStop,omitempty"`
}

// Capabilities are added to and dropped from a container.
type Capabilities struct {
	Add  []string `json:"add,omitempty"`
	Drop []string `json:"drop,omitempty"`
}
