package executor

import (
	"context"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/podtask"
)

// A Node runs the pods of this agent.
type Node interface {
	// Run brings the node up and keeps it until ctx ends, or it fails for good
	// and says why. It tells see what there is to be seen, from one goroutine at a
	// time. Run is called once.
	Run(ctx context.Context, spec Spec, see Observer) error

	// SetServers says which API servers there are from now on. It may come while
	// Run does, does not block, and refuses what cannot be right.
	SetServers(servers []string) error

	// Delete asks the API server to delete a pod of this very uid, and returns
	// when it has agreed. A pod that is not there, or not this node's, is no
	// error. A nil grace leaves the pod the time that it asks for itself.
	Delete(ctx context.Context, ref Ref, grace *time.Duration) error

	// Running reports whether any container of the pod runs, its sandbox included.
	Running(ctx context.Context, uid string) (bool, error)

	// Drain ends every pod in an orderly way and removes its containers. It keeps
	// ctx's deadline, cutting short what is not ready then, and needs no API
	// server. It may come before, while and after Run; after it Run's context is
	// cancelled, upon which Run removes what else was made for the pods: mounts
	// and directories. When Drain fails, containers may be left, and the error
	// says why.
	Drain(ctx context.Context) error
}

// An Observer is told of a node. Its methods do not block.
type Observer interface {
	// Up is told once: the node has its address, its root directory and its
	// certificate, so that nothing that an agent may lack keeps it from running
	// pods.
	Up()

	// Pods is given all pods that are bound to the node, first when they are
	// known and then after each change.
	Pods(pods []Pod)

	// Waits is given what the node waits for before it can run any pod; the
	// caller has logged that.
	Waits(reason string)
}

// Spec describes the agent to its node.
type Spec struct {
	Name      string // of the Node object
	Framework string // Mesos framework id
	Agent     string // Mesos agent id
	Hostname  string // of the agent, as Mesos knows it
	Total     Amount // of the agent
	Executor  Amount // of this executor; not for pods
	Cluster   podtask.Cluster
}

// Amount is an amount of the resources that a node has.
type Amount struct {
	CPUs float64
	Mem  float64 // MB, 2^20 bytes each, as Mesos counts
	Disk float64 // MB
}

// Ref names a pod. The uid distinguishes it from others of the same name.
type Ref struct{ Namespace, Name, UID string }

// String is the name that people use.
func (r Ref) String() string { return r.Namespace + "/" + r.Name }

// Phase is where a pod is in its life, in Kubernetes' words.
type Phase string

// The phases of a pod.
const (
	Pending   Phase = "Pending"
	Running   Phase = "Running"
	Succeeded Phase = "Succeeded"
	Failed    Phase = "Failed"
)

// Pod is a pod that is bound to this node, as the API server shows it.
type Pod struct {
	Ref
	Phase    Phase
	Ready    bool   // its condition Ready is true
	Deleting bool   // it is being deleted
	IP       string // "" while it has none
	Reason   string // why it is in this phase, one line; "" if not known
}

// over reports whether no container of the pod will be started again.
func (p Pod) over() bool { return p.Phase == Succeeded || p.Phase == Failed }
