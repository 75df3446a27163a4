// Package taskdata is what framework and executor agree on: how a pod is
// written into a Mesos task, and how an executor is named. It is data only.
//
// The ExecutorInfo of an agent never changes while its executor lives, so
// nothing that may change is in it; everything an executor needs to know comes
// with each task instead.
package taskdata

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ExecutorID is the id of our executor on every agent. One framework has one
// executor per agent, so a constant is enough, and being constant it survives
// upgrades and changes of flags.
const ExecutorID = "kubernetes"

// AgentAnnotation names, on a bound pod and on a Node, the id of the Mesos agent
// meant. An agent that comes back under a new id keeps its Node's name, and for a
// while both its executors may live: each runs only the pods of its own agent.
const AgentAnnotation = "mesos.agent/id"

// MeantFor reports whether a bound pod with these annotations is meant for this
// agent. A pod that others have bound to a node waits until the framework names the
// agent, which it does when Mesos has given the pod its task there.
func MeantFor(annotations map[string]string, agent string) bool {
	return annotations[AgentAnnotation] == agent
}

// DefaultMaxPods is the most pods that a node takes. It is above Kubernetes' usual
// 110: agents are large, and Mesos' offers already limit what a pod may take.
const DefaultMaxPods = 250

// WaitsLabel is the label of a status STARTING whose task waits for its node, as
// while Docker is away; its value says what for.
const WaitsLabel = "waits"

// Data is the content of TaskInfo.data. Mesos shows it on no page.
type Data struct {
	Namespace string  `json:"namespace"`
	Name      string  `json:"name"`
	UID       string  `json:"uid"`
	Node      string  `json:"node"` // name of this agent's Node object
	Cluster   Cluster `json:"cluster"`
}

// Cluster tells an executor how to reach the API server and who vouches for it.
type Cluster struct {
	Servers       []string `json:"servers"`                 // https URLs, any of them will do
	CA            string   `json:"ca"`                      // PEM, signs the servers' certificates
	Token         string   `json:"token"`                   // bootstrap token of this agent's node alone
	ClusterDNS    []string `json:"clusterDNS,omitempty"`    // addresses for pods' resolv.conf
	ClusterDomain string   `json:"clusterDomain,omitempty"` // e.g. cluster.local
	Verbosity     int      `json:"verbosity,omitempty"`     // of the executor's log, as glog's -v

	// Network is the network of the cluster's pods; nil: each agent's Docker has its own.
	Network *Network `json:"network,omitempty"`

	// IdleTimeout is how long an executor stays without pods, in nanoseconds;
	// 0: no limit.
	IdleTimeout time.Duration `json:"idleTimeout,omitempty"`
	// AllowPrivileged is the API server's business; it is not repeated here.
}

// Network tells an executor what pods' packets may meet. An executor keeps what it was
// started with.
type Network struct {
	Pods      []string `json:"pods"`             // ranges of all pods: CIDRs, at most one per IP family
	Services  []string `json:"services"`         // ranges of services, likewise
	Routes    string   `json:"routes,omitempty"` // how other nodes are reached, see package noderoutes
	VXLANPort int      `json:"vxlanPort,omitempty"`
	VNI       int      `json:"vni,omitempty"` // the VXLAN's identifier
	MTU       int      `json:"mtu,omitempty"` // of pods' interfaces; 0: the host's
	CNI       *CNI     `json:"cni,omitempty"` // who connects pods instead of executors
	// DNS is the address of the Service behind which executors answer DNS queries; "": they
	// do not.
	DNS string `json:"dns,omitempty"`
}

// CNI tells an executor where its agent has plugins of CNI. Empty fields stand for CNI's
// usual directories, and for the first network that is configured.
type CNI struct {
	BinDir  string `json:"binDir,omitempty"`
	ConfDir string `json:"confDir,omitempty"`
	Network string `json:"network,omitempty"`
}

// DNSAnnotation is set by an executor on its Node: the port at the node's address at which
// it answers DNS queries, and after a space what distinguishes this executor from others
// before it.
const DNSAnnotation = "mesos.executor/dns"

// ConditionPodNetwork is the type of the condition by which an executor says at its Node whether
// the network of pods works there; one whose cluster has none does not.
const ConditionPodNetwork = "PodNetwork"

// Encode returns d as it goes into TaskInfo.data.
func (d Data) Encode() ([]byte, error) { return json.Marshal(d) }

// Decode reads TaskInfo.data. It fails when what every executor needs is missing;
// fields it does not know are ignored, so an older executor understands a newer
// framework.
func Decode(b []byte) (Data, error) {
	var d Data
	if err := json.Unmarshal(b, &d); err != nil {
		return Data{}, fmt.Errorf("task data: %w", err)
	}
	switch {
	case d.Namespace == "" || d.Name == "" || d.UID == "":
		return Data{}, errors.New("task data: no pod is named")
	case d.Node == "":
		return Data{}, errors.New("task data: no node is named")
	case len(d.Cluster.Servers) == 0:
		return Data{}, errors.New("task data: no API server is named")
	}
	return d, nil
}
