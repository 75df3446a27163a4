package kubelet

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
)

// A certificate of an earlier executor is reused only if it is this node's and the
// cluster's, and is valid for a while.
func TestHoldsCertificate(t *testing.T) {
	t.Parallel()
	now := time.Now()
	ca, other := authority(t), authority(t)
	for name, c := range map[string]struct {
		pem  []byte
		good bool
	}{
		"good":               {ca.issue(t, "system:node:agent-1", now.Add(24*time.Hour)), true},
		"of another node":    {ca.issue(t, "system:node:agent-2", now.Add(24*time.Hour)), false},
		"of another cluster": {other.issue(t, "system:node:agent-1", now.Add(24*time.Hour)), false},
		"nearly over":        {ca.issue(t, "system:node:agent-1", now.Add(30*time.Minute)), false},
		"over":               {ca.issue(t, "system:node:agent-1", now.Add(-time.Minute)), false},
		"damaged":            {[]byte("-----BEGIN CERTIFICATE-----"), false},
		"missing":            {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := testConfig()
			cfg.RootDir, cfg.CA = t.TempDir(), ca.pem
			p := paths{cfg.RootDir}
			if err := os.MkdirAll(p.pki(), 0o700); err != nil {
				t.Fatal(err)
			}
			if c.pem != nil {
				if err := os.WriteFile(p.clientPEM(), c.pem, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := cfg.holdsCertificate(now); (err == nil) != c.good {
				t.Errorf("got %v, want it to be good: %v", err, c.good)
			}
		})
	}
}

// With a valid certificate, no other is requested, and the kubeconfig names the current
// server, not the one of an earlier executor.
func TestObtainTakesOver(t *testing.T) {
	t.Parallel()
	ca := authority(t)
	cfg := testConfig()
	cfg.RootDir, cfg.CA = t.TempDir(), ca.pem
	p := paths{cfg.RootDir}
	if err := os.MkdirAll(p.pki(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.clientPEM(), ca.issue(t, "system:node:agent-1", time.Now().Add(24*time.Hour)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, server := range []string{"https://old:6443", "https://new:6443"} {
		if err := cfg.obtain(t.Context(), server); err != nil {
			t.Fatal(err)
		}
		k, err := clientcmd.LoadFromFile(p.kubeconfig())
		if err != nil {
			t.Fatal(err)
		}
		if got := k.Clusters["cluster"].Server; got != server {
			t.Errorf("the kubeconfig names %s, want %s", got, server)
		}
	}
	all, err := filepath.Glob(filepath.Join(p.pki(), "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range all {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), cfg.Token) {
			t.Errorf("the bootstrap token is in %s", file)
		}
	}
}

// ca is a certificate authority.
type ca struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func authority(t *testing.T) ca {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return ca{cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// issue returns a client certificate and its key, as the kubelet keeps them.
func (a ca) issue(t *testing.T, name string, until time.Time) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	k, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: k})...)
}
