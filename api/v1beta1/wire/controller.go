package wire

// ReplicationController keeps a number of pods running.
type ReplicationController struct {
	Meta
	DesiredState ControllerState   `json:"desiredState"`
	CurrentState ControllerState   `json:"currentState"`
	Labels       map[string]string `json:"labels,omitempty"`
}

// ControllerState is the desired or actual number of pods, and their template.
type ControllerState struct {
	Replicas        int               `json:"replicas"`
	ReplicaSelector map[string]string `json:"replicaSelector,omitempty"`
	PodTemplate     PodTemplate       `json:"podTemplate"`
}

// PodTemplate is the template of a controller's pods.
type PodTemplate struct {
	DesiredState PodState          `json:"desiredState"`
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	Labels       map[string]string `json:"labels,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
}
