package node

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/podnetwork"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/sysctls"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/hostlock"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
)

// forwards makes an executor that has had its host forward, for pods that are gone again.
func forwards(t *testing.T, lockDir string) *Node {
	t.Helper()
	locks, err := hostlock.Open(lockDir)
	if err != nil {
		t.Fatal(err)
	}
	p, err := sysctls.Join(t.Context(), locks)
	if err != nil {
		t.Fatal(err)
	}
	links, err := podnetwork.New(podnetwork.Config{
		Ranges: []netip.Prefix{netip.MustParsePrefix("10.244.1.0/24"), netip.MustParsePrefix("fd00:10:244:1::/64")},
		Owner:  "f/a", MTU: 1500, Set: p.Set,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(links.Prepare(t.Context()), links.Remove(t.Context())); err != nil {
		t.Fatal(err)
	}
	return &Node{parameters: p}
}

// The last executor of a host puts forwarding back, unless somebody else needs it by then. A
// host that goes on forwarding IPv6 goes on accepting the routes that routers announce.
func TestForwardingAfterwards(t *testing.T) {
	t.Parallel()
	const found, needed = "0 0 1", "1 1 2"
	for name, c := range map[string]struct{ adds, want string }{
		"nobody else":                   {"", found},
		"a bridge":                      {"ip link add br0 up type bridge", needed},
		"a container's veth":            {"ip link add veth0 up type veth peer name eth0", needed},
		"a tun":                         {"ip tuntap add tun0 mode tun; ip link set tun0 up", needed},
		"a VXLAN":                       {"ip link add flannel.1 up type vxlan id 4 dstport 8472", needed},
		"ours":                          {"ip link add kmvx000004 up type vxlan id 4 dstport 8472", found},
		"a module's first link":         {"ip link add ifb0 up type ifb", found},
		"a tunnel that nobody uses yet": {"ip tuntap add tunl0 mode tun", found},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host, lockDir := netnstest.New(t), t.TempDir()
			host.Do(func() {
				settings := func() string {
					out := host.Command("sysctl", "-n", "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding", "net.ipv6.conf.lo.accept_ra")
					return strings.Join(strings.Fields(out), " ")
				}
				host.Command("sysctl", "-q", "net.ipv4.ip_forward=0")
				host.Command("ip", "-6", "route", "add", "2001:db8::/64", "dev", "lo", "proto", "ra")
				if got := settings(); got != found {
					t.Errorf("at first: %s, want %s", got, found)
				}
				n := forwards(t, lockDir)
				if got := settings(); got != needed {
					t.Errorf("with an executor: %s, want %s", got, needed)
				}
				host.Command("sh", "-c", c.adds)
				if err := n.leaveParameters(t.Context()); err != nil {
					t.Error(err)
				}
				if got := settings(); got != c.want {
					t.Errorf("afterwards: %s, want %s", got, c.want)
				}
			})
		})
	}
}

// An executor whose network cannot be removed, here as the plugin of a pod is gone, gives the
// parameters up all the same. Its root directory stays.
func TestParametersWithoutNetworkRemoval(t *testing.T) {
	t.Parallel()
	host, lockDir, root := netnstest.New(t), t.TempDir(), t.TempDir()
	pods := filepath.Join(root, cniDir, "pods")
	record := []byte(`{"pod": "default/p", "config": {"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "gone"}]}}`)
	if err := errors.Join(os.MkdirAll(pods, 0o700), os.WriteFile(filepath.Join(pods, "s.json"), record, 0o600)); err != nil {
		t.Fatal(err)
	}
	host.Do(func() {
		n := forwards(t, lockDir)
		n.root, n.cfg.Locks = root, lockDir
		if err := n.removeAll(); err == nil || !strings.Contains(err.Error(), "default/p") {
			t.Errorf("got %v, want the network's failure", err)
		}
		if got := strings.TrimSpace(host.Command("sysctl", "-n", "net.ipv6.conf.all.forwarding")); got != "0" {
			t.Errorf("forwarding is %s, want what it was", got)
		}
	})
	if _, err := os.Stat(root); err != nil {
		t.Error(err)
	}
}
