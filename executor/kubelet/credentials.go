package kubelet

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/kubernetes/pkg/kubelet/certificate/bootstrap"
)

// obtain makes sure that the root directory has the node's client certificate and a
// kubeconfig that uses it at server. A valid certificate of an earlier executor on
// this agent is reused; otherwise obtain requests one from server with the bootstrap
// token, which is on disk only during the request.
func (c *Config) obtain(ctx context.Context, server string) error {
	p := paths{c.RootDir}
	held := c.holdsCertificate(time.Now())
	if held != nil {
		if err := os.RemoveAll(p.pki()); err != nil {
			return fmt.Errorf("removing old certificates: %w", err)
		}
	}
	if err := os.MkdirAll(p.pki(), 0o700); err != nil {
		return fmt.Errorf("directory for certificates: %w", err)
	}
	if err := os.WriteFile(p.ca(), c.CA, 0o600); err != nil {
		return fmt.Errorf("certificate authority: %w", err)
	}
	if held != nil {
		if err := c.request(ctx, server); err != nil {
			return fmt.Errorf("no certificate for node %s from %s: %w", c.Node, server, err)
		}
	}
	err := clientcmd.WriteToFile(c.kubeconfig(server, &clientcmdapi.AuthInfo{
		ClientCertificate: p.clientPEM(), ClientKey: p.clientPEM()}), p.kubeconfig())
	if err != nil {
		return fmt.Errorf("kubeconfig: %w", err)
	}
	return nil
}

// request asks server for a certificate and waits until it is issued.
func (c *Config) request(ctx context.Context, server string) error {
	p := paths{c.RootDir}
	if err := clientcmd.WriteToFile(c.kubeconfig(server, &clientcmdapi.AuthInfo{Token: c.Token}), p.bootstrap()); err != nil {
		return err
	}
	defer os.Remove(p.bootstrap())
	return bootstrap.LoadClientCert(ctx, p.kubeconfig(), p.bootstrap(), p.pki(), types.NodeName(c.Node))
}

// renewMargin is how much longer a certificate must be valid to be reused.
const renewMargin = time.Hour

// holdsCertificate returns nil if the root directory has a valid certificate of this
// node and cluster, and otherwise the reason why not.
func (c *Config) holdsCertificate(now time.Time) error {
	pem := paths{c.RootDir}.clientPEM()
	pair, err := tls.LoadX509KeyPair(pem, pem)
	if err != nil {
		return err
	}
	if pair.Leaf.Subject.CommonName != "system:node:"+c.Node {
		return fmt.Errorf("it is for %s", pair.Leaf.Subject.CommonName)
	}
	roots, err := c.roots()
	if err != nil {
		return err
	}
	_, err = pair.Leaf.Verify(x509.VerifyOptions{
		Roots: roots, CurrentTime: now.Add(renewMargin),
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	return err
}

// roots returns the certificate authorities of API servers and nodes.
func (c *Config) roots() (*x509.CertPool, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(c.CA) {
		return nil, errors.New("kubelet: the certificate authority is not a PEM certificate")
	}
	return roots, nil
}

// kubeconfig returns a kubeconfig for one server and one identity.
func (c *Config) kubeconfig(server string, who *clientcmdapi.AuthInfo) clientcmdapi.Config {
	return clientcmdapi.Config{
		Clusters: map[string]*clientcmdapi.Cluster{
			"cluster": {Server: server, CertificateAuthorityData: c.CA}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{"node": who},
		Contexts:       map[string]*clientcmdapi.Context{"node": {Cluster: "cluster", AuthInfo: "node"}},
		CurrentContext: "node",
	}
}

// clientConfig returns the configuration of the node's client of server, which uses
// the certificate. Clients read it from disk again after the kubelet has renewed it.
func (c *Config) clientConfig(server string) *rest.Config {
	p := paths{c.RootDir}
	return &rest.Config{
		Host:            server,
		TLSClientConfig: rest.TLSClientConfig{CAData: c.CA, CertFile: p.clientPEM(), KeyFile: p.clientPEM()},
		ContentConfig: rest.ContentConfig{
			ContentType:        "application/vnd.kubernetes.protobuf",
			AcceptContentTypes: "application/vnd.kubernetes.protobuf,application/json",
		},
		QPS:       -1, // one watch and few deletions: no limit of ours
		UserAgent: "kubernetes-mesos-executor",
	}
}
