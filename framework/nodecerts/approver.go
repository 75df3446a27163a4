package nodecerts

import (
	"context"
	"errors"
	"net"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/retryqueue"
	certv1 "k8s.io/api/certificates/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// reviewers is how many requests are looked at at a time.
const reviewers = 4

// Approver approves the certificates that kubelets ask for as soon as they ask:
// a node's first pod waits for it. It leaves alone what it does not approve, and
// logs the reason.
type Approver struct {
	client   kubernetes.Interface
	requests cache.Store
	facts    nodeFacts
	queue    *retryqueue.Queue[string]
	log      logr.Logger
}

// NewApprover returns an approver of the requests in a store, which is that of a
// watch whose names are given to Review.
func NewApprover(client kubernetes.Interface, requests cache.Store, tokens *Tokens, ids *Identities, second Second, log logr.Logger) *Approver {
	return &Approver{client: client, requests: requests, facts: known{tokens, ids, second}, queue: retryqueue.New[string](log), log: log}
}

// known combines what is known about nodes.
type known struct {
	tokens *Tokens
	ids    *Identities
	second Second
}

func (k known) tokenNode(id string) (string, bool)                 { return k.tokens.node(id) }
func (k known) addresses(node string) (names []string, _ []net.IP) { return k.ids.addresses(node) }
func (k known) refuse(node string, ip net.IP) error                { return k.second.refuse(node, ip, k.ids) }

// Review has a request looked at that is new or has changed.
func (a *Approver) Review(name string) { a.queue.Add(name) }

// Run reviews requests until ctx ends.
func (a *Approver) Run(ctx context.Context) { a.queue.Run(ctx, reviewers, a.review) }

func (a *Approver) review(ctx context.Context, name string) error {
	obj, exists, err := a.requests.GetByKey(name)
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
			a.log.Info("a certificate request is not approved", "request", name, "user", csr.Spec.Username, "reason", err)
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
