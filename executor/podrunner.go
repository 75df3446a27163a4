package executor

import (
	"context"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// A PodRunner runs the pods of this agent. Package node has the real one.
type PodRunner interface {
	// Run brings the node up and keeps it up until ctx ends, or the node fails for
	// good; the error says why. It reports to o, from one goroutine at a time. Run is
	// called once.
	Run(ctx context.Context, spec Spec, o Observer) error

	// SetServers sets the API servers to use from now on. It may be called while Run
	// runs, does not block, and refuses what cannot be right.
	SetServers(servers []string) error

	// Hold tells what the task of a pod holds of the agent, in which the pod must keep
	// when it is resized; the zero Amount: the task is over. It may be called at any time
	// and does not block.
	Hold(uid string, a Amount)

	// Delete asks the API server to delete the pod with exactly this uid, and returns
	// when the API server has agreed. A pod that does not exist or is not bound to
	// this node is not an error. With a nil grace, the pod's own grace period applies.
	Delete(ctx context.Context, ref Ref, grace *time.Duration) error

	// Running reports whether any container of the pod runs, its sandbox included.
	Running(ctx context.Context, uid string) (bool, error)

	// Drain ends every pod in an orderly way and removes its containers. It keeps
	// ctx's deadline, cutting short what is not ready then, and needs no API
	// server. It may be called before, during and after Run; after Drain, Run's
	// context is cancelled, and Run then removes what else was made for the pods:
	// mounts and directories. When Drain fails, containers may be left, and the
	// error says why.
	Drain(ctx context.Context) error
}

// Spec describes the agent to its node.
type Spec struct {
	Name      string // of the Node object
	Framework string // Mesos framework id
	Agent     string // Mesos agent id
	Hostname  string // of the agent, as Mesos knows it
	Total     Amount // of the agent
	Executor  Amount // of this executor; not for pods
	Cluster   taskdata.Cluster
}

// Amount is an amount of the resources that a node has.
type Amount struct {
	CPUs float64
	Mem  float64 // MB, 2^20 bytes each, as Mesos counts
	Disk float64 // MB
}

// Ref names a pod. The uid distinguishes it from others of the same name.
type Ref struct{ Namespace, Name, UID string }

// String returns namespace/name.
func (r Ref) String() string { return r.Namespace + "/" + r.Name }

// Phase is a pod's phase, as Kubernetes names it.
type Phase string

// The phases of a pod.
const (
	Pending   Phase = "Pending"
	Running   Phase = "Running"
	Succeeded Phase = "Succeeded"
	Failed    Phase = "Failed"
)

// Pod is a pod that is bound to this node, according to the API server.
type Pod struct {
	Ref
	Phase    Phase
	Ready    bool   // its condition Ready is true
	Deleting bool   // it is being deleted
	IP       string // "" while it has none
	Reason   string // why it is in this phase, in one line; "" if unknown
}

// over reports whether no container of the pod will be started again.
func (p Pod) over() bool { return p.Phase == Succeeded || p.Phase == Failed }
