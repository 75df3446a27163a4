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
