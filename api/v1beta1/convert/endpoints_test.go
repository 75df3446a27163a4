package convert

import (
	"fmt"
	"math/rand"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

func TestEndpoints(t *testing.T) {
	t.Parallel()
	both(t, EndpointsFromCore, EndpointsToCore, []example{
		{"none", `{"metadata":{"name":"e"}}`, `{"id":"e","protocol":"TCP"}`},
		{"one port",
			`{"metadata":{"name":"e"},"subsets":[{"addresses":[{"ip":"10.0.0.1","targetRef":{"kind":"Pod","name":"p"}},{"ip":"10.0.0.2"}],"ports":[{"port":80,"protocol":"UDP"}]}]}`,
			`{"id":"e","protocol":"UDP","endpoints":["10.0.0.1:80","10.0.0.2:80"],"targetRefs":[{"endpoint":"10.0.0.1:80","targetRef":{"kind":"Pod","name":"p"}}],
			  "subsets":[{"addresses":[{"IP":"10.0.0.1","targetRef":{"kind":"Pod","name":"p"}},{"IP":"10.0.0.2"}],"ports":[{"port":80,"protocol":"UDP"}]}]}`},
	})
	shown(t, EndpointsFromCore, []example{
		{"the older form has the first port, of each subset",
			`{"subsets":[{"addresses":[{"ip":"10.0.0.1"}],"ports":[{"name":"a","port":80},{"name":"b","port":81}]},{"addresses":[{"ip":"fd00::1"}],"ports":[{"name":"a","port":90}]}]}`,
			`{"endpoints":["10.0.0.1:80","[fd00::1]:90"],"subsets":[{"addresses":[{"IP":"10.0.0.1"}],"ports":[{"name":"a","port":80},{"name":"b","port":81}]},{"addresses":[{"IP":"fd00::1"}],"ports":[{"name":"a","port":90}]}]}`},
		{"addresses that are not ready are left out",
			`{"subsets":[{"notReadyAddresses":[{"ip":"10.0.0.1"}],"ports":[{"port":80}]},{"addresses":[{"ip":"10.0.0.2"}]}]}`, `{"protocol":"TCP"}`},
	})
	created(t, EndpointsToCore, []example{
		{"the older form alone",
			`{"subsets":[{"addresses":[{"ip":"10.0.0.1","targetRef":{"name":"p"}},{"ip":"fd00::1"}],"ports":[{"port":80,"protocol":"TCP"}]},{"addresses":[{"ip":"10.0.0.1","targetRef":{"name":"q"}}],"ports":[{"port":81,"protocol":"TCP"}]}]}`,
			`{"endpoints":["10.0.0.1:81","[fd00::1]:80","10.0.0.1:80"],"targetRefs":[{"endpoint":"10.0.0.1:80","targetRef":{"name":"p"}},{"endpoint":"10.0.0.1:81","targetRef":{"name":"q"}}]}`},
		{"subsets win", `{"subsets":[{"addresses":[{"ip":"10.0.0.1"}],"ports":[{"port":80,"protocol":"TCP"}]}]}`,
			`{"endpoints":["10.9.9.9:9"],"subsets":[{"addresses":[{"IP":"10.0.0.1"}],"ports":[{"port":80}]}]}`},
		{"what is no endpoint is left out", `{}`, `{"endpoints":["x","10.0.0.1:http"]}`},
	})
}

func TestEndpointsUpdates(t *testing.T) {
	t.Parallel()
	updated(t, EndpointsToCore, []update{
		{"the same in another order changes nothing",
			`{"subsets":[{"addresses":[{"ip":"10.0.0.2","hostname":"h"},{"ip":"10.0.0.1"}],"ports":[{"port":80,"protocol":"TCP","appProtocol":"http"}]}]}`,
			`{"subsets":[{"addresses":[{"IP":"10.0.0.1"}],"ports":[{"port":80}]},{"addresses":[{"IP":"10.0.0.2"}],"ports":[{"port":80}]}]}`,
			`{"subsets":[{"addresses":[{"ip":"10.0.0.2","hostname":"h"},{"ip":"10.0.0.1"}],"ports":[{"port":80,"protocol":"TCP","appProtocol":"http"}]}]}`},
		{"what is not shown stays with its address and port",
			`{"subsets":[{"addresses":[{"ip":"10.0.0.1","hostname":"h"}],"notReadyAddresses":[{"ip":"10.0.0.9"}],"ports":[{"port":80,"protocol":"TCP","appProtocol":"http"}]}]}`,
			`{"subsets":[{"addresses":[{"IP":"10.0.0.1"},{"IP":"10.0.0.2"}],"ports":[{"port":80}]}]}`,
			`{"subsets":[{"addresses":[{"ip":"10.0.0.1","hostname":"h"},{"ip":"10.0.0.2"}],"notReadyAddresses":[{"ip":"10.0.0.9"}],"ports":[{"port":80,"protocol":"TCP","appProtocol":"http"}]}]}`},
		{"a subset of which nothing was shown stays",
			`{"subsets":[{"addresses":[{"ip":"10.0.0.1"}],"ports":[{"port":80,"protocol":"TCP"}]},{"notReadyAddresses":[{"ip":"10.0.0.9"}],"ports":[{"port":90}]}]}`,
			`{"subsets":[{"addresses":[{"IP":"10.0.0.2"}],"ports":[{"port":80}]}]}`,
			`{"subsets":[{"addresses":[{"ip":"10.0.0.2"}],"ports":[{"port":80,"protocol":"TCP"}]},{"notReadyAddresses":[{"ip":"10.0.0.9"}],"ports":[{"port":90}]}]}`},
		{"all are removed", `{"subsets":[{"addresses":[{"ip":"10.0.0.1"}],"ports":[{"port":80,"protocol":"TCP"}]}]}`, `{}`, `{}`},
	})
}

// Of an address that is named twice, the mention with its object counts, in either order.
func TestRepackKeepsTargets(t *testing.T) {
	t.Parallel()
	bare, full := wire.EndpointAddress{IP: "10.0.0.1"}, wire.EndpointAddress{IP: "10.0.0.1", TargetRef: &wire.ObjectReference{Name: "p"}}
	for _, addresses := range [][]wire.EndpointAddress{{bare, full}, {full, bare}} {
		got := Repack([]wire.EndpointSubset{{Addresses: addresses, Ports: []wire.EndpointPort{{Port: 80}}}})
		if len(got) != 1 || len(got[0].Addresses) != 1 || got[0].Addresses[0].TargetRef == nil {
			t.Errorf("%v becomes %v", addresses, got)
		}
	}
}

// randomSubsets returns few addresses and ports in many combinations, so that they often
// meet.
func randomSubsets(t *rapid.T) []wire.EndpointSubset {
	out := make([]wire.EndpointSubset, rapid.IntRange(0, 4).Draw(t, "subsets"))
	for i := range out {
		for range rapid.IntRange(0, 3).Draw(t, "addresses") {
			out[i].Addresses = append(out[i].Addresses, wire.EndpointAddress{IP: fmt.Sprintf("10.0.0.%d", rapid.IntRange(1, 3).Draw(t, "ip"))})
		}
		for range rapid.IntRange(0, 3).Draw(t, "ports") {
			out[i].Ports = append(out[i].Ports, wire.EndpointPort{Name: rapid.SampledFrom([]string{"", "a"}).Draw(t, "name"), Port: rapid.IntRange(80, 81).Draw(t, "port"), Protocol: "TCP"})
		}
	}
	return out
}

// pairs returns what subsets mean: which address has which port.
func pairs(subsets []wire.EndpointSubset) map[string]bool {
	out := map[string]bool{}
	for _, s := range subsets {
		for _, a := range s.Addresses {
			for _, p := range s.Ports {
				out[fmt.Sprint(a.IP, p)] = true
			}
		}
	}
	return out
}

// The canonical form means the same, is the same for every order, and says nothing twice.
func TestRepackIsCanonical(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		subsets := randomSubsets(t)
		once := Repack(subsets)
		if !reflect.DeepEqual(pairs(once), pairs(subsets)) {
			t.Fatalf("%v becomes %v", subsets, once)
		}
		if twice := Repack(once); !reflect.DeepEqual(once, twice) {
			t.Fatalf("%v becomes %v, and that %v", subsets, once, twice)
		}
		shuffled := append([]wire.EndpointSubset(nil), subsets...)
		rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed"))).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if other := Repack(shuffled); !reflect.DeepEqual(once, other) {
			t.Fatalf("%v and in another order %v", once, other)
		}
		seen := map[wire.EndpointPort]map[string]bool{}
		for _, s := range once {
			for _, p := range s.Ports {
				for _, a := range s.Addresses {
					if seen[p][a.IP] {
						t.Fatalf("%s has %v twice: %v", a.IP, p, once)
					}
					if seen[p] == nil {
						seen[p] = map[string]bool{}
					}
					seen[p][a.IP] = true
				}
			}
		}
	})
}
