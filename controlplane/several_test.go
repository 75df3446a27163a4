package controlplane

import (
	"context"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/leaderelection"
	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/pki"
)

// startSecureEtcd starts an etcd that accepts only TLS clients with a certificate. It
// returns the Config of a control plane that may use it, and a client.
func startSecureEtcd(t *testing.T) (Config, *clientv3.Client) {
	t.Helper()
	certs, err := pki.Open(t.TempDir(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ca, err := certs.Authority("ca")
	if err != nil {
		t.Fatal(err)
	}
	for name, leaf := range map[string]pki.Leaf{
		"server": {User: "etcd", IPs: []net.IP{net.IPv4(127, 0, 0, 1)}},
		"client": {User: "kubernetes-mesos"},
	} {
		if _, err := ca.Keep(name, leaf); err != nil {
			t.Fatal(err)
		}
	}
	cfg := embed.NewConfig()
	cfg.Dir, cfg.LogLevel, cfg.EnableGRPCGateway = t.TempDir(), "fatal", false
	cfg.ListenClientUrls = []url.URL{{Scheme: "https", Host: "127.0.0.1:0"}}
	cfg.ListenPeerUrls = []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	cfg.ClientTLSInfo = transport.TLSInfo{
		CertFile: certs.CertFile("server"), KeyFile: certs.KeyFile("server"),
		TrustedCAFile: certs.CertFile("ca"), ClientCertAuth: true,
	}
	server, err := embed.StartEtcd(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	<-server.Server.ReadyNotify()
	c := Config{
		EtcdServers: []string{"https://" + server.Clients[0].Addr().String()},
		EtcdCAFile:  certs.CertFile("ca"), EtcdCertFile: certs.CertFile("client"), EtcdKeyFile: certs.KeyFile("client"),
	}
	secure, err := transport.TLSInfo{TrustedCAFile: c.EtcdCAFile, CertFile: c.EtcdCertFile, KeyFile: c.EtcdKeyFile}.ClientConfig()
	if err != nil {
		t.Fatal(err)
	}
	client, err := clientv3.New(clientv3.Config{Endpoints: c.EtcdServers, TLS: secure, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return c, client
}

// Two control planes share an etcd: each serves what the other wrote and accepts the
// other's certificates; one runs controllers, and the other takes over after it.
func TestTwoOnOneEtcd(t *testing.T) {
	t.Parallel()
	cfg, etcd := startSecureEtcd(t)
	on := func(dir string) *process {
		t.Helper()
		cfg.DataDir = dir
		return startChild(t, cfg)
	}
	dir := t.TempDir()
	first, second := on(dir), on(t.TempDir())

	leads := func(p *process) bool {
		leader, err := leaderelection.New(etcd, "", "", logr.Discard()).Leader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(leader, p.server)
	}
	if !leads(first) {
		t.Error("who came first does not lead")
	}
	crossed := clientWith(t, dir, second.server)
	if _, err := crossed.CoreV1().ConfigMaps("default").Create(t.Context(), configMap("by-second"), metav1.CreateOptions{}); err != nil {
		t.Errorf("the first one's certificate at the second one: %v", err)
	}
	if _, err := first.client.CoreV1().ConfigMaps("default").Get(t.Context(), "by-second", metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
	awaitAccount(t, second.client, "while-first-leads")
	first.kill()
	awaitAccount(t, second.client, "after-the-crash")
	if !leads(second) {
		t.Error("the second one does not lead")
	}
	first = on(dir)
	second.end()
	awaitAccount(t, first.client, "after-the-end")
	first.end()
}

// clientWith returns a client of server with the certificate in dir.
func clientWith(t *testing.T, dir, server string) kubernetes.Interface {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags(server, filepath.Join(dir, "admin.kubeconfig"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// awaitAccount creates a namespace and waits until a controller has created the
// account that pods need there.
func awaitAccount(t *testing.T, client kubernetes.Interface, namespace string) {
	t.Helper()
	began := time.Now()
	_, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := until(ctx, func() error {
		_, err := client.CoreV1().ServiceAccounts(namespace).Get(ctx, "default", metav1.GetOptions{})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %v", namespace, time.Since(began).Round(time.Millisecond))
}
