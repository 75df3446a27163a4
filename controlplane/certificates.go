package controlplane

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"time"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/pki"
)

// kubeletClientUser is the API server's user name at kubelets.
const kubeletClientUser = "kube-apiserver-kubelet-client"

// frontProxyUser is the API server's user name at API servers behind it.
const frontProxyUser = "front-proxy-client"

// files holds the paths of the files that the components read themselves.
type files struct {
	caCert, caKey                             string
	serverCert, serverKey                     string
	kubeletClientCert, kubeletClientKey       string
	frontProxyCA                              string
	frontProxyClientCert, frontProxyClientKey string
	serviceAccountKey                         string
}

// credentials holds all certificates of a cluster.
type credentials struct {
	files files
	ca    []byte
	// own is for our own client; it is made at each start and never stored.
	own   pki.Pair
	admin pki.Pair
}

// certify creates what is missing in DataDir/pki and replaces what no longer fits.
func certify(s resolved, now time.Time) (credentials, error) {
	dir, err := pki.Open(filepath.Join(s.DataDir, "pki"), now)
	if err != nil {
		return credentials{}, err
	}
	ca, err := dir.Authority("ca")
	if err != nil {
		return credentials{}, err
	}
	proxyCA, err := dir.Authority("front-proxy-ca")
	if err != nil {
		return credentials{}, err
	}
	c := credentials{ca: ca.PEM()}
	masters := []string{user.SystemPrivilegedGroup}
	for _, kept := range []struct {
		by   *pki.Authority
		name string
		leaf pki.Leaf
		to   *pki.Pair
	}{
		{ca, "apiserver", serving(s), nil},
		{ca, "apiserver-kubelet-client", pki.Leaf{User: kubeletClientUser}, nil},
		{proxyCA, "front-proxy-client", pki.Leaf{User: frontProxyUser}, nil},
		{ca, "admin", pki.Leaf{User: "admin", Groups: masters}, &c.admin},
	} {
		pair, err := kept.by.Keep(kept.name, kept.leaf)
		if err != nil {
			return credentials{}, err
		}
		if kept.to != nil {
			*kept.to = pair
		}
	}
	if c.own, err = ca.Issue(pki.Leaf{User: "kubernetes-mesos", Groups: masters}); err != nil {
		return credentials{}, err
	}
	key, err := dir.Key("service-account")
	if err != nil {
		return credentials{}, err
	}
	c.files = files{
		caCert: dir.CertFile("ca"), caKey: dir.KeyFile("ca"),
		serverCert: dir.CertFile("apiserver"), serverKey: dir.KeyFile("apiserver"),
		kubeletClientCert: dir.CertFile("apiserver-kubelet-client"), kubeletClientKey: dir.KeyFile("apiserver-kubelet-client"),
		frontProxyCA:         dir.CertFile("front-proxy-ca"),
		frontProxyClientCert: dir.CertFile("front-proxy-client"), frontProxyClientKey: dir.KeyFile("front-proxy-client"),
		serviceAccountKey: key,
	}
	return c, nil
}

// serving describes the API server's certificate, with every name by which the
// server can be reached.
func serving(s resolved) pki.Leaf {
	l := pki.Leaf{
		User: "kube-apiserver",
		DNSNames: []string{"localhost", s.hostname,
			"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"},
		IPs: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback, s.advertise, s.serviceIP},
	}
	if !s.secureIP.IsUnspecified() {
		l.IPs = append(l.IPs, s.secureIP)
	}
	return l
}

// serverURL returns the secure port's URL at ip.
func serverURL(ip net.IP, port string) string {
	return (&url.URL{Scheme: "https", Host: net.JoinHostPort(ip.String(), port)}).String()
}

// clientConfig returns the configuration of a client of server with all rights and
// no request rate limit.
func (c credentials) clientConfig(server string) *rest.Config {
	return &rest.Config{
		Host:            server,
		TLSClientConfig: rest.TLSClientConfig{CAData: c.ca, CertData: c.own.Cert, KeyData: c.own.Key},
		ContentConfig: rest.ContentConfig{
			AcceptContentTypes: "application/vnd.kubernetes.protobuf,application/json",
			ContentType:        "application/vnd.kubernetes.protobuf",
		},
		DisableCompression: true, // the server is on the same machine
		QPS:                -1,
		UserAgent:          "kubernetes-mesos",
	}
}

// writeKubeconfig writes a kubectl configuration with all rights on server.
func (c credentials) writeKubeconfig(path, server string) error {
	const name = "kubernetes-mesos"
	k := api.NewConfig()
	k.Clusters[name] = &api.Cluster{Server: server, CertificateAuthorityData: c.ca}
	k.AuthInfos["admin"] = &api.AuthInfo{ClientCertificateData: c.admin.Cert, ClientKeyData: c.admin.Key}
	k.Contexts[name] = &api.Context{Cluster: name, AuthInfo: "admin"}
	k.CurrentContext = name
	content, err := clientcmd.Write(*k)
	if err != nil {
		return fmt.Errorf("admin.kubeconfig: %w", err)
	}
	return pki.WriteFile(path, content, 0o600)
}
