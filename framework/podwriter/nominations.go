package podwriter

import (
	"context"
	"sync"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/retryqueue"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// nominationWriters is how many nominations are written at a time.
const nominationWriters = 8

// Nominations writes into the status of waiting pods on which node room is made for them.
// Only the latest of a pod is written.
type Nominations struct {
	client kubernetes.Interface
	queue  *retryqueue.Queue[types.UID]

	mu      sync.Mutex
	pending map[types.UID]*pendingNomination
}

// pendingNomination is to be written.
type pendingNomination struct {
	pod  *v1.Pod
	node string // empty: none any more
}

// NewNominations returns Nominations that are written while Run does.
func NewNominations(client kubernetes.Interface, log logr.Logger) *Nominations {
	return &Nominations{client: client, queue: retryqueue.New[types.UID](log), pending: map[types.UID]*pendingNomination{}}
}

// Set sets on which node room is made for a pod; empty: on none.
func (ns *Nominations) Set(p *v1.Pod, node string) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	ns.pending[p.UID] = &pendingNomination{p, node}
	ns.queue.Add(p.UID)
}

// Run writes until ctx ends.
func (ns *Nominations) Run(ctx context.Context) { ns.queue.Run(ctx, nominationWriters, ns.write) }

func (ns *Nominations) write(ctx context.Context, uid types.UID) error {
	ns.mu.Lock()
	n := ns.pending[uid]
	ns.mu.Unlock()
	if n == nil {
		return nil
	}
	if err := ns.patch(ctx, n); err != nil && !hopeless(err) {
		return err
	}
	ns.mu.Lock()
	defer ns.mu.Unlock()
	if ns.pending[uid] == n {
		delete(ns.pending, uid)
	}
	return nil
}

// patch writes a nomination, unless the pod is bound: the API server has ended it then.
func (ns *Nominations) patch(ctx context.Context, n *pendingNomination) error {
	pods := ns.client.CoreV1().Pods(n.pod.Namespace)
	now, err := pods.Get(ctx, n.pod.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if now.UID != n.pod.UID || now.Spec.NodeName != "" || now.Status.NominatedNodeName == n.node {
		return nil
	}
	patch := statusPatch(now, map[string]any{"nominatedNodeName": n.node})
	_, err = pods.Patch(ctx, now.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	return err
}
