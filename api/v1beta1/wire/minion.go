package wire

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Minion is a host that runs pods; later called Node, which is accepted, too.
type Minion struct {
	Meta
	HostIP        string            `json:"hostIP,omitempty"`
	Resources     NodeResources     `json:"resources"`
	PodCIDR       string            `json:"podCIDR,omitempty"`
	Unschedulable bool              `json:"unschedulable,omitempty"`
	Status        NodeStatus        `json:"status"`
	Labels        map[string]string `json:"labels,omitempty"`
	ExternalID    string            `json:"externalID,omitempty"`
}

// NodeResources are the resources of a minion.
type NodeResources struct {
	Capacity ResourceList `json:"capacity,omitempty"`
}

// NodeStatus is the state of a minion.
type NodeStatus struct {
	Phase      string          `json:"phase,omitempty"`
	Conditions []NodeCondition `json:"conditions,omitempty"`
	Addresses  []NodeAddress   `json:"addresses,omitempty"`
	NodeInfo   NodeSystemInfo  `json:"nodeInfo"`
}

// NodeCondition is one of a minion's conditions; status is Full, None or
// Unknown.
type NodeCondition struct {
	Kind               string      `json:"kind"`
	Status             string      `json:"status"`
	LastProbeTime      metav1.Time `json:"lastProbeTime"`
	LastTransitionTime metav1.Time `json:"lastTransitionTime"`
	Reason             string      `json:"reason,omitempty"`
	Message            string      `json:"message,omitempty"`
}

// NodeAddress is one of a minion's addresses.
type NodeAddress struct {
	Type    string `json:"type"`
	Address string `json:"address"`
}

// LegacyHostIP is the type of address that Minion.HostIP stands for.
const LegacyHostIP = "LegacyHostIP"

// NodeSystemInfo is the minion's software.
type NodeSystemInfo struct {
	MachineID               string `json:"machineID"`
	SystemUUID              string `json:"systemUUID"`
	BootID                  string `json:"bootID"`
	KernelVersion           string `json:"kernelVersion"`
	OSImage                 string `json:"osImage"`
	ContainerRuntimeVersion string `json:"containerRuntimeVersion"`
	KubeletVersion          string `json:"kubeletVersion"`
	KubeProxyVersion        string `json:"KubeProxyVersion"`
}
