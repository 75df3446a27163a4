package wire

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Pod is a group of containers on one host.
type Pod struct {
	Meta
	Labels       map[string]string `json:"labels,omitempty"`
	DesiredState PodState          `json:"desiredState"`
	CurrentState PodState          `json:"currentState"`
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
}

// PodState is a pod's desired state (manifest and host only) or its actual one.
type PodState struct {
	Manifest   ContainerManifest          `json:"manifest"`
	Status     string                     `json:"status,omitempty"`
	Conditions []PodCondition             `json:"Condition,omitempty"`
	Message    string                     `json:"message,omitempty"`
	Host       string                     `json:"host,omitempty"`
	HostIP     string                     `json:"hostIP,omitempty"`
	PodIP      string                     `json:"podIP,omitempty"`
	Info       map[string]ContainerStatus `json:"info,omitempty"`
}

// The values of PodState.Status.
const (
	PodWaiting    = "Waiting"
	PodRunning    = "Running"
	PodSucceeded  = "Succeeded"
	PodTerminated = "Terminated"
	PodUnknown    = "Unknown"
)

// PodCondition is one of a pod's conditions; status is Full, None or Unknown.
type PodCondition struct {
	Kind   string `json:"kind"`
	Status string `json:"status"`
}

// ContainerManifest holds the containers of a pod and what they share.
type ContainerManifest struct {
	Version       string        `json:"version"`
	ID            string        `json:"id"`
	Volumes       []Volume      `json:"volumes"`
	Containers    []Container   `json:"containers"`
	RestartPolicy RestartPolicy `json:"restartPolicy"`
	DNSPolicy     string        `json:"dnsPolicy,omitempty"`
	HostNetwork   bool          `json:"hostNetwork,omitempty"`
}

// ManifestVersion is the answer for ContainerManifest.Version, whatever was sent.
const ManifestVersion = "v1beta2"

// RestartPolicy has one member set.
type RestartPolicy struct {
	Always    *struct{} `json:"always,omitempty"`
	OnFailure *struct{} `json:"onFailure,omitempty"`
	Never     *struct{} `json:"never,omitempty"`
}

// ContainerStatus is the known state of one container.
type ContainerStatus struct {
	State        ContainerState `json:"state"`
	LastState    ContainerState `json:"lastState"`
	Ready        bool           `json:"ready"`
	RestartCount int            `json:"restartCount"`
	// PodIP is in the entry POD, as in 0.11.
	PodIP       string `json:"podIP,omitempty"`
	Image       string `json:"image"`
	ImageID     string `json:"imageID"`
	ContainerID string `json:"containerID,omitempty"`
	// NetworkSettings is in the entry net, where clients of July 2014 read the
	// pod's address.
	NetworkSettings *NetworkSettings `json:"NetworkSettings,omitempty"`
}

// NetworkSettings is the only part of Docker's inspect output that clients read.
type NetworkSettings struct {
	IPAddress string `json:"IPAddress"`
}

// ContainerState has at most one member set.
type ContainerState struct {
	Waiting     *ContainerWaiting     `json:"waiting,omitempty"`
	Running     *ContainerRunning     `json:"running,omitempty"`
	Termination *ContainerTermination `json:"termination,omitempty"`
}

// ContainerWaiting is a container that is not running yet.
type ContainerWaiting struct {
	Reason string `json:"reason,omitempty"`
}

// ContainerRunning is a running container.
type ContainerRunning struct {
	StartedAt metav1.Time `json:"startedAt,omitempty"`
}

// ContainerTermination is a container that has ended.
type ContainerTermination struct {
	ExitCode    int         `json:"exitCode"`
	Signal      int         `json:"signal,omitempty"`
	Reason      string      `json:"reason,omitempty"`
	Message     string      `json:"message,omitempty"`
	StartedAt   metav1.Time `json:"startedAt,omitempty"`
	FinishedAt  metav1.Time `json:"finishedAt,omitempty"`
	ContainerID string      `json:"containerID,omitempty"`
}

// Binding assigns a pod to a host.
type Binding struct {
	Meta
	PodID string `json:"podID"`
	Host  string `json:"host"`
}
