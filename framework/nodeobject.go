package framework

import (
	"maps"
	"runtime"
	"slices"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What the framework writes on a Node.
const (
	// LabelAttribute precedes the name of a Mesos attribute in a label.
	LabelAttribute = "mesos.attribute/"

	// AnnotationAgent holds the Mesos id of the agent that a Node stands for.
	AnnotationAgent = taskdata.AgentAnnotation

	// AnnotationHostname and AnnotationAddress are the agent's, as Mesos
	// knows them; the address is host:port.
	AnnotationHostname = "mesos.agent/hostname"
	AnnotationAddress  = "mesos.agent/address"

	// AnnotationCordoned says that the framework has made a Node unschedulable,
	// and why: the framework makes such a Node schedulable again.
	AnnotationCordoned = "mesos.agent/cordoned"
)

// wantedNode holds what a Node should show, as far as the framework decides it.
type wantedNode struct {
	name     string
	agent    string // Mesos agent id
	hostname string
	address  string // host:port
	ip       string
	labels   map[string]string
	cpu, mem int64 // thousandths, MiB: until the kubelet says better
	maxPods  int   // likewise
	ready    readiness
	taints   []v1.Taint // those that are the framework's to set
	cordoned bool       // the agent is deactivated
}

// readiness is the Ready condition as the framework wants it. The zero value
// leaves it to the kubelet.
type readiness struct {
	status          v1.ConditionStatus
	reason, message string
}

var (
	readyOffers = readiness{v1.ConditionTrue, "MesosAgentOffers", "Mesos offers this agent; an executor with a kubelet starts there with the first pod."}
	readyLost   = readiness{v1.ConditionUnknown, "MesosAgentLost", "Mesos has lost this agent. Pods there may still run; they are known again if it returns."}
)

// wanted describes the Node of an agent as it should be now.
func (l *loop) wanted(a *agent) wantedNode {
	w := wantedNode{
		name: a.Node, agent: a.id, hostname: a.Hostname, address: a.Address, ip: a.ip(), labels: a.labels,
		cpu: a.capacity.CPU, mem: a.capacity.Mem, maxPods: l.cfg.MaxPods,
	}
	switch {
	case a.lost:
		w.ready = readyLost
		w.taints = taintsLost
	case a.met && a.idle():
		w.ready = readyOffers
	}
	if a.maintenance.within(maintenanceNotice, l.clock.now()) {
		w.taints = slices.Concat(w.taints, taintsMaintenance)
	}
	if w.cordoned = a.deactivated; w.cordoned {
		w.taints = slices.Concat(w.taints, taintsDeactivated)
	}
	return w
}

// object returns the Node as it is first created, or as the core sees it before
// the API server has it.
func (w wantedNode) object(now metav1.Time) *v1.Node {
	capacity := v1.ResourceList{
		v1.ResourceCPU:    milli(w.cpu),
		v1.ResourceMemory: mebi(w.mem),
		v1.ResourcePods:   milli(int64(w.maxPods) * 1000),
	}
	n := &v1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: w.name},
		Status:     v1.NodeStatus{Capacity: capacity, Allocatable: capacity, Addresses: w.addresses()},
	}
	w.describe(n)
	if w.ready.status != "" {
		n.Status.Conditions = []v1.NodeCondition{w.ready.condition(now)}
	}
	return n
}

func (w wantedNode) addresses() []v1.NodeAddress {
	var as []v1.NodeAddress
	if w.ip != "" {
		as = append(as, v1.NodeAddress{Type: v1.NodeInternalIP, Address: w.ip})
	}
	return append(as, v1.NodeAddress{Type: v1.NodeHostName, Address: w.name})
}

// describe sets labels, annotations and taints on n, and removes the labels of
// attributes that the agent no longer has.
func (w wantedNode) describe(n *v1.Node) {
	if n.Labels == nil {
		n.Labels = map[string]string{}
	}
	maps.DeleteFunc(n.Labels, func(k, _ string) bool {
		_, has := w.labels[k]
		return strings.HasPrefix(k, LabelAttribute) && !has
	})
	maps.Copy(n.Labels, w.labels)
	for k, v := range map[string]string{
		v1.LabelHostname:   w.name,
		v1.LabelOSStable:   "linux",
		v1.LabelArchStable: runtime.GOARCH,
	} {
		if _, set := n.Labels[k]; !set {
			n.Labels[k] = v
		}
	}
	if n.Annotations == nil {
		n.Annotations = map[string]string{}
	}
	n.Annotations[AnnotationAgent] = w.agent
	n.Annotations[AnnotationHostname] = w.hostname
	n.Annotations[AnnotationAddress] = w.address
	n.Spec.Taints = withOurTaints(n.Spec.Taints, w.taints, metav1.Now())
	w.cordon(n)
}

// cordon makes the Node of a deactivated agent unschedulable, and schedulable again
// if the framework had cordoned it.
func (w wantedNode) cordon(n *v1.Node) {
	_, ours := n.Annotations[AnnotationCordoned]
	switch {
	case w.cordoned && !n.Spec.Unschedulable:
		n.Spec.Unschedulable = true
		n.Annotations[AnnotationCordoned] = "an operator of Mesos has deactivated the agent"
	case !w.cordoned && ours:
		n.Spec.Unschedulable = false
		delete(n.Annotations, AnnotationCordoned)
	}
}

func (r readiness) condition(now metav1.Time) v1.NodeCondition {
	return v1.NodeCondition{
		Type: v1.NodeReady, Status: r.status, Reason: r.reason, Message: r.message,
		LastHeartbeatTime: now, LastTransitionTime: now,
	}
}
