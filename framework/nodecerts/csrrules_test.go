package nodecerts

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	certv1 "k8s.io/api/certificates/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
)

// facts of a story: token abcdef is of node n1, whose address is 10.0.0.1, as is that of
// another agent's node, n1-too.
type facts struct{}

func (facts) tokenNode(id string) (string, bool) { return "n1", id == "abcdef" }

func (facts) addresses(node string) ([]string, []net.IP) {
	if node != "n1" {
		return nil, nil
	}
	return []string{"n1", "n1.example.com"}, []net.IP{net.IPv4(10, 0, 0, 1)}
}

func (facts) refuse(node string, ip net.IP) error {
	nodes, ids := cache.NewStore(cache.MetaNamespaceKeyFunc), NewIdentities()
	ids.Set(Identity{Node: "n1", IP: "10.0.0.1"})
	ids.Set(Identity{Node: "n2", IP: "10.0.0.2"})
	ids.Set(Identity{Node: "n1-too", IP: "10.0.0.1"})
	for name, address := range map[string]string{"n1": "fd00::1", "n2": "fd00::2", "n1-too": "fd00::1", "unknown": "fd00::4"} {
		shown := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: v1.NodeStatus{Addresses: []v1.NodeAddress{{Type: v1.NodeInternalIP, Address: address}}}}
		if err := nodes.Add(shown); err != nil {
			return err
		}
	}
	return Second{
		Ranges: []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16"), netip.MustParsePrefix("fd00:10:244::/56")},
		Nodes:  nodes, Servers: func() []string { return []string{"https://[fd00::9]:6443"} },
	}.refuse(node, ip, ids)
}

func makeRequest(t *testing.T, change func(*x509.CertificateRequest)) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	req := &x509.CertificateRequest{Subject: pkix.Name{CommonName: "system:node:n1", Organization: []string{"system:nodes"}}}
	if change != nil {
		change(req)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, req, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
}

func TestApprove(t *testing.T) {
	t.Parallel()
	type csr = certv1.CertificateSigningRequest
	type req = x509.CertificateRequest
	bootstrap := func(c *csr) {
		c.Spec.SignerName = certv1.KubeAPIServerClientKubeletSignerName
		c.Spec.Username, c.Spec.Groups = "system:bootstrap:abcdef", []string{"system:bootstrappers", "system:authenticated"}
		c.Spec.Usages = []certv1.KeyUsage{certv1.UsageDigitalSignature, certv1.UsageClientAuth}
	}
	renewal := func(c *csr) {
		bootstrap(c)
		c.Spec.Username, c.Spec.Groups = "system:node:n1", []string{"system:nodes", "system:authenticated"}
	}
	serving := func(c *csr) {
		renewal(c)
		c.Spec.SignerName = certv1.KubeletServingSignerName
		c.Spec.Usages = []certv1.KeyUsage{certv1.UsageDigitalSignature, certv1.UsageServerAuth}
	}
	and := func(f func(*csr), g func(*csr)) func(*csr) { return func(c *csr) { f(c); g(c) } }
	names := func(dns string, ip string) func(*req) {
		return func(r *req) {
			if dns != "" {
				r.DNSNames = strings.Split(dns, " ")
			}
			if ip != "" {
				for text := range strings.FieldsSeq(ip) {
					r.IPAddresses = append(r.IPAddresses, net.ParseIP(text))
				}
			}
		}
	}
	for name, c := range map[string]struct {
		csr     func(*csr)
		request func(*req)
		problem string // empty: approved
	}{
		"bootstrap":                    {bootstrap, nil, ""},
		"renewal":                      {renewal, nil, ""},
		"serving":                      {serving, names("n1 n1.example.com", "10.0.0.1"), ""},
		"serving, name only":           {serving, names("n1", ""), ""},
		"another node's name":          {bootstrap, func(r *req) { r.Subject.CommonName = "system:node:n2" }, "for system:node:n1 only"},
		"an administrator's name":      {renewal, func(r *req) { r.Subject.CommonName = "admin" }, "for system:node:n1 only"},
		"a stronger group":             {bootstrap, func(r *req) { r.Subject.Organization = []string{"system:masters"} }, "organization"},
		"a second group":               {bootstrap, func(r *req) { r.Subject.Organization = []string{"system:nodes", "system:masters"} }, "organization"},
		"no group":                     {bootstrap, func(r *req) { r.Subject.Organization = nil }, "organization"},
		"client with an address":       {bootstrap, names("", "10.0.0.1"), "no names or addresses"},
		"client with an e-mail":        {bootstrap, func(r *req) { r.EmailAddresses = []string{"a@b"} }, "e-mail"},
		"client with a URI":            {bootstrap, func(r *req) { r.URIs = []*url.URL{{Scheme: "spiffe", Host: "x"}} }, "URIs"},
		"client as a server":           {and(bootstrap, func(c *csr) { c.Spec.Usages = append(c.Spec.Usages, certv1.UsageServerAuth) }), nil, "usage"},
		"client that signs":            {and(bootstrap, func(c *csr) { c.Spec.Usages = append(c.Spec.Usages, certv1.UsageCertSign) }), nil, "usage"},
		"no client usage":              {and(bootstrap, func(c *csr) { c.Spec.Usages = c.Spec.Usages[:1] }), nil, "missing"},
		"an unknown token":             {and(bootstrap, func(c *csr) { c.Spec.Username = "system:bootstrap:zzzzzz" }), nil, "belongs to no node"},
		"a token's user by name only":  {and(bootstrap, func(c *csr) { c.Spec.Groups = nil }), nil, "is not a node"},
		"a node by name only":          {and(renewal, func(c *csr) { c.Spec.Groups = []string{"system:authenticated"} }), nil, "is not a node"},
		"a person":                     {and(bootstrap, func(c *csr) { c.Spec.Username = "jane" }), nil, "is not a node"},
		"serving by token":             {and(serving, bootstrapUserOnly), names("n1", ""), "is not a node"},
		"serving another's name":       {serving, names("n2", ""), "is not a name of node n1"},
		"serving another's address":    {serving, names("n1", "10.0.0.2"), "is not an address of node n1"},
		"serving, a second address":    {serving, names("n1", "10.0.0.1 fd00::1"), ""},
		"two second addresses":         {serving, names("n1", "10.0.0.1 fd00::1 fd00::3"), "fd00::1 and fd00::3 are not both"},
		"a link's address":             {serving, names("n1", "10.0.0.1 fe80::1"), "fe80::1 is not an address of node n1"},
		"another node's IPv6 address":  {serving, names("n1", "10.0.0.1 fd00::2"), "node n2 has it"},
		"an address of no known node":  {serving, names("n1", "10.0.0.1 fd00::4"), "node unknown has it"},
		"an API server's address":      {serving, names("n1", "10.0.0.1 fd00::9"), "it is an API server's"},
		"a pod's address":              {serving, names("n1", "10.0.0.1 fd00:10:244::7"), "in the cluster's range fd00:10:244::/56"},
		"serving nothing":              {serving, nil, "needs a name"},
		"serving for clients":          {and(serving, func(c *csr) { c.Spec.Usages = append(c.Spec.Usages, certv1.UsageClientAuth) }), names("n1", ""), "usage"},
		"serving under another's name": {serving, func(r *req) { r.Subject.CommonName = "system:node:n2" }, "for system:node:n1 only"},
		"another signer":               {and(bootstrap, func(c *csr) { c.Spec.SignerName = certv1.KubeAPIServerClientSignerName }), nil, "not a kubelet's"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r csr
			c.csr(&r)
			r.Spec.Request = makeRequest(t, c.request)
			why, err := approve(&r, facts{})
			switch {
			case c.problem == "" && (err != nil || why == ""):
				t.Errorf("not approved: %v", err)
			case c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)):
				t.Errorf("got %v, want %q", err, c.problem)
			}
		})
	}
	t.Run("malformed", func(t *testing.T) {
		t.Parallel()
		good := makeRequest(t, nil)
		for _, bytes := range [][]byte{nil, []byte("x"), good[:len(good)/2], pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: []byte{1}})} {
			var r csr
			bootstrap(&r)
			r.Spec.Request = bytes
			if _, err := approve(&r, facts{}); err == nil || errors.Is(err, errNotOurs) {
				t.Errorf("%q: %v", bytes, err)
			}
		}
	})
}

func bootstrapUserOnly(c *certv1.CertificateSigningRequest) {
	c.Spec.Username, c.Spec.Groups = "system:bootstrap:abcdef", []string{"system:bootstrappers"}
}
