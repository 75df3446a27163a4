package node

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/go-logr/logr"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// Ranges of the cluster that a machine is in would cut it off.
func TestApart(t *testing.T) {
	t.Parallel()
	own := []net.Addr{
		&net.IPNet{IP: net.IPv4(127, 0, 0, 1), Mask: net.CIDRMask(8, 32)},
		&net.IPNet{IP: net.IPv4(10, 0, 3, 7), Mask: net.CIDRMask(24, 32)},
		&net.IPNet{IP: net.IPv4(10, 244, 1, 0), Mask: net.CIDRMask(32, 32)}, // our own VXLAN device's
	}
	for r, says := range map[string]string{
		"10.244.0.0/16": "", "10.1.0.0/16": "", "10.0.4.0/24": "",
		"10.0.0.0/16": "10.0.3.0/24, which overlaps the cluster's range 10.0.0.0/16", "10.0.3.128/25": "overlaps", "127.0.0.0/24": "overlaps",
	} {
		err := apart(own, []netip.Prefix{netip.MustParsePrefix("fd00::/64"), netip.MustParsePrefix(r)})
		if (err != nil) != (says != "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", r, err, says)
		}
	}
}

// What the framework asks for is checked before anything is made.
func TestNewNetwork(t *testing.T) {
	t.Parallel()
	spec := func(n *taskdata.Network) executor.Spec {
		return executor.Spec{Framework: "f", Agent: "a", Name: "vm-1", Cluster: taskdata.Cluster{Network: n}}
	}
	if n, err := newNetwork(spec(nil), net.IPv4(192, 0, 2, 1), t.TempDir(), logr.Discard()); n != nil || err != nil {
		t.Errorf("without a network: %v, %v", n, err)
	}
	n, err := newNetwork(spec(&taskdata.Network{Pods: []string{"198.18.0.0/16"}, Services: []string{"198.19.0.0/24"}, Routes: "auto", VXLANPort: 8475, VNI: 7}),
		net.IPv4(192, 0, 2, 1), t.TempDir(), logr.Discard())
	if err != nil || n.podNetwork() != nil || n.owner != "f/a" || n.address != netip.MustParseAddr("192.0.2.1") || n.config.VNI != 7 {
		t.Errorf("got %+v, %v", n, err)
	}
	for says, bad := range map[string]*taskdata.Network{
		"ranges of pods":     {Pods: []string{"x"}},
		"ranges of services": {Pods: []string{"198.18.0.0/16"}, Services: []string{"198.19.0.0"}},
		"overlaps":           {Pods: []string{"127.0.0.0/16"}, Services: []string{"198.19.0.0/24"}},
	} {
		if _, err := newNetwork(spec(bad), net.IPv4(192, 0, 2, 1), t.TempDir(), logr.Discard()); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v, want %q", bad, err, says)
		}
	}
}
