package kubelet

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// A node's first pods wait for the serving certificate, but not for one that never comes.
func TestCertified(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		issued, cancelled time.Duration // 0: never
		want              bool
		takes             time.Duration
	}{
		"issued":    {time.Second, 0, true, time.Second},
		"at once":   {time.Nanosecond, 0, true, 0},
		"never":     {0, 0, true, certificateWait},
		"cancelled": {0, time.Second, false, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			p := paths{root}
			if err := os.MkdirAll(p.pki(), 0o700); err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.issued > 0 {
					time.AfterFunc(c.issued, func() {
						_ = os.WriteFile(filepath.Join(p.pki(), "kubelet-server-current.pem"), nil, 0o600)
					})
				}
				if c.cancelled > 0 {
					time.AfterFunc(c.cancelled, cancel)
				}
				began := time.Now()
				got := (&Kubelet{cfg: Config{RootDir: root}}).certified(ctx)
				if took := time.Since(began); got != c.want || took < c.takes || took > c.takes+2*pollInterval {
					t.Errorf("%v after %v, want %v after %v", got, took, c.want, c.takes)
				}
			})
		})
	}
}

// The port is free on the node's own address; an address of another machine has none.
func TestFreePort(t *testing.T) {
	t.Parallel()
	port, err := freePort(net.IPv4(127, 0, 0, 1))
	if err != nil || port <= 0 {
		t.Errorf("got %d, %v", port, err)
	}
	if port, err := freePort(net.IPv4(192, 0, 2, 1)); err == nil {
		t.Errorf("another machine's address has the free port %d", port)
	}
}

// The node's client shows its certificate, trusts the cluster's authority alone, and never
// shows the bootstrap token.
func TestClientConfig(t *testing.T) {
	t.Parallel()
	cfg := testConfig()
	c := cfg.clientConfig("https://127.0.0.1:1")
	p := paths{cfg.RootDir}
	if c.Host != "https://127.0.0.1:1" || c.CertFile != p.clientPEM() || c.KeyFile != p.clientPEM() || string(c.CAData) != "pem" || c.Insecure {
		t.Errorf("got %+v", c)
	}
	if c.BearerToken != "" || c.BearerTokenFile != "" {
		t.Error("the client shows a token")
	}
}

// The oom score is that of this process, as a number that the kernel accepts back.
func TestOwnOOMScore(t *testing.T) {
	t.Parallel()
	if got := ownOOMScore(); got < -1000 || got > 1000 {
		t.Errorf("got %d", got)
	}
}
