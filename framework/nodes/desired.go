package nodes

import (
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Desired is what a Node should show, as far as the framework decides it.
type Desired struct {
	Name     string
	Agent    string            // Mesos agent id
	Hostname string            // as Mesos knows it
	Address  string            // host:port
	IP       string            // "" when unknown
	Labels   map[string]string // made from the agent's attributes
	Capacity scheduler.Amount  // until the kubelet says better
	MaxPods  int               // likewise

	Lost            bool // Mesos has lost the agent
	Idle            bool // the agent offers and has no executor of ours, nor is one about to start
	MaintenanceNear bool // announced by an operator
	Deactivated     bool // by an operator: Mesos offers the agent to no framework

	Ports      []resources.Range // that the agent offers to Mesos' frameworks
	PortsTwice []resources.Range // those of them that are also node ports of services
}

// The Ready condition of a Node without an executor.
const (
	ReasonOffers = "MesosAgentOffers"

	ReasonLost  = "MesosAgentLost"
	MessageLost = "Mesos has lost this agent. Pods there may still run; they are known again if it returns."
)

// readiness is the Ready condition as the framework wants it. The zero value
// leaves it to the kubelet.
type readiness struct {
	status          v1.ConditionStatus
	reason, message string
}

var (
	readyOffers = readiness{v1.ConditionTrue, ReasonOffers, "Mesos offers this agent; an executor with a kubelet starts there with the first pod."}
	readyLost   = readiness{v1.ConditionUnknown, ReasonLost, MessageLost}
)

// KubeletDecides reports whether the kubelet alone says if the Node is ready.
func (d Desired) KubeletDecides() bool { return d.ready() == readiness{} }

func (d Desired) ready() readiness {
	switch {
	case d.Lost:
		return readyLost
	case d.Idle:
		return readyOffers
	}
	return readiness{}
}

// ExecutorReady reports whether a Node is ready by the word of its executor, so that
// services are served there.
func ExecutorReady(n *v1.Node) bool {
	return slices.ContainsFunc(n.Status.Conditions, func(c v1.NodeCondition) bool {
		return c.Type == v1.NodeReady && c.Status == v1.ConditionTrue && c.Reason != ReasonOffers
	})
}

// Idle reports whether Mesos offers a Node's agent, and no executor works there or is about to.
func Idle(n *v1.Node) bool {
	return slices.ContainsFunc(n.Status.Conditions, func(c v1.NodeCondition) bool {
		return c.Type == v1.NodeReady && c.Status == v1.ConditionTrue && c.Reason == ReasonOffers
	})
}

// taints returns those that are the framework's to set.
func (d Desired) taints() (all []v1.Taint) {
	if d.Lost {
		all = taintsLost
	}
	if d.MaintenanceNear {
		all = slices.Concat(all, taintsMaintenance)
	}
	if d.Deactivated {
		all = slices.Concat(all, taintsDeactivated)
	}
	return all
}

func (r readiness) condition(now metav1.Time) v1.NodeCondition {
	return v1.NodeCondition{
		Type: v1.NodeReady, Status: r.status, Reason: r.reason, Message: r.message,
		LastHeartbeatTime: now, LastTransitionTime: now,
	}
}
