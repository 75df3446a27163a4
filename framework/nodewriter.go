package framework

import (
	"context"
	"fmt"
	"reflect"
	"sync"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// nodeWriter makes Nodes show what the loop wants. It writes only when
// something differs, so a thousand agents that only offer cost nothing.
type nodeWriter struct {
	client kubernetes.Interface
	nodes  cache.Store // what the API server has
	queue  workqueue.TypedRateLimitingInterface[string]

	mu      sync.Mutex
	wanted  map[string]wantedNode
	written map[string]string // resource version of our last write of a Node
}

func newNodeWriter(client kubernetes.Interface, nodes cache.Store) *nodeWriter {
	return &nodeWriter{client: client, nodes: nodes, queue: newQueue(), wanted: map[string]wantedNode{}, written: map[string]string{}}
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

// gone notes that a Node was deleted: it is written again when next wanted.
func (nw *nodeWriter) gone(name string) {
	nw.mu.Lock()
	defer nw.mu.Unlock()
	delete(nw.wanted, name)
	delete(nw.written, name)
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

// write brings one Node into line. A conflict, or a cache that does not yet show
// the previous write, is an error and retried.
func (nw *nodeWriter) write(ctx context.Context, w wantedNode) error {
	now := metav1.Now()
	node, err := nw.present(ctx, &w, now)
	if err != nil {
		return err
	}
	described := node.DeepCopy()
	w.describe(described)
	if !equality.Semantic.DeepEqual(node.ObjectMeta, described.ObjectMeta) || node.Spec.Unschedulable != described.Spec.Unschedulable || !equality.Semantic.DeepEqual(node.Spec.Taints, described.Spec.Taints) {
		node, err = nw.client.CoreV1().Nodes().Update(ctx, described, metav1.UpdateOptions{})
		if err != nil {
			return err
		}
		nw.wrote(node)
	}
	patch := w.statusPatch(node, now)
	if patch == nil {
		return nil
	}
	node, err = nw.client.CoreV1().Nodes().Patch(ctx, w.name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	if err != nil {
		return err
	}
	nw.wrote(node)
	return nil
}

// present returns the Node as it is, creating it if there is none.
func (nw *nodeWriter) present(ctx context.Context, w *wantedNode, now metav1.Time) (*v1.Node, error) {
	cached, exists, err := nw.nodes.GetByKey(w.name)
	if err != nil {
		return nil, err
	}
	if exists {
		node := cached.(*v1.Node)
		if nw.behind(node) {
			return nil, fmt.Errorf("Node %s is not seen yet as it was written", w.name)
		}
		return node, nil
	}
	if w.ready.status == "" {
		w.ready = readyOffers // until the kubelet that is about to start says better
	}
	node, err := nw.client.CoreV1().Nodes().Create(ctx, w.object(now), metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nw.client.CoreV1().Nodes().Get(ctx, w.name, metav1.GetOptions{})
	}
	return node, err
}

// wrote remembers a Node as our last write has left it.
func (nw *nodeWriter) wrote(node *v1.Node) {
	nw.mu.Lock()
	defer nw.mu.Unlock()
	nw.written[node.Name] = node.ResourceVersion
}

// behind reports whether a Node is older than our last write of it. A comparison
// with it would find nothing to do and leave that write in place permanently.
func (nw *nodeWriter) behind(node *v1.Node) bool {
	nw.mu.Lock()
	defer nw.mu.Unlock()
	last, has := nw.written[node.Name]
	if !has {
		return false
	}
	order, err := resourceversion.CompareResourceVersion(node.ResourceVersion, last)
	return err == nil && order < 0
}
