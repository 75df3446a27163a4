package controlplane

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/pki"
)

// secureClient returns a client of the secure port with only these credentials.
func secureClient(t *testing.T, change func(*rest.Config)) kubernetes.Interface {
	t.Helper()
	config := &rest.Config{Host: shared.Servers()[0], TLSClientConfig: rest.TLSClientConfig{CAData: shared.CA()}}
	change(config)
	c, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSecurePortAsksWhoYouAre(t *testing.T) {
	t.Parallel()
	other, err := pki.Open(filepath.Join(t.TempDir(), "pki"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := other.Authority("ca")
	if err != nil {
		t.Fatal(err)
	}
	master, err := foreign.Issue(pki.Leaf{User: "admin", Groups: []string{"system:masters"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*rest.Config){
		"nobody":              func(*rest.Config) {},
		"a made-up token":     func(c *rest.Config) { c.BearerToken = "abcdef.0123456789abcdef" },
		"the local user":      func(c *rest.Config) { c.Impersonate.UserName = localUser },
		"a foreign authority": func(c *rest.Config) { c.CertData, c.KeyData = master.Cert, master.Key },
		"front proxy headers": func(c *rest.Config) {
			c.WrapTransport = func(next http.RoundTripper) http.RoundTripper {
				return roundTrip(func(r *http.Request) (*http.Response, error) {
					r = r.Clone(r.Context())
					r.Header.Set("X-Remote-User", "admin")
					r.Header.Set("X-Remote-Group", "system:masters")
					return next.RoundTrip(r)
				})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := secureClient(t, change).CoreV1().Secrets("").List(t.Context(), metav1.ListOptions{}); !apierrors.IsUnauthorized(err) {
				t.Errorf("%v, want it unauthorized", err)
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// bootstrap returns a client with a bootstrap token, like an agent's first one.
func bootstrap(t *testing.T, id string) kubernetes.Interface {
	t.Helper()
	const secret = "0123456789abcdef"
	_, err := sharedClient.CoreV1().Secrets("kube-system").Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "bootstrap-token-" + id},
		Type:       "bootstrap.kubernetes.io/token",
		StringData: map[string]string{"token-id": id, "token-secret": secret, "usage-bootstrap-authentication": "true"},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c := secureClient(t, func(c *rest.Config) { c.BearerToken = id + "." + secret })
	// The token authenticator sees the secret a moment later.
	waitFor(t, "the token", func(ctx context.Context) error {
		_, err := c.CertificatesV1().CertificateSigningRequests().Get(ctx, "none", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return err
	})
	return c
}

// waitFor waits until ok returns nil.
func waitFor(t *testing.T, what string, ok func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := until(ctx, func() error { return ok(ctx) }); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// join gives node its certificate: the agent requests it with its bootstrap token, the
// request is approved, and the controllers sign it.
func join(t *testing.T, node, tokenID string) kubernetes.Interface {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	request, err := cert.MakeCSR(key, &pkix.Name{CommonName: "system:node:" + node, Organization: []string{"system:nodes"}}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := bootstrap(t, tokenID).CertificatesV1().CertificateSigningRequests().Create(t.Context(), &certificatesv1.CertificateSigningRequest{
		ObjectMeta: metav1.ObjectMeta{Name: "join-" + node},
		Spec: certificatesv1.CertificateSigningRequestSpec{
			Request:    request,
			SignerName: certificatesv1.KubeAPIServerClientKubeletSignerName,
			Usages:     []certificatesv1.KeyUsage{certificatesv1.UsageDigitalSignature, certificatesv1.UsageClientAuth},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if want := "system:bootstrap:" + tokenID; csr.Spec.Username != want {
		t.Errorf("the request is of %q, want %q", csr.Spec.Username, want)
	}
	return signedClient(t, csr, key)
}

// signedClient approves csr and returns a client with the resulting certificate.
func signedClient(t *testing.T, csr *certificatesv1.CertificateSigningRequest, key *ecdsa.PrivateKey) kubernetes.Interface {
	t.Helper()
	requests := sharedClient.CertificatesV1().CertificateSigningRequests()
	csr.Status.Conditions = append(csr.Status.Conditions, certificatesv1.CertificateSigningRequestCondition{
		Type: certificatesv1.CertificateApproved, Status: corev1.ConditionTrue, Reason: "Test",
	})
	if _, err := requests.UpdateApproval(t.Context(), csr.Name, csr, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the certificate", func(ctx context.Context) (err error) {
		if csr, err = requests.Get(ctx, csr.Name, metav1.GetOptions{}); err == nil && len(csr.Status.Certificate) == 0 {
			err = fmt.Errorf("not signed: %v", csr.Status.Conditions)
		}
		return err
	})
	keyPEM, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		t.Fatal(err)
	}
	return secureClient(t, func(c *rest.Config) { c.CertData, c.KeyData = csr.Status.Certificate, keyPEM })
}

// A joined node may do its own work, and access nothing of another node.
func TestNodesAreApart(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	node := join(t, "node-a", "aaaaaa")
	for _, name := range []string{"a", "b"} {
		core := sharedClient.CoreV1()
		if _, err := core.Nodes().Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-" + name}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := core.Secrets("default").Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "secret-" + name}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		pod := podOn("node-"+name, "uses-secret-"+name)
		pod.Spec.Volumes = []corev1.Volume{{Name: "s", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "secret-" + name}}}}
		if _, err := core.Pods("default").Create(ctx, pod, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	// The authoriser's graph follows the pods a moment later.
	waitFor(t, "its own secret", func(ctx context.Context) error {
		_, err := node.CoreV1().Secrets("default").Get(ctx, "secret-a", metav1.GetOptions{})
		return err
	})
	if _, err := node.CoreV1().Secrets("default").Get(ctx, "secret-b", metav1.GetOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("the other's secret: %v, want it forbidden", err)
	}
	own := []byte(`{"status":{"conditions":[{"type":"Ready","status":"True"}]}}`)
	if _, err := node.CoreV1().Nodes().PatchStatus(ctx, "node-a", own); err != nil {
		t.Errorf("its own node: %v", err)
	}
	if _, err := node.CoreV1().Nodes().PatchStatus(ctx, "node-b", own); !apierrors.IsForbidden(err) {
		t.Errorf("the other's node: %v, want it forbidden", err)
	}
	if err := node.CoreV1().Pods("default").Delete(ctx, "uses-secret-b", metav1.DeleteOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("the other's pod: %v, want it forbidden", err)
	}
}

// A bootstrap token permits only certificate requests.
func TestBootstrapTokenOnlyAsks(t *testing.T) {
	t.Parallel()
	c := bootstrap(t, "bbbbbb")
	if _, err := c.CoreV1().Pods("").List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("listing pods: %v, want it forbidden", err)
	}
	if _, err := c.CoreV1().Nodes().Create(t.Context(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "x"}}, metav1.CreateOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("making a node: %v, want it forbidden", err)
	}
}

// Logs come from the kubelet at the node's InternalIP, which must present a certificate
// of the cluster, and gets the API server's.
func TestLogsFromKubelet(t *testing.T) {
	t.Parallel()
	other, err := pki.Open(filepath.Join(t.TempDir(), "pki"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ours, err := pki.Open(filepath.Join(shared.config.DataDir, "pki"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		dir  *pki.Dir
		want string
	}{
		"kubelet-ours":    {ours, "a line of uses-kubelet-ours by " + kubeletClientUser},
		"kubelet-foreign": {other, "certificate signed by unknown authority"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ca, err := c.dir.Authority("ca")
			if err != nil {
				t.Fatal(err)
			}
			nodeAt(t, name, serveKubelet(t, ca))
			if _, err := sharedClient.CoreV1().Pods("default").Create(t.Context(), podOn(name, "uses-"+name), metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			b, err := localClient(t).CoreV1().Pods("default").GetLogs("uses-"+name, &corev1.PodLogOptions{}).DoRaw(t.Context())
			if got := fmt.Sprint(string(b), err); !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %q", got, c.want)
			}
		})
	}
}

// serveKubelet serves logs with a certificate of ca, and returns its port.
func serveKubelet(t *testing.T, ca *pki.Authority) int32 {
	t.Helper()
	pair, err := ca.Issue(pki.Leaf{User: "system:node:x", IPs: []net.IP{net.IPv4(127, 0, 0, 1)}})
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := tls.X509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "a line of %s by %s", strings.Split(r.URL.Path, "/")[3], r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	clients := x509.NewCertPool()
	block, _ := pem.Decode(shared.CA())
	root, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	clients.AddCert(root)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients}
	s.StartTLS()
	t.Cleanup(s.Close)
	return int32(s.Listener.Addr().(*net.TCPAddr).Port)
}

// nodeAt creates a node whose kubelet listens on a port of this machine, and whose
// host name does not resolve.
func nodeAt(t *testing.T, name string, port int32) {
	t.Helper()
	node, err := sharedClient.CoreV1().Nodes().Create(t.Context(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	node.Status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeHostName, Address: "nowhere.invalid"}, {Type: corev1.NodeInternalIP, Address: "127.0.0.1"}}
	node.Status.DaemonEndpoints.KubeletEndpoint.Port = port
	if _, err := sharedClient.CoreV1().Nodes().UpdateStatus(t.Context(), node, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}
