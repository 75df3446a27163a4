package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// An outside caller with no credentials, or with made-up ones, learns nothing from a node
// and starts nothing there; and a node learns nothing of what belongs to another.
func TestNodesKeepToThemselves(t *testing.T) {
	c := cluster.Start(t, cluster.Config{Master: "local(2)",
		Args: []string{"-local_resources=cpus:2;mem:2048;disk:10000;ports:[31000-31099]"}})
	ctx := context.Background()
	for _, name := range []string{"first", "second"} {
		if _, err := c.Client.CoreV1().Secrets("default").Create(ctx, &v1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: name}, StringData: map[string]string{"word": "of-" + name},
		}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		pod := webPod(name, "1.5") // one fits an agent
		pod.Spec.Volumes = []v1.Volume{{Name: "s", VolumeSource: v1.VolumeSource{Secret: &v1.SecretVolumeSource{SecretName: name}}}}
		pod.Spec.Containers[0].VolumeMounts = []v1.VolumeMount{{Name: "s", MountPath: "/s"}}
		create(t, c, pod)
	}
	awaitPhase(t, c, "first", v1.PodRunning)
	awaitPhase(t, c, "second", v1.PodRunning)

	node, err := c.Client.CoreV1().Nodes().Get(ctx, get(t, c, "first").Spec.NodeName, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	kubelet := fmt.Sprintf("https://%s:%d", address(node), node.Status.DaemonEndpoints.KubeletEndpoint.Port)
	anybody := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	for _, path := range []string{"/pods", "/exec/default/first/web?command=id", "/run/default/first/web?cmd=id", "/attach/default/first/web", "/portForward/default/first", "/containerLogs/default/first/web", "/stats/summary", "/metrics", "/logs/", "/configz"} {
		for _, token := range []string{"", "made-up", "abcdef.0123456789abcdef"} {
			if got := status(t, anybody, kubelet+path, token); got != http.StatusUnauthorized {
				t.Errorf("%s with token %q: %d, want 401", path, token, got)
			}
		}
	}

	api := asNode(t, c, node)
	for name, want := range map[string]int{"first": http.StatusOK, "second": http.StatusForbidden} {
		url := c.Secure() + "/api/v1/namespaces/default/secrets/" + name
		if got := status(t, api, url, ""); got != want {
			t.Errorf("secret %s asked for by the node of pod first: %d, want %d", name, got, want)
		}
	}
}

func address(node *v1.Node) string {
	for _, a := range node.Status.Addresses {
		if a.Type == v1.NodeInternalIP {
			return a.Address
		}
	}
	return ""
}

// status returns the response code for a GET of the URL.
func status(t *testing.T, client *http.Client, url, token string) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// asNode returns a client with the certificate of a node's kubelet.
func asNode(t *testing.T, c *cluster.Cluster, node *v1.Node) *http.Client {
	t.Helper()
	agent := node.Annotations["mesos.agent/id"]
	found, err := filepath.Glob(filepath.Join("/var/lib/kubernetes-mesos", agent+".*", "pki", "kubelet-client-current.pem"))
	if err != nil || len(found) != 1 {
		t.Fatalf("certificates of the kubelet on agent %s: %q, %v", agent, found, err)
	}
	pem := found[0]
	pair, err := tls.LoadX509KeyPair(pem, pem)
	if err != nil {
		t.Fatal(err)
	}
	if got := pair.Leaf.Subject.CommonName; !strings.HasSuffix(got, node.Name) {
		t.Fatalf("%s is of %s, not of node %s", pem, got, node.Name)
	}
	ca, err := os.ReadFile(filepath.Join(c.DataDir, "pki", "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots}}}
}
