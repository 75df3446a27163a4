package node

import (
	"errors"
	"net/netip"
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
	for link, want := range map[string]string{
		"":                     found,
		"name br0 type bridge": needed,
	} {
		t.Run(link, func(t *testing.T) {
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
				if link != "" {
					host.Command("ip", append([]string{"link", "add"}, strings.Fields(link)...)...)
				}
				if err := n.leaveParameters(t.Context()); err != nil {
					t.Error(err)
				}
				if got := settings(); got != want {
					t.Errorf("afterwards: %s, want %s", got, want)
				}
			})
		})
	}
}
