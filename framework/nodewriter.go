package framework

import (
	"context"
	"encoding/json"
	"reflect"
	"sync"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// nodeWriter makes Nodes show what the loop wants of them. It writes only when
// something differs, so that a thousand agents which only offer cost nothing.
type nodeWriter struct {
	client kubernetes.Interface
	nodes  cache.Store // what the API server has
	queue  workqueue.TypedRateLimitingInterface[string]

	mu     sync.Mutex
	wanted map[string]wantedNode
}

func newNodeWriter(client kubernetes.Interface, nodes cache.Store) *nodeWriter {
	return &nodeWriter{client: client, nodes: nodes, queue: newQueue(), wanted: map[string]wantedNode{}}
}

// want sets what a Node should show.
func (nw *nodeWriter) want(w wantedNode) {
	nw.mu.Lock()
	old, had := nw.wanted[w.name]
	nw.wanted[w.name] = w
	nw.mu.Unlock()
	if !had || !reflect.DeepEqual(old, w) {
		nw.queue.Add(w.name)
	}
}

// gone tells that a Node was deleted: it is written anew when next wanted.
func (nw *nodeWriter) gone(name string) {
	nw.mu.Lock()
	defer nw.mu.Unlock()
	delete(nw.wanted, name)
}

// run writes with a few workers until ctx ends.
func (nw *nodeWriter) run(ctx context.Context) {
	work(ctx, nw.queue, 4, func(ctx context.Context, name string) error {
		nw.mu.Lock()
		w, ok := nw.wanted[name]
		nw.mu.Unlock()
		if !ok {
			return nil
		}
		return nw.write(ctx, w)
	})
}

// write brings one Node into line. A conflict or a Node that the cache does not
// show yet is an error, and tried again.
func (nw *nodeWriter) write(ctx context.Context, w wantedNode) error {
	now := metav1.Now()
	cached, exists, err := nw.nodes.GetByKey(w.name)
	if err != nil {
		return err
	}
	var node *v1.Node
	if exists {
		node = cached.(*v1.Node)
	} else {
		if w.ready.status == "" {
			w.ready = readyOffers // until the kubelet that is about to start says better
		}
		node, err = nw.client.CoreV1().Nodes().Create(ctx, w.object(now), metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			node, err = nw.client.CoreV1().Nodes().Get(ctx, w.name, metav1.GetOptions{})
		}
		if err != nil {
			return err
		}
	}
	described := node.DeepCopy()
	w.describe(described)
	if !equality.Semantic.DeepEqual(node.ObjectMeta, described.ObjectMeta) || !equality.Semantic.DeepEqual(node.Spec.Taints, described.Spec.Taints) {
		if node, err = nw.client.CoreV1().Nodes().Update(ctx, described, metav1.UpdateOptions{}); err != nil {
			return err
		}
	}
	patch := w.statusPatch(node, now)
	if patch == nil {
		return nil
	}
	_, err = nw.client.CoreV1().Nodes().Patch(ctx, w.name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	return err
}

// statusPatch is the strategic merge patch that node's status needs, nil for
// none. Capacity and addresses are the kubelet's once it has registered; the
// version in the patch keeps one that was not seen yet from being overruled.
func (w wantedNode) statusPatch(node *v1.Node, now metav1.Time) []byte {
	status := map[string]any{}
	if w.ready.status != "" && !shows(node, w.ready) {
		status["conditions"] = []v1.NodeCondition{w.ready.condition(now)}
	}
	if node.Status.NodeInfo.KubeletVersion == "" {
		want := w.object(now).Status
		if !equality.Semantic.DeepEqual(node.Status.Capacity, want.Capacity) {
			status["capacity"], status["allocatable"] = want.Capacity, want.Allocatable
		}
		if !equality.Semantic.DeepEqual(node.Status.Addresses, want.Addresses) {
			status["addresses"] = append([]any{map[string]string{"$patch": "replace"}}, anys(want.Addresses)...)
		}
	}
	if len(status) == 0 {
		return nil
	}
	b, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": node.UID, "resourceVersion": node.ResourceVersion}, "status": status})
	if err != nil {
		panic(err) // plain API types
	}
	return b
}

func shows(n *v1.Node, r readiness) bool {
	for _, c := range n.Status.Conditions {
		if c.Type == v1.NodeReady {
			return c.Status == r.status && c.Reason == r.reason
		}
	}
	return false
}

func anys[T any](s []T) []any {
	out := make([]any, len(s))
	for i, v := range s {
		out[i] = v
	}
	return out
}
