package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
)

// What the framework asks for is checked before anything is made; what cannot be is a
// reason to have no network, not to run no pods.
func TestNewNetwork(t *testing.T) {
	t.Parallel()
	network := func(wanted *taskdata.Network) *network {
		spec := executor.Spec{Framework: "f", Agent: "a", Name: "vm-1", Cluster: taskdata.Cluster{Network: wanted}}
		return newNetwork(spec, net.IPv4(192, 0, 2, 1), "", t.TempDir(), logr.Discard())
	}
	if n := network(nil); n != nil {
		t.Errorf("without a network: %v", n)
	}
	n := network(&taskdata.Network{Pods: []string{"198.18.0.0/16"}, Services: []string{"198.19.0.0/24"}, Routes: "auto", VXLANPort: 8475, VNI: 7})
	if n.refused != nil || n.owner != "f/a" || n.address != netip.MustParseAddr("192.0.2.1") || n.config.VNI != 7 {
		t.Errorf("got %+v", n)
	}
	if p, err := n.podNetwork(); p != nil || err == nil {
		t.Errorf("before it is prepared: %v, %v", p, err)
	}
	for says, bad := range map[string]*taskdata.Network{
		"ranges of pods":     {Pods: []string{"x"}},
		"ranges of services": {Pods: []string{"198.18.0.0/16"}, Services: []string{"198.19.0.0"}},
	} {
		n := network(bad)
		if n.refused == nil || !strings.Contains(n.refused.Error(), says) {
			t.Errorf("%+v: %v, want %q", bad, n.refused, says)
		}
		if err := n.prepare(t.Context(), nil, nil, nil); err != nil {
			t.Errorf("%+v ends the executor: %v", bad, err)
		}
		if p, err := n.podNetwork(); p != nil || err != nil {
			t.Errorf("%+v: pods are connected by %v, %v, want Docker", bad, p, err)
		}
		if c := n.problems.condition(); c.Status != v1.ConditionFalse || c.Reason != "SetupFailed" || !strings.Contains(c.Message, says) || !strings.Contains(c.Message, "Docker") {
			t.Errorf("condition %+v", c)
		}
	}
	if clusterMembers("f") == clusterMembers("g") {
		t.Error("two frameworks hold the same lock")
	}
}

// An executor without a right of the network says which, and how it gets it.
func TestRights(t *testing.T) {
	t.Parallel()
	for status, says := range map[string]string{
		"Name:\tx\nCapEff:\t000001ffffffffff\nSeccomp: 0\n": "",
		"Name:\tx\nCapEff:\t00000000a80425fb\n":             "CAP_",
		"Name:\tx\nCapEff:\t00000000a82425fb\n":             "CAP_NET_ADMIN",
		"Name:\tx\n":                                        "capabilities of this process",
	} {
		err := rightsOf(status)
		if (err != nil) != (says != "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", status, err, says)
		}
	}
}

// A kernel without IPv6 is a reason to have no network where the cluster has ranges of it.
func TestKernelWithoutIPv6(t *testing.T) {
	t.Parallel()
	there, missing := t.TempDir(), t.TempDir()+"/ipv6"
	v4, v6 := netip.MustParsePrefix("198.18.0.0/16"), netip.MustParsePrefix("fd00::/56")
	for _, row := range []struct {
		ranges     []netip.Prefix
		parameters string
		reason     string
	}{
		{[]netip.Prefix{v4}, missing, ""},
		{[]netip.Prefix{v4, v6}, there, ""},
		{[]netip.Prefix{v4, v6}, missing, "IPv6Missing"},
	} {
		err := checkIPv6(row.ranges, row.parameters)
		if (err != nil) != (row.reason != "") || err != nil && (reasonOf(setup, err) != row.reason || !strings.Contains(err.Error(), "fd00::/56")) {
			t.Errorf("%v, %s: %v", row.ranges, row.parameters, err)
		}
	}
}

// Problems are in the Node's condition until they are over, next to the kubelet's own, and
// each new one is an event.
func TestProblems(t *testing.T) {
	t.Parallel()
	ready := v1.NodeCondition{Type: v1.NodeReady, Status: v1.ConditionTrue}
	api := fake.NewClientset(&v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "vm-1"}, Status: v1.NodeStatus{Conditions: []v1.NodeCondition{ready}}})
	p := newProblems("vm-1", logr.Discard())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); p.run(ctx, api) }()
	shows := func(want string) {
		t.Helper()
		got := ""
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
			node, err := api.CoreV1().Nodes().Get(t.Context(), "vm-1", metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for _, c := range node.Status.Conditions {
				all = append(all, fmt.Sprintf("%s=%s %s", c.Type, c.Status, c.Reason))
			}
			slices.Sort(all)
			got = strings.Join(all, ";")
			if got == want {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Errorf("conditions %s, want %s", got, want)
	}
	shows("PodNetwork=True Works;Ready=True ")
	p.set("services", problem("ForeignKubeProxy", "there is another"))
	p.set("pods", errors.New("no link"))
	p.of("pods")(errors.New("no link"))
	shows("PodNetwork=False PodsFailed;Ready=True ")
	if c := p.condition(); c.Message != "pods: no link; services: there is another" {
		t.Errorf("message %q", c.Message)
	}
	p.set("pods", nil)
	shows("PodNetwork=False ForeignKubeProxy;Ready=True ")
	p.set("services", nil)
	shows("PodNetwork=True Works;Ready=True ")
	cancel()
	<-ended
	for range 2 {
		if err := removeCondition(t.Context(), api, "vm-1"); err != nil {
			t.Error(err)
		}
	}
	shows("Ready=True ")
	events, err := api.CoreV1().Events("").List(t.Context(), metav1.ListOptions{})
	if err != nil || len(events.Items) == 0 || events.Items[0].Reason != "NetworkProblem" || !strings.Contains(events.Items[0].Message, "no link") {
		t.Errorf("events %+v, %v", events, err)
	}
}

// In a cluster of two IP families a node has an address of each, as far as its interface has;
// the cluster's first family comes first, and one without an address of that has no network.
func TestNodeAddresses(t *testing.T) {
	t.Parallel()
	host := netnstest.New(t)
	host.Do(func() {
		for _, address := range []string{"192.0.2.1/24", "2001:db8::1/64"} {
			host.Command("ip", "address", "add", address, "dev", "lo", "nodad")
		}
		host.Command("ip", "link", "add", "end0", "type", "veth", "peer", "name", "end1")
		host.Command("ip", "address", "add", "198.51.100.1/24", "dev", "end0")
		v4, v6 := "198.18.0.0/16", "fd00:10:244::/56"
		for _, row := range []struct {
			address       string
			pods          []string
			want, refused string
		}{
			{"192.0.2.1", []string{v4}, "[192.0.2.1]", ""},
			{"192.0.2.1", []string{v4, v6}, "[192.0.2.1 2001:db8::1]", ""},
			{"192.0.2.1", []string{v6, v4}, "[2001:db8::1 192.0.2.1]", ""},
			{"2001:db8::1", []string{v4, v6}, "[192.0.2.1 2001:db8::1]", ""},
			{"198.51.100.1", []string{v4, v6}, "[198.51.100.1]", ""},
			{"198.51.100.1", []string{v6, v4}, "[198.51.100.1]", "has none of that IP family"},
		} {
			spec := executor.Spec{Framework: "f", Agent: "a", Name: "vm-1", Cluster: taskdata.Cluster{Network: &taskdata.Network{Pods: row.pods, Routes: "auto"}}}
			n := newNetwork(spec, net.ParseIP(row.address), "", t.TempDir(), logr.Discard())
			got := fmt.Sprint(n.nodeIPs(net.ParseIP(row.address)))
			if got != row.want || (n.refused != nil) != (row.refused != "") || n.refused != nil && !strings.Contains(n.refused.Error(), row.refused) {
				t.Errorf("%s, %v: %s, %v", row.address, row.pods, got, n.refused)
			}
			if row.refused == "" && (!n.config.Node.Is4() || n.address != n.addresses[0]) {
				t.Errorf("%s, %v: other nodes reach it at %v", row.address, row.pods, n.config.Node)
			}
		}
	})
	n := newNetwork(executor.Spec{Cluster: taskdata.Cluster{Network: &taskdata.Network{Pods: []string{"198.18.0.0/16", "fd00::/56"}}}}, net.IPv4(192, 0, 2, 9), "", t.TempDir(), logr.Discard())
	if err := n.checkFamilies(n.pods[:1]); err == nil || !strings.Contains(err.Error(), "198.18.0.0/16 alone") || n.checkFamilies(n.pods) != nil {
		t.Errorf("a node from before the cluster had two families: %v", err)
	}
}
