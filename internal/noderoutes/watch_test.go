package noderoutes

import (
	"fmt"
	"net/netip"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
)

func node(name string, ranges []string, addresses ...string) *v1.Node {
	n := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1.NodeSpec{PodCIDRs: ranges}}
	n.Status.NodeInfo.KubeletVersion = "v1"
	n.Status.Addresses = []v1.NodeAddress{{Type: v1.NodeHostName, Address: name}}
	for _, a := range addresses {
		n.Status.Addresses = append(n.Status.Addresses, v1.NodeAddress{Type: v1.NodeInternalIP, Address: a})
	}
	return n
}

// From Nodes to peers: one without an address or a range is not reached.
func TestPeers(t *testing.T) {
	t.Parallel()
	store := cache.NewStore(cache.MetaNamespaceKeyFunc)
	for _, n := range []*v1.Node{
		node("dual", []string{"10.244.1.0/24", "fd00:10:244:1::/64"}, "10.0.0.1", "fd00::1", "10.0.0.9"),
		node("second-first", []string{"10.244.5.0/24"}, "fd00::5", "10.0.0.5"),
		node("alone", []string{"fd00:10:244:6::/64"}, "fd00::6"),
		node("elsewhere", []string{"0.0.0.0/0", "10.0.0.0/8", "192.168.0.0/24"}, "10.0.0.7"),
		node("no-range", nil, "10.0.0.2"),
		node("no-address", []string{"10.244.3.0/24"}),
		node("broken", []string{"x", "10.244.4.7/24"}, "y", "10.0.0.4"),
	} {
		if err := store.Add(n); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]Peer{}
	for _, p := range withRanges((&Routes{Config{Cluster: cluster}}).addressed(store)) {
		got[p.Name] = p
	}
	want := map[string]Peer{
		"dual": {Name: "dual", Shown: true, Node: netip.MustParseAddr("10.0.0.1"), Node6: netip.MustParseAddr("fd00::1"),
			Ranges: []netip.Prefix{netip.MustParsePrefix("10.244.1.0/24"), netip.MustParsePrefix("fd00:10:244:1::/64")}},
		"second-first": {Name: "second-first", Shown: true, Node: netip.MustParseAddr("10.0.0.5"), Node6: netip.MustParseAddr("fd00::5"), Ranges: []netip.Prefix{netip.MustParsePrefix("10.244.5.0/24")}},
		"alone":        {Name: "alone", Shown: true, Node: netip.MustParseAddr("fd00::6"), Ranges: []netip.Prefix{netip.MustParsePrefix("fd00:10:244:6::/64")}},
		"broken":       {Name: "broken", Shown: true, Node: netip.MustParseAddr("10.0.0.4"), Ranges: []netip.Prefix{netip.MustParsePrefix("10.244.4.0/24")}},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
