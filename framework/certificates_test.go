package framework

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	certv1 "k8s.io/api/certificates/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The kubelet of an agent gets its certificates with what came with its first
// task, and for its own addresses; no other client gets them.
func TestCertificates(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start()
	w.post(makePod("php"))
	w.offers(has("S1", four))
	_, tasks := w.launch()
	data, err := taskdata.Decode(tasks[0].GetData())
	if err != nil {
		t.Fatal(err)
	}
	ask := func(name, signer, user, group string, usage certv1.KeyUsage, change func(*x509.CertificateRequest)) {
		t.Helper()
		csr := &certv1.CertificateSigningRequest{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: certv1.CertificateSigningRequestSpec{
			SignerName: signer, Username: user, Groups: []string{group}, Usages: []certv1.KeyUsage{usage},
			Request: makeRequest(t, func(r *x509.CertificateRequest) {
				r.Subject.CommonName = "system:node:host-s1"
				if change != nil {
					change(r)
				}
			}),
		}}
		if _, err := w.client.CertificatesV1().CertificateSigningRequests().Create(t.Context(), csr, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	conditions := func(name string) []certv1.CertificateSigningRequestCondition {
		csr, err := w.client.CertificatesV1().CertificateSigningRequests().Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return csr.Status.Conditions
	}
	serving := func(ip net.IP) func(*x509.CertificateRequest) {
		return func(r *x509.CertificateRequest) { r.DNSNames, r.IPAddresses = []string{"host-s1"}, []net.IP{ip} }
	}
	const client, server = certv1.KubeAPIServerClientKubeletSignerName, certv1.KubeletServingSignerName
	ask("stranger", client, "system:bootstrap:000000", bootstrapGroup, certv1.UsageClientAuth, nil)
	ask("elsewhere", server, "system:node:host-s1", nodeGroup, certv1.UsageServerAuth, serving(net.IPv4(10, 1, 0, 8)))
	ask("client", client, "system:bootstrap:"+data.Cluster.Token[:6], bootstrapGroup, certv1.UsageClientAuth, nil)
	ask("server", server, "system:node:host-s1", nodeGroup, certv1.UsageServerAuth, serving(net.IPv4(10, 1, 0, 7)))
	for _, name := range []string{"client", "server"} {
		w.eventually(name+" is approved", func() bool {
			c := conditions(name)
			return len(c) == 1 && c[0].Type == certv1.CertificateApproved && c[0].Status == v1.ConditionTrue
		})
	}
	for _, name := range []string{"stranger", "elsewhere"} {
		if c := conditions(name); len(c) > 0 {
			t.Errorf("%s: %v", name, c)
		}
	}
}

// makeRequest returns a PEM-encoded certificate request.
func makeRequest(t *testing.T, change func(*x509.CertificateRequest)) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	req := &x509.CertificateRequest{Subject: pkix.Name{Organization: []string{nodeGroup}}}
	change(req)
	der, err := x509.CreateCertificateRequest(rand.Reader, req, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
}

const (
	nodeGroup      = "system:nodes"
	bootstrapGroup = "system:bootstrappers"
)
