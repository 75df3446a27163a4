package framework

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	certv1 "k8s.io/api/certificates/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// approver approves the certificates that kubelets ask for as soon as they ask:
// a node's first pod waits for it. It leaves alone what it does not approve and
// logs the reason.
type approver struct {
	client kubernetes.Interface
	facts  nodeFacts
	csrs   cache.Store
	queue  workqueue.TypedRateLimitingInterface[string]
}

func (a *approver) run(ctx context.Context) { work(ctx, a.queue, 4, a.look) }

func (a *approver) look(ctx context.Context, name string) error {
	obj, exists, err := a.csrs.GetByKey(name)
	if err != nil || !exists {
		return err
	}
	csr := obj.(*certv1.CertificateSigningRequest)
	if len(csr.Status.Conditions) > 0 || len(csr.Status.Certificate) > 0 {
		return nil // decided already
	}
	why, err := approve(csr, a.facts)
	if err != nil {
		if !errors.Is(err, errNotOurs) {
			glog.Warningf("framework: certificate request %s of %s is not approved: %v", name, csr.Spec.Username, err)
		}
		return nil
	}
	csr = csr.DeepCopy()
	csr.Status.Conditions = append(csr.Status.Conditions, certv1.CertificateSigningRequestCondition{
		Type: certv1.CertificateApproved, Status: v1.ConditionTrue, LastUpdateTime: metav1.Now(),
		Reason: "MesosNode", Message: "Approved for " + why + ".",
	})
	_, err = a.client.CertificatesV1().CertificateSigningRequests().UpdateApproval(ctx, name, csr, metav1.UpdateOptions{})
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return nil // it has changed and is seen again, or is gone
	}
	return err
}

// addressBook holds the names and addresses of nodes as Mesos reports them; the
// loop writes it, the approver reads it.
type addressBook struct {
	tokens *tokens
	local  func() []net.IP // this machine's own addresses

	mu    sync.Mutex
	nodes map[string]wantedNode
}

func newAddressBook(ts *tokens) *addressBook {
	return &addressBook{tokens: ts, local: interfaceAddresses, nodes: map[string]wantedNode{}}
}

func (b *addressBook) set(w wantedNode) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.nodes[w.name] = w
}

func (b *addressBook) tokenNode(id string) (string, bool) { return b.tokens.node(id) }

// addresses returns what a node's certificate may name. For an agent at a
// loopback address this machine's addresses count too, since it must be here.
func (b *addressBook) addresses(node string) (names []string, ips []net.IP) {
	b.mu.Lock()
	w, ok := b.nodes[node]
	b.mu.Unlock()
	if !ok {
		return nil, nil
	}
	names = []string{w.name, w.hostname}
	if ip := net.ParseIP(w.ip); ip != nil {
		ips = append(ips, ip)
		if ip.IsLoopback() {
			ips = append(ips, b.local()...)
		}
	}
	return names, ips
}

func interfaceAddresses() []net.IP {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var ips []net.IP
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok {
			ips = append(ips, n.IP)
		}
	}
	return ips
}
