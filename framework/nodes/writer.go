package nodes

import (
	"context"
	"fmt"
	"reflect"
	"sync"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/retryqueue"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// writers is how many Nodes are written at a time.
const writers = 4

// Writer makes Nodes show what is desired. It writes only when something differs,
// so a thousand agents that only offer cost nothing.
type Writer struct {
	client kubernetes.Interface
	cache  cache.Store // what the API server has
	queue  *retryqueue.Queue[string]

	mu      sync.Mutex
	desired map[string]Desired
	written map[string]string // resource version of our last write of a Node
}

// NewWriter returns a writer; nodes is the store of a watch.
func NewWriter(client kubernetes.Interface, nodes cache.Store, log logr.Logger) *Writer {
	return &Writer{client: client, cache: nodes, queue: retryqueue.New[string](log), desired: map[string]Desired{}, written: map[string]string{}}
}

// Want sets what a Node should show.
func (w *Writer) Want(d Desired) {
	w.mu.Lock()
	old, had := w.desired[d.Name]
	w.desired[d.Name] = d
	w.mu.Unlock()
	if !had || !reflect.DeepEqual(old, d) {
		w.queue.Add(d.Name)
	}
}

// Deleted notes that a Node was deleted: it is written again when next wanted.
func (w *Writer) Deleted(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.desired, name)
	delete(w.written, name)
}

// Run writes until ctx ends.
func (w *Writer) Run(ctx context.Context) {
	w.queue.Run(ctx, writers, func(ctx context.Context, name string) error {
		w.mu.Lock()
		d, wanted := w.desired[name]
		w.mu.Unlock()
		if !wanted {
			return nil
		}
		return w.write(ctx, d)
	})
}

// write makes one Node show what is desired. A conflict, or a cache that does not yet
// show the previous write, is an error and retried.
func (w *Writer) write(ctx context.Context, d Desired) error {
	now := metav1.Now()
	node, err := w.present(ctx, &d, now)
	if err != nil {
		return err
	}
	described := node.DeepCopy()
	d.describe(described)
	if !equality.Semantic.DeepEqual(node.ObjectMeta, described.ObjectMeta) || node.Spec.Unschedulable != described.Spec.Unschedulable || !equality.Semantic.DeepEqual(node.Spec.Taints, described.Spec.Taints) {
		node, err = w.client.CoreV1().Nodes().Update(ctx, described, metav1.UpdateOptions{})
		if err != nil {
			return err
		}
		w.wrote(node)
	}
	patch := d.statusPatch(node, now)
	if patch == nil {
		return nil
	}
	node, err = w.client.CoreV1().Nodes().Patch(ctx, d.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	if err != nil {
		return err
	}
	w.wrote(node)
	return nil
}

// present returns the Node as it is, creating it if there is none. A new one is ready
// until the kubelet that is about to start says better.
func (w *Writer) present(ctx context.Context, d *Desired, now metav1.Time) (*v1.Node, error) {
	cached, exists, err := w.cache.GetByKey(d.Name)
	if err != nil {
		return nil, err
	}
	if exists {
		node := cached.(*v1.Node)
		if w.behind(node) {
			return nil, fmt.Errorf("Node %s is not seen yet as it was written", d.Name)
		}
		return node, nil
	}
	if d.KubeletDecides() {
		d.Idle = true
	}
	node, err := w.client.CoreV1().Nodes().Create(ctx, d.object(now), metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return w.client.CoreV1().Nodes().Get(ctx, d.Name, metav1.GetOptions{})
	}
	return node, err
}

// wrote remembers a Node as our last write has left it.
func (w *Writer) wrote(node *v1.Node) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.written[node.Name] = node.ResourceVersion
}

// behind reports whether a Node is older than our last write of it. A comparison
// with it would find nothing to do and leave that write in place permanently.
func (w *Writer) behind(node *v1.Node) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	last, has := w.written[node.Name]
	if !has {
		return false
	}
	order, err := resourceversion.CompareResourceVersion(node.ResourceVersion, last)
	return err == nil && order < 0
}
