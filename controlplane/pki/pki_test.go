package pki

import (
	"bytes"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var born = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, path string, now time.Time) *Dir {
	t.Helper()
	d, err := Open(path, now)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func authorityOf(t *testing.T, d *Dir) *Authority {
	t.Helper()
	a, err := d.Authority("ca")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func keep(t *testing.T, a *Authority, l Leaf) Pair {
	t.Helper()
	p, err := a.Keep("leaf", l)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var server = Leaf{User: "kube-apiserver", DNSNames: []string{"localhost", "kubernetes.default.svc"}, IPs: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}}

func TestKeptOrRemade(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		leaf Leaf
		now  time.Time
		same bool
	}{
		{"the same", server, born.Add(time.Hour), true},
		{"in another order", Leaf{User: "kube-apiserver", DNSNames: []string{"kubernetes.default.svc", "localhost", "localhost"}, IPs: []net.IP{net.IPv6loopback, net.IPv4(127, 0, 0, 1)}}, born, true},
		{"in the first half of its life", server, born.Add(leafLife/2 - 2*skew), true},
		{"in the second half of its life", server, born.Add(leafLife/2 + 2*skew), false},
		{"before its life", server, born.Add(-48 * time.Hour), false},
		{"another name", Leaf{User: "kube-apiserver", DNSNames: []string{"localhost", "other"}, IPs: server.IPs}, born, false},
		{"one address less", Leaf{User: "kube-apiserver", DNSNames: server.DNSNames, IPs: server.IPs[:1]}, born, false},
		{"another user", Leaf{User: "other", DNSNames: server.DNSNames, IPs: server.IPs}, born, false},
		{"another group", Leaf{User: "kube-apiserver", Groups: []string{"g"}, DNSNames: server.DNSNames, IPs: server.IPs}, born, false},
		{"for a client", Leaf{User: "kube-apiserver"}, born, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "pki")
			before := keep(t, authorityOf(t, open(t, dir, born)), server)
			after := keep(t, authorityOf(t, open(t, dir, c.now)), c.leaf)
			if same := bytes.Equal(before.Cert, after.Cert); same != c.same {
				t.Errorf("kept: %t, want %t", same, c.same)
			}
			again := keep(t, authorityOf(t, open(t, dir, c.now)), c.leaf)
			if !bytes.Equal(after.Cert, again.Cert) {
				t.Error("remade again though nothing changed")
			}
		})
	}
}

func TestChainVerifies(t *testing.T) {
	t.Parallel()
	a := authorityOf(t, open(t, t.TempDir(), born))
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(a.PEM()) {
		t.Fatal("the authority's PEM is no certificate")
	}
	for _, c := range []struct {
		leaf Leaf
		name string
		use  x509.ExtKeyUsage
	}{
		{server, "127.0.0.1", x509.ExtKeyUsageServerAuth},
		{server, "kubernetes.default.svc", x509.ExtKeyUsageServerAuth},
		{Leaf{User: "admin", Groups: []string{"system:masters"}}, "", x509.ExtKeyUsageClientAuth},
	} {
		pair, err := a.Issue(c.leaf)
		if err != nil {
			t.Fatal(err)
		}
		cert, _, err := pair.decode()
		if err != nil {
			t.Fatal(err)
		}
		opts := x509.VerifyOptions{Roots: pool, DNSName: c.name, CurrentTime: born.Add(time.Minute), KeyUsages: []x509.ExtKeyUsage{c.use}}
		if _, err := cert.Verify(opts); err != nil {
			t.Errorf("%s for %q: %v", c.leaf.User, c.name, err)
		}
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	other := authorityOf(t, open(t, t.TempDir(), born))
	for _, c := range []struct {
		name   string
		damage func(d *Dir) error
		want   string // in the error; none when it heals
	}{
		{"a garbled authority", func(d *Dir) error { return os.WriteFile(d.CertFile("ca"), []byte("x"), 0o600) }, "restore it from a backup"},
		{"an authority without its key", func(d *Dir) error { return os.Remove(d.KeyFile("ca")) }, "ca.key"},
		{"another authority's key", func(d *Dir) error {
			k, err := encodeKey(other.key)
			if err != nil {
				return err
			}
			return os.WriteFile(d.KeyFile("ca"), k, 0o600)
		}, "the key is not the certificate's"},
		{"a leaf as authority", func(d *Dir) error {
			p, err := d.read("leaf")
			if err != nil {
				return err
			}
			return d.write("ca", p)
		}, "not an authority"},
		{"a start cut short after the key", func(d *Dir) error { return os.Remove(d.CertFile("ca")) }, ""},
		{"a garbled leaf", func(d *Dir) error { return os.WriteFile(d.CertFile("leaf"), []byte("x"), 0o600) }, ""},
		{"a leaf without its key", func(d *Dir) error { return os.Remove(d.KeyFile("leaf")) }, ""},
		{"a leaf with an empty key", func(d *Dir) error { return os.Truncate(d.KeyFile("leaf"), 0) }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := open(t, t.TempDir(), born)
			keep(t, authorityOf(t, d), server)
			if err := c.damage(d); err != nil {
				t.Fatal(err)
			}
			a, err := d.Authority("ca")
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %v, want one with %q", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if cert, _, err := keep(t, a, server).decode(); err != nil || cert.CheckSignatureFrom(a.cert) != nil {
				t.Errorf("the leaf did not heal: %v", err)
			}
		})
	}
}

func TestAuthorityIsOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	authorityOf(t, open(t, dir, born))
	if _, err := open(t, dir, born.Add(caLife+time.Hour)).Authority("ca"); err == nil || !strings.Contains(err.Error(), "over since 2036-") {
		t.Errorf("error %v does not say since when", err)
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	d := open(t, filepath.Join(t.TempDir(), "pki"), born)
	keep(t, authorityOf(t, d), server)
	key, err := d.Key("sa")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := d.Key("sa"); err != nil || again != key {
		t.Errorf("the key the second time: %s, %v", again, err)
	}
	for path, want := range map[string]os.FileMode{d.path: 0o700 | os.ModeDir, key: 0o600, d.KeyFile("ca"): 0o600, d.KeyFile("leaf"): 0o600, d.CertFile("ca"): 0o644} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
		}
	}
	left, err := filepath.Glob(filepath.Join(d.path, "*.new-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v %v", left, err)
	}
}
