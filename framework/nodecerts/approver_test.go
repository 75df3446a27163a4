package nodecerts

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-logr/logr"
	certv1 "k8s.io/api/certificates/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
)

// request returns a kubelet's request for the client certificate of node n1.
func request(t *testing.T, change func(*certv1.CertificateSigningRequest)) *certv1.CertificateSigningRequest {
	csr := &certv1.CertificateSigningRequest{ObjectMeta: metav1.ObjectMeta{Name: "r"}, Spec: certv1.CertificateSigningRequestSpec{
		SignerName: certv1.KubeAPIServerClientKubeletSignerName, Username: "system:bootstrap:abcdef", Groups: []string{bootstrapGroup},
		Usages: []certv1.KeyUsage{certv1.UsageClientAuth}, Request: makeRequest(t, nil),
	}}
	if change != nil {
		change(csr)
	}
	return csr
}

// A request that the rules allow is approved, once; others are left alone, and
// only what another attempt may cure is repeated.
func TestReview(t *testing.T) {
	t.Parallel()
	requests := schema.GroupResource{Group: "certificates.k8s.io", Resource: "certificatesigningrequests"}
	for name, c := range map[string]struct {
		csr      *certv1.CertificateSigningRequest
		answer   error
		asked    bool // the API server was asked
		repeated bool
	}{
		"allowed": {request(t, nil), nil, true, false},
		"decided already": {request(t, func(r *certv1.CertificateSigningRequest) {
			r.Status.Conditions = []certv1.CertificateSigningRequestCondition{{Type: certv1.CertificateDenied}}
		}), nil, false, false},
		"signed already": {request(t, func(r *certv1.CertificateSigningRequest) { r.Status.Certificate = []byte("PEM") }), nil, false, false},
		"not allowed":    {request(t, func(r *certv1.CertificateSigningRequest) { r.Spec.Usages = nil }), nil, false, false},
		"gone":           {nil, nil, false, false},
		"changed":        {request(t, nil), apierrors.NewConflict(requests, "r", errors.New("newer")), true, false},
		"deleted":        {request(t, nil), apierrors.NewNotFound(requests, "r"), true, false},
		"API trouble":    {request(t, nil), apierrors.NewInternalError(errors.New("etcd")), true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := fake.NewSimpleClientset()
			asked := false
			client.PrependReactor("update", "certificatesigningrequests", func(a k8stesting.Action) (bool, runtime.Object, error) {
				now := a.(k8stesting.UpdateAction).GetObject().(*certv1.CertificateSigningRequest)
				asked = a.GetSubresource() == "approval" && now.Status.Conditions[0].Type == certv1.CertificateApproved
				return true, now, c.answer
			})
			store := cache.NewStore(cache.MetaNamespaceKeyFunc)
			if c.csr != nil {
				if err := store.Add(c.csr); err != nil {
					t.Fatal(err)
				}
			}
			a := NewApprover(client, store, nil, nil, Second{}, logr.Discard())
			a.facts = facts{}
			if err := a.review(t.Context(), "r"); (err != nil) != c.repeated {
				t.Errorf("repeated for %v", err)
			}
			if asked != c.asked {
				t.Errorf("approved: %t, want %t", asked, c.asked)
			}
		})
	}
}

// What tokens and identities say together decides.
func TestApproverUsesTokensAndIdentities(t *testing.T) {
	t.Parallel()
	client := fake.NewSimpleClientset()
	approved := make(chan string, 2)
	client.PrependReactor("update", "certificatesigningrequests", func(a k8stesting.Action) (bool, runtime.Object, error) {
		now := a.(k8stesting.UpdateAction).GetObject().(*certv1.CertificateSigningRequest)
		approved <- now.Name
		return true, now, nil
	})
	tokens, ids, store := NewTokens(client, logr.Discard()), NewIdentities(), cache.NewStore(cache.MetaNamespaceKeyFunc)
	id := tokens.For("n1", time.Now())[:6]
	ids.Set(Identity{Node: "n1", Hostname: "n1.example.com", IP: "10.0.0.1"})
	for name, user := range map[string]string{"theirs": "system:bootstrap:zzzzzz", "ours": "system:bootstrap:" + id} {
		if err := store.Add(request(t, func(r *certv1.CertificateSigningRequest) { r.Name, r.Spec.Username = name, user })); err != nil {
			t.Fatal(err)
		}
	}
	a := NewApprover(client, store, tokens, ids, Second{}, logr.Discard())
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); a.Run(ctx) }()
	a.Review("theirs")
	a.Review("ours")
	if got := <-approved; got != "ours" {
		t.Errorf("approved %s", got)
	}
	stop()
	<-ended
	if len(approved) > 0 {
		t.Errorf("approved %s, too", <-approved)
	}
}
