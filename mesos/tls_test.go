package mesos

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// An authority signs certificates and keeps everything in files.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	a.cert = &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, a.cert, a.cert, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.file = a.write(name, "CERTIFICATE", der)
	return a
}

func (a *authority) write(name, kind string, der []byte) string {
	path := filepath.Join(a.dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return path
}

// sign returns the files of a certificate, with an RSA key as Mesos wants it.
func (a *authority) sign(name string, ends time.Time, hosts ...string) (cert, key string) {
	a.t.Helper()
	own, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		a.t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: hosts,
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: ends, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, own.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.write(name+".pem", "CERTIFICATE", der), a.write(name+".key", "PRIVATE KEY", keyDER)
}

// Kinds of masters with TLS, and whether we get in or report what is wrong.
func TestTLS(t *testing.T) {
	t.Parallel()
	later, earlier := time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	ours, theirs := newAuthority(t, "ours"), newAuthority(t, "theirs")
	cert, key := ours.sign("framework", later)
	strange, strangeKey := theirs.sign("stranger", later)
	pool := x509.NewCertPool()
	pool.AddCert(ours.cert)
	likeMesos := func(c *tls.Config) {
		c.MaxVersion = tls.VersionTLS12
		c.CipherSuites = []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA}
	}
	demanding := func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, pool }
	for _, tt := range []struct {
		name   string
		by     *authority
		ends   time.Time
		host   string
		server func(*tls.Config)
		files  TLSFiles
		told   string // part of what the handler receives
	}{
		{name: "known", files: TLSFiles{CA: ours.file}, told: "SUBSCRIBED"},
		{name: "unknown authority", by: theirs, files: TLSFiles{CA: ours.file}, told: "signed by unknown authority"},
		{name: "not the system's", files: TLSFiles{RSAKeyExchange: true}, told: "signed by unknown authority"},
		{name: "expired", ends: earlier, files: TLSFiles{CA: ours.file}, told: "expired"},
		{name: "wrong host", host: "elsewhere", files: TLSFiles{CA: ours.file}, told: "127.0.0.1"},
		{name: "Mesos' own ciphers", server: likeMesos, files: TLSFiles{CA: ours.file}, told: "wants RSA key exchange"},
		{name: "Mesos' own ciphers, allowed", server: likeMesos, files: TLSFiles{CA: ours.file, RSAKeyExchange: true}, told: "SUBSCRIBED"},
		{name: "better ciphers than allowed", files: TLSFiles{CA: ours.file, RSAKeyExchange: true}, told: "SUBSCRIBED"},
		{name: "client certificate demanded", server: demanding, files: TLSFiles{CA: ours.file}, told: "certificate required"},
		{name: "client certificate shown", server: demanding, files: TLSFiles{CA: ours.file, Cert: cert, Key: key}, told: "SUBSCRIBED"},
		{name: "client certificate of another", server: demanding, files: TLSFiles{CA: ours.file, Cert: strange, Key: strangeKey}, told: "certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.by == nil {
				tt.by = ours
			}
			if tt.ends.IsZero() {
				tt.ends = later
			}
			if tt.host == "" {
				tt.host = "127.0.0.1"
			}
			pair, err := tls.LoadX509KeyPair(tt.by.sign(strings.ReplaceAll(tt.name, " ", "-"), tt.ends, tt.host))
			if err != nil {
				t.Fatal(err)
			}
			m := &fakeMaster{stream: func(_ int, s *events) {
				s.open(15)
				s.send(errorEvent("enough"))
			}}
			server := httptest.NewUnstartedServer(m)
			server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
			if tt.server != nil {
				tt.server(server.TLS)
			}
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			defer server.Close()
			config, err := tt.files.Config()
			if err != nil {
				t.Fatal(err)
			}
			master := strings.TrimPrefix(server.URL, "https://") // https is understood
			if told, err := firstTold(t, SchedulerConfig{Master: master, TLS: config, Principal: "p", Secret: "hunter2"}); !strings.Contains(told, tt.told) || strings.Contains(told, "hunter2") {
				t.Errorf("told %q, then %v; want %q", told, err, tt.told)
			}
			if tt.told != "SUBSCRIBED" && len(m.subscribes()) > 0 {
				t.Error("the master got our credentials all the same")
			}
		})
	}
}

// firstTold runs a scheduler until its handler has received something, and returns
// that and what Run returns if it ends by itself.
func firstTold(t *testing.T, cfg SchedulerConfig) (string, error) {
	t.Helper()
	s, err := NewScheduler(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h := &once{told: make(chan string, 10)}
	ended := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { ended <- s.Run(ctx, frameworkInfo, h) }()
	told := <-h.told
	if told != "SUBSCRIBED" {
		stop()
	}
	err = <-ended
	if rejected := (*RejectedError)(nil); told == "SUBSCRIBED" && (!errors.As(err, &rejected) || rejected.Message != "enough") {
		t.Errorf("Run: %v", err)
	}
	return told, err
}

// Unusable files are named, with what is wrong.
func TestTLSFiles(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "a")
	cert, key := a.sign("c", time.Now().Add(time.Hour))
	_, other := a.sign("d", time.Now().Add(time.Hour))
	for _, tt := range []struct {
		files TLSFiles
		want  string
	}{
		{TLSFiles{CA: "/nowhere"}, "open /nowhere"},
		{TLSFiles{CA: key}, "has no PEM certificate"},
		{TLSFiles{Cert: cert}, "together or not at all"},
		{TLSFiles{Cert: cert, Key: other}, "does not match"},
		{TLSFiles{Cert: "/nowhere", Key: key}, "/nowhere"},
	} {
		if c, err := tt.files.Config(); c != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %q", tt.files, err, tt.want)
		}
	}
	if c, err := (TLSFiles{}).Config(); c != nil || err != nil {
		t.Errorf("no files: %v, %v", c, err)
	}
}

// once is a handler that passes on the first things it receives.
type once struct{ told chan string }

func (o *once) Event(e *pb.SchedulerEvent) { o.tell(e.GetType().String()) }
func (o *once) Disconnected(err error)     { o.tell(err.Error()) }

func (o *once) tell(s string) {
	select {
	case o.told <- s:
	default:
	}
}
