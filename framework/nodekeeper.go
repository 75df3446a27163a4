package framework

import (
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodecerts"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
)

// nodeKeeper has Nodes, the core and the approver of certificates follow what is known of
// agents, and the core what others write on Nodes.
type nodeKeeper struct {
	step   func(scheduler.Event)
	now    func() time.Time
	events eventRecorder
	log    logr.Logger

	maxPods    int
	nodePorts  []resources.Range // of services
	view       *nodes.View
	writer     nodeWriter
	identities *nodecerts.Identities
	names      *nameServers
}

// nodeWriter writes Nodes in the background.
type nodeWriter interface {
	Want(nodes.Desired)
	Deleted(name string)
}

// desired describes the Node of an agent as it should be now.
func (k *nodeKeeper) desired(a *agent) nodes.Desired {
	return nodes.Desired{
		Name: a.Node, Agent: a.id, Hostname: a.Hostname, Address: a.Address, IP: a.ip(), Labels: a.labels,
		Capacity: a.capacity, MaxPods: k.maxPods,
		Lost:            a.lost,
		Idle:            a.met && a.idle(),
		MaintenanceNear: a.maintenance.within(maintenanceNotice, k.now()),
		Deactivated:     a.deactivated,
		Ports:           a.ports,
		PortsTwice:      resources.Intersection(a.ports, k.nodePorts),
	}
}

// write has an agent's Node written.
func (k *nodeKeeper) write(a *agent) {
	k.writer.Want(k.desired(a))
	k.names.write(a.Node)
}

// publish has an agent's Node written, and tells the core of it before that is done.
func (k *nodeKeeper) publish(a *agent) {
	d := k.desired(a)
	k.writer.Want(d)
	k.names.write(a.Node)
	if n, news := k.view.Tell(d); news {
		k.step(scheduler.NodeChanged{Name: n.Name, Node: n})
	}
}

// identify tells the approver of certificates what Mesos says of an agent.
func (k *nodeKeeper) identify(a *agent) {
	k.identities.Set(nodecerts.Identity{Node: a.Node, Hostname: a.Hostname, IP: a.ip()})
}

// seen tells the core of a Node as the API server has it.
func (k *nodeKeeper) seen(n *v1.Node) {
	if message := nodes.PortConflict(n); message != "" && message != nodes.PortConflict(k.view.Node(n.Name)) {
		k.log.Info(message, "node", n.Name)
		k.events.Event(n, v1.EventTypeWarning, string(nodes.ConditionPortConflict), message)
	}
	k.names.seen(n)
	if n, news := k.view.Seen(n); news {
		k.step(scheduler.NodeChanged{Name: n.Name, Node: n})
	}
}

func (k *nodeKeeper) deleted(name string) {
	k.names.gone(name)
	k.view.Deleted(name)
	k.writer.Deleted(name)
}

// event logs what happened to an agent and writes it with its Node.
func (k *nodeKeeper) event(a *agent, reason, message string) {
	k.log.Info(message, "node", a.Node)
	if n := k.view.Node(a.Node); n != nil {
		k.events.Event(n, v1.EventTypeNormal, reason, message)
	}
}
