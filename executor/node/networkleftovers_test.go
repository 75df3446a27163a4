package node

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/podnetwork"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/hostlock"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
)

// What an executor of mode routed has left when it died goes when the next one has another
// mode, unless its pods are connected, or another executor lives that shares it. Mode cni needs
// the rules for services still.
func TestFormerNetwork(t *testing.T) {
	t.Parallel()
	owner := dockershim.Owner{Framework: "f", Agent: "a"}
	const routes, services, pods = "proto 207", "kubernetes-mesos-services", "kubernetes-mesos-pods"
	for name, c := range map[string]struct {
		cni       bool
		connected bool
		lives     []string // locks that another executor holds
		left      []string
	}{
		"docker":               {},
		"cni":                  {cni: true, left: []string{services}},
		"a pod is connected":   {connected: true, left: []string{routes, services, pods}},
		"another cluster":      {lives: []string{hostlock.Members}, left: []string{routes}},
		"the cluster goes on":  {lives: []string{hostlock.Members, "service-proxy-members-" + short("f")}, left: []string{routes, services}},
		"others of mode cni":   {lives: []string{"service-proxy-members-" + short("f")}, left: []string{services}},
		"cni, and others live": {cni: true, lives: []string{hostlock.Members}, left: []string{routes, services}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host, lockDir := netnstest.New(t), t.TempDir()
			locks, err := hostlock.Open(lockDir)
			if err != nil {
				t.Fatal(err)
			}
			links, err := podnetwork.New(podnetwork.Config{Ranges: []netip.Prefix{netip.MustParsePrefix("10.244.1.0/24")}, Owner: "f/a", MTU: 1500})
			if err != nil {
				t.Fatal(err)
			}
			before := host.State()
			host.Do(func() {
				if err := links.Prepare(t.Context()); err != nil {
					t.Error(err)
				}
				host.Command("ip", "route", "add", "10.244.2.0/24", "dev", "lo", "proto", "207")
				host.Command("nft", "add", "table", "ip", services+"-"+short("f"))
				host.Command("nft", "add", "table", "ip", "kube-proxy")
				if c.connected {
					host.Command("ip", "link", "add", "kmp000000000001", "type", "veth", "peer", "name", "pod")
				}
				for _, name := range c.lives {
					held, err := locks.Join(t.Context(), name)
					if err != nil {
						t.Error(err)
						continue
					}
					t.Cleanup(func() { _ = held.Release() })
				}
				if err := removeFormer(t.Context(), lockDir, owner, c.cni); err != nil {
					t.Error(err)
				}
			})
			after := host.State()
			for _, what := range []string{routes, services, pods} {
				want := strings.Contains(fmt.Sprint(c.left), what)
				if strings.Contains(after, what) != want {
					t.Errorf("%s is left: %v, want %v", what, !want, want)
				}
			}
			if len(c.left) == 0 && after != before {
				t.Errorf("left behind:\n%s\nbefore:\n%s", after, before)
			}
		})
	}
}

// An executor that starts holds the lock for ranges while it waits for that of its cluster.
// Who removes what a dead one has left waits for neither, and removes the files that are free.
func TestRemoveSharedWhileOneStarts(t *testing.T) {
	t.Parallel()
	host, lockDir := netnstest.New(t), t.TempDir()
	locks, err := hostlock.Open(lockDir)
	if err != nil {
		t.Fatal(err)
	}
	host.Do(func() {
		claim, err := locks.Acquire(t.Context(), claimLock)
		if err != nil {
			t.Error(err)
			return
		}
		remove := func() {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if err := removeShared(ctx, lockDir, "f"); err != nil {
				t.Error(err)
			}
		}
		remove()
		if held, err := locks.Held(claimLock); !held || err != nil {
			t.Errorf("the lock for ranges is held: %v, %v", held, err)
		}
		if err := claim.Release(); err != nil {
			t.Error(err)
		}
		remove()
		if left, err := os.ReadDir(lockDir); err != nil || len(left) > 0 {
			t.Errorf("left are %v, %v", left, err)
		}
	})
}

func short(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))[:8] }
