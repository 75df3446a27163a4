package noderoutes

import (
	"net/netip"
	"testing"
)

// Of other nodes those pods are reached that have addresses of their node's range, or of a
// node: not those that a Docker daemon has connected, wherever its bridge has its addresses.
func TestLeads(t *testing.T) {
	t.Parallel()
	leads, err := Leads("own", []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16")}, []Peer{
		{Name: "own", Node: netip.MustParseAddr("10.1.0.1"), Ranges: []netip.Prefix{netip.MustParsePrefix("10.244.1.0/24")}},
		{Name: "other", Node: netip.MustParseAddr("10.1.0.2"), Node6: netip.MustParseAddr("fd00::2"),
			Ranges: []netip.Prefix{netip.MustParsePrefix("10.244.2.0/24"), netip.MustParsePrefix("fd00:244:0:2::/64")}},
		{Name: "without", Node: netip.MustParseAddr("10.1.0.3")},
		{Name: "beside", Node: netip.MustParseAddr("10.1.0.1"), Ranges: []netip.Prefix{netip.MustParsePrefix("10.244.5.0/24")}},
		{Name: "local", Node: netip.MustParseAddr("127.0.0.1")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		node, address string
		want          bool
	}{
		{"own", "172.17.0.2", true},
		{"other", "10.244.2.7", true},
		{"other", "fd00:244:0:2::7", true},
		{"other", "10.1.0.2", true},
		{"other", "fd00::2", true},
		{"other", "172.17.0.2", false},
		{"other", "10.244.1.7", false},
		{"beside", "172.17.0.3", true}, // another agent of this host
		{"local", "172.17.0.4", true},  // with another address of it
		{"without", "10.1.0.3", true},
		{"without", "172.17.0.2", false},
		{"without", "10.244.3.7", false},
		{"unknown", "10.244.4.7", true},
		{"unknown", "172.17.0.2", false},
		{"other", "www.example.com", true},
	} {
		if got := leads(row.node, row.address); got != row.want {
			t.Errorf("%s of %s: %v", row.address, row.node, got)
		}
	}
}
