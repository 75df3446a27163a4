package loadbalancer

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Of what a kubelet reports the address is taken that Mesos' agent there has, and nothing
// that cannot be a node's.
func TestTrust(t *testing.T) {
	t.Parallel()
	trust := trust{
		agents: map[string]netip.Addr{"edge": netip.MustParseAddr("10.1.0.1"), "local": netip.MustParseAddr("127.0.0.1"), "mad": netip.MustParseAddr("10.244.1.1")},
		ranges: []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16"), netip.MustParsePrefix("10.0.0.0/24")},
	}
	for _, row := range []struct{ node, address, wrong string }{
		{"edge", "10.1.0.1", ""},
		{"edge", "::ffff:10.1.0.1", ""},
		{"edge", "10.1.0.2", "10.1.0.2, while Mesos' agent there has 10.1.0.1"},
		{"edge", "fd00::1", "agent there has 10.1.0.1"},
		{"unknown", "10.1.0.1", "does not tell"},
		{"mad", "10.244.1.1", "in the range 10.244.0.0/16"},
		{"local", "192.0.2.7", ""},
		{"local", "10.0.0.10", "in the range 10.0.0.0/24"},
		{"local", "127.0.0.1", "no other machine"},
		{"local", "169.254.1.1", "no other machine"},
		{"local", "fe80::1", "no other machine"},
		{"local", "224.0.0.251", "no other machine"},
		{"local", "255.255.255.255", "no other machine"},
		{"local", "0.0.0.0", "no other machine"},
	} {
		taken, wrong := trust.addresses(&v1.Node{ObjectMeta: metav1.ObjectMeta{Name: row.node}, Status: v1.NodeStatus{Addresses: []v1.NodeAddress{
			{Type: v1.NodeInternalIP, Address: row.address}, {Type: v1.NodeExternalIP, Address: "192.0.2.99"}, {Type: v1.NodeInternalIP, Address: "none"}}}})
		if got := fmt.Sprint(wrong); (row.wrong == "") != (len(taken) == 1 && len(wrong) == 0) || !strings.Contains(got, row.wrong) {
			t.Errorf("%s reports %s: taken %v, wrong %s, want %q", row.node, row.address, taken, got, row.wrong)
		}
	}
}

// In a cluster of two families a node with an IPv4 agent has an IPv6 address that Mesos does
// not know, unless a node of another machine says that it has it.
func TestTrustSecondFamily(t *testing.T) {
	t.Parallel()
	reports := func(name, address string) *v1.Node {
		return &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: v1.NodeStatus{Addresses: []v1.NodeAddress{{Type: v1.NodeInternalIP, Address: address}}}}
	}
	all := []*v1.Node{reports("a", "fd00::a"), reports("b", "fd00::b"), reports("thief", "fd00::b"),
		reports("a2", "fd00::a"), reports("c", "fd00::c"), reports("unknown", "fd00::c")}
	agents := map[string]netip.Addr{"a": netip.MustParseAddr("10.1.0.1"), "b": netip.MustParseAddr("10.1.0.2"), "thief": netip.MustParseAddr("10.1.0.3"),
		"a2": netip.MustParseAddr("10.1.0.1"), "c": netip.MustParseAddr("10.1.0.4")}
	trust := newTrust(agents, []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16"), netip.MustParsePrefix("fd00:244::/56")}, all)
	for i, want := range []int{1, 0, 0, 1, 0, 0} {
		if taken, wrong := trust.addresses(all[i]); len(taken) != want || len(wrong) != 1-want {
			t.Errorf("%s: taken %v, wrong %q", all[i].Name, taken, wrong)
		}
	}
}
