// Package dnsendpoints writes the endpoints of the Service kube-dns: a slice for each node on
// which an executor answers DNS queries. Executors announce where, on their Nodes; they
// have no right to write slices, which would let one node take over the traffic of all.
package dnsendpoints

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	discoveryclient "k8s.io/client-go/kubernetes/typed/discovery/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/retryqueue"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// Service is the name of the Service in kube-system that has these endpoints.
const Service = "kube-dns"

// Endpoint is where an executor answers DNS queries.
type Endpoint struct {
	Node    string
	UID     types.UID // of the Node
	Address string    // of the Node: an executor does not choose another one
	Port    int32
}

// Announced returns what a Node announces, and in which words. Words that are not
// understood announce nothing.
func Announced(n *v1.Node) (e Endpoint, words string, ok bool) {
	words = n.Annotations[taskdata.DNSAnnotation]
	text, _, _ := strings.Cut(words, " ")
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return Endpoint{}, words, false
	}
	for _, a := range n.Status.Addresses {
		if a.Type == v1.NodeInternalIP && net.ParseIP(a.Address) != nil {
			return Endpoint{Node: n.Name, UID: n.UID, Address: a.Address, Port: int32(port)}, words, true
		}
	}
	return Endpoint{}, words, false
}

// Writer writes the slices in the background.
type Writer struct {
	client discoveryclient.EndpointSliceInterface
	queue  *retryqueue.Queue[string]

	mu     sync.Mutex
	wanted map[string]Endpoint // by Node
}

// NewWriter returns a writer.
func NewWriter(client kubernetes.Interface, log logr.Logger) *Writer {
	return &Writer{client: client.DiscoveryV1().EndpointSlices(metav1.NamespaceSystem), queue: retryqueue.New[string](log), wanted: map[string]Endpoint{}}
}

// Want has a node's slice written, also if it is wanted already: somebody may have removed it.
func (w *Writer) Want(e Endpoint) {
	w.mu.Lock()
	w.wanted[e.Node] = e
	w.mu.Unlock()
	w.queue.Add(e.Node)
}

// Remove has a node's slice removed.
func (w *Writer) Remove(node string) {
	w.mu.Lock()
	delete(w.wanted, node)
	w.mu.Unlock()
	w.queue.Add(node)
}

// writers is how many slices are written at a time.
const writers = 4

// Run writes until ctx ends.
func (w *Writer) Run(ctx context.Context) {
	w.queue.Run(ctx, writers, func(ctx context.Context, node string) error {
		w.mu.Lock()
		e, wanted := w.wanted[node]
		w.mu.Unlock()
		if err := w.write(ctx, node, e, wanted); err != nil {
			return fmt.Errorf("the endpoint of DNS on node %s: %w", node, err)
		}
		return nil
	})
}

func (w *Writer) write(ctx context.Context, node string, e Endpoint, wanted bool) error {
	name := Service + "-" + node
	if !wanted {
		if err := w.client.Delete(ctx, name, metav1.DeleteOptions{}); !apierrors.IsNotFound(err) {
			return err
		}
		return nil
	}
	slice := e.slice(name)
	is, err := w.client.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		_, err = w.client.Create(ctx, slice, metav1.CreateOptions{})
		return err
	}
	if err != nil || shows(is, slice) {
		return err
	}
	if is.AddressType != slice.AddressType { // it never changes
		if err := w.client.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
			return err
		}
		_, err = w.client.Create(ctx, slice, metav1.CreateOptions{})
		return err
	}
	slice.ResourceVersion = is.ResourceVersion
	_, err = w.client.Update(ctx, slice, metav1.UpdateOptions{})
	return err
}
