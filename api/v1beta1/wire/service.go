package wire

import "k8s.io/apimachinery/pkg/util/intstr"

// Service is one address for many pods.
type Service struct {
	Meta
	Port     int               `json:"port"`
	Protocol string            `json:"protocol,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`
	// Selector selects the pods; an absent one (null) leaves the endpoints to the
	// user, and an empty one selects every pod of the namespace.
	Selector                   map[string]string  `json:"selector"`
	CreateExternalLoadBalancer bool               `json:"createExternalLoadBalancer,omitempty"`
	PublicIPs                  []string           `json:"publicIPs,omitempty"`
	ContainerPort              intstr.IntOrString `json:"containerPort"`
	PortalIP                   string             `json:"portalIP,omitempty"`
	ProxyPort                  int                `json:"proxyPort,omitempty"` // accepted, never written
	SessionAffinity            string             `json:"sessionAffinity,omitempty"`
}

// Endpoints holds the addresses of a service. Subsets is complete; the other members
// show the first port in the older form.
type Endpoints struct {
	Meta
	Protocol   string           `json:"protocol,omitempty"`
	Endpoints  []string         `json:"endpoints"`
	TargetRefs []EndpointTarget `json:"targetRefs,omitempty"`
	Subsets    []EndpointSubset `json:"subsets"`
}

// EndpointTarget is the object that answers at an endpoint ("ip:port").
type EndpointTarget struct {
	Endpoint  string          `json:"endpoint"`
	TargetRef ObjectReference `json:"targetRef"`
}

// EndpointSubset is a set of addresses that offer the same ports.
type EndpointSubset struct {
	Addresses []EndpointAddress `json:"addresses,omitempty"`
	Ports     []EndpointPort    `json:"ports,omitempty"`
}

// EndpointAddress is one address, and the object that has it.
type EndpointAddress struct {
	IP        string           `json:"IP"`
	TargetRef *ObjectReference `json:"targetRef,omitempty"`
}

// EndpointPort is one port.
type EndpointPort struct {
	Name     string `json:"name,omitempty"`
	Port     int    `json:"port"`
	Protocol string `json:"protocol,omitempty"`
}
