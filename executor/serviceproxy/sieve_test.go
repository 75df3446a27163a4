package serviceproxy

import (
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// seen keeps the addresses that were passed on.
type seen map[string][]string

func (s seen) OnEndpointSliceAdd(slice *discoveryv1.EndpointSlice)       { s[slice.Name] = addresses(slice) }
func (s seen) OnEndpointSliceUpdate(_, slice *discoveryv1.EndpointSlice) { s.OnEndpointSliceAdd(slice) }
func (s seen) OnEndpointSliceDelete(slice *discoveryv1.EndpointSlice)    { delete(s, slice.Name) }
func (s seen) OnEndpointSlicesSynced()                                   {}

func addresses(slice *discoveryv1.EndpointSlice) (all []string) {
	for _, e := range slice.Endpoints {
		all = append(all, e.Addresses...)
	}
	return all
}

// Rules lead to no pod that has, on another node, an address of that node's Docker; to all
// others, and to endpoints that people have written, they do. What is learnt about nodes
// counts for what was seen before.
func TestSieve(t *testing.T) {
	t.Parallel()
	pod := func(node, address string) discoveryv1.Endpoint {
		return discoveryv1.Endpoint{NodeName: &node, Addresses: []string{address}, TargetRef: &v1.ObjectReference{Kind: "Pod", Name: address}}
	}
	far := "far"
	web := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web"}, Endpoints: []discoveryv1.Endpoint{
		pod("far", "172.17.0.2"), pod("far", "10.244.2.7"), pod("own", "172.17.0.3"),
		{Addresses: []string{"172.17.0.4"}}, {NodeName: &far, Addresses: []string{"172.17.0.5"}}}}
	got := seen{}
	var s sieve
	s.set(nil)
	s.begin(got)
	s.OnEndpointSliceAdd(web)
	expect := func(want string) {
		t.Helper()
		if text := strings.Join(got["web"], " "); text != want {
			t.Errorf("rules lead to %s, want %s", text, want)
		}
	}
	expect("172.17.0.2 10.244.2.7 172.17.0.3 172.17.0.4 172.17.0.5")
	s.set(func(node, address string) bool { return node == "own" || strings.HasPrefix(address, "10.244.") })
	expect("10.244.2.7 172.17.0.3 172.17.0.4 172.17.0.5")
	more := web.DeepCopy()
	more.Endpoints = append(more.Endpoints, pod("far", "10.244.2.8"))
	s.OnEndpointSliceUpdate(web, more)
	expect("10.244.2.7 172.17.0.3 172.17.0.4 172.17.0.5 10.244.2.8")
	s.set(func(string, string) bool { return true })
	expect("172.17.0.2 10.244.2.7 172.17.0.3 172.17.0.4 172.17.0.5 10.244.2.8")
	if !slices.Equal(addresses(more), got["web"]) {
		t.Errorf("the slice itself was changed: %v", addresses(more))
	}
	s.OnEndpointSliceDelete(more)
	if s.set(nil); len(got) != 0 {
		t.Errorf("a slice that is gone: %v", got)
	}
}
