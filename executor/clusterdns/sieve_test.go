package clusterdns

import (
	"strings"
	"testing"

	"github.com/coredns/coredns/plugin/kubernetes/object"
)

// fixed knows one set of endpoints.
type fixed struct {
	known
	all []*object.Endpoints
}

func (f fixed) EpIndex(string) []*object.Endpoints        { return f.all }
func (f fixed) EpIndexReverse(string) []*object.Endpoints { return f.all }

// A headless service has the addresses of its pods that are reached, and of endpoints that
// people have written. What CoreDNS keeps is not changed.
func TestSieve(t *testing.T) {
	t.Parallel()
	all := []*object.Endpoints{{Name: "db", Subsets: []object.EndpointSubset{{Addresses: []object.EndpointAddress{
		{IP: "172.17.0.2", NodeName: "far", TargetRefName: "db-0"}, {IP: "10.244.2.7", NodeName: "far", TargetRefName: "db-1"},
		{IP: "172.17.0.3", NodeName: "own", TargetRefName: "db-2"}, {IP: "172.17.0.4"}, {IP: "172.17.0.5", NodeName: "far"}}}}}}
	addresses := func(all []*object.Endpoints) string {
		var texts []string
		for _, e := range all {
			for _, a := range e.Subsets[0].Addresses {
				texts = append(texts, a.IP)
			}
		}
		return strings.Join(texts, " ")
	}
	server := &Server{}
	s := sieve{known: fixed{all: all}, leads: server.led}
	if got := addresses(s.EpIndex("")); got != addresses(all) {
		t.Errorf("before nodes are known: %s", got)
	}
	server.SetLeads(func(node, address string) bool { return node == "own" || strings.HasPrefix(address, "10.244.") })
	const want = "10.244.2.7 172.17.0.3 172.17.0.4 172.17.0.5"
	if got, reverse := addresses(s.EpIndex("")), addresses(s.EpIndexReverse("")); got != want || reverse != want {
		t.Errorf("answered are %s, and %s to the reverse question, want %s", got, reverse, want)
	}
	if got := addresses(all); !strings.HasPrefix(got, "172.17.0.2 ") {
		t.Errorf("what CoreDNS keeps: %s", got)
	}
}
