package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// frontReaches has framework_runner, on a host without an agent, reach pods on all others:
// by itself, by /proxy of the API server, as a webhook and as an aggregated API.
func (s *hostStage) frontReaches(t *testing.T, pods []member) {
	for i, pod := range pods {
		want := s.front.Address.String() + " 9000"
		if i == far {
			want = "24" // its address in the tunnel
		}
		s.expect("the host of framework_runner asks "+pod.Name, want, func() string { return s.front.Ask("udp", pod.at(), 9000) })
		for _, path := range []string{"services/" + pod.Name + ":http", "pods/" + pod.Name + ":8080"} {
			s.expect(path, pod.Name+" sees ", func() string { return s.raw("/api/v1/namespaces/default/" + path + "/proxy/cgi-bin/who") })
		}
	}
	certificate, ca := selfSigned(t, "far.default.svc")
	serveTLS(t, pods[far], 8443, certificate, hook)
	s.post(t, "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", `{"metadata":{"name":"far"},"webhooks":[{"name":"far.e2e.test",
		"admissionReviewVersions":["v1"],"sideEffects":"None","timeoutSeconds":5,
		"clientConfig":{"service":{"namespace":"default","name":"far","path":"/hook","port":443},"caBundle":"`+ca+`"},
		"rules":[{"operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["configmaps"]}],
		"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"default"}}}]}`)
	s.post(t, "/apis/apiregistration.k8s.io/v1/apiservices", `{"metadata":{"name":"v1.far.e2e.test"},"spec":{"group":"far.e2e.test","version":"v1",
		"groupPriorityMinimum":100,"versionPriority":100,"caBundle":"`+ca+`","service":{"namespace":"default","name":"far","port":443}}}`)
	s.expect("a webhook in far", "yes", func() string {
		// A webhook takes effect a moment after it was made.
		made, err := s.Client.CoreV1().ConfigMaps("default").Create(t.Context(), &v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "hooked-"}}, metav1.CreateOptions{})
		if err != nil {
			return err.Error()
		}
		return made.Data["far-was-here"]
	})
	s.expect("an aggregated API in far", `{"kind":"APIResourceList"`, func() string { return s.raw("/apis/far.e2e.test/v1") })
}

// post creates an object from JSON.
func (s *hostStage) post(t *testing.T, path, object string) {
	t.Helper()
	answer, err := s.Client.CoreV1().RESTClient().Post().AbsPath(path).SetHeader("Content-Type", "application/json").Body([]byte(object)).DoRaw(t.Context())
	if err != nil {
		t.Fatalf("%s: %v: %s", path, err, answer)
	}
}

// hook is a webhook that writes into config maps, and an API without resources.
func hook(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if !strings.HasPrefix(r.URL.Path, "/hook") {
		fmt.Fprint(w, `{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"far.e2e.test/v1","resources":[]}`)
		return
	}
	var review struct {
		Request struct{ UID string }
	}
	body, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(body, &review); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	patch := base64.StdEncoding.EncodeToString([]byte(`[{"op":"add","path":"/data","value":{"far-was-here":"yes"}}]`))
	fmt.Fprintf(w, `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid":%q,"allowed":true,"patchType":"JSONPatch","patch":%q}}`, review.Request.UID, patch)
}

// serveTLS serves in the network of a pod until the test ends.
func serveTLS(t *testing.T, at member, port int, certificate tls.Certificate, handler http.HandlerFunc) {
	t.Helper()
	var listener net.Listener
	var err error
	at.Do(func() { listener, err = net.Listen("tcp", fmt.Sprint(":", port)) })
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}}
	go func() { _ = server.ServeTLS(listener, "", "") }()
	t.Cleanup(func() { _ = server.Close() })
}

// selfSigned returns a certificate for a name, and itself as a caBundle.
func selfSigned(t *testing.T, name string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	var bundle bytes.Buffer
	if err := pem.Encode(&bundle, &pem.Block{Type: "CERTIFICATE", Bytes: der}); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, base64.StdEncoding.EncodeToString(bundle.Bytes())
}
