package serviceproxy

import (
	"sync"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/kubernetes/pkg/proxy/config"
)

// sieve passes on slices of endpoints, without those of pods that this node does not reach:
// their addresses would lead to something else. An endpoint that stands for no pod, or that
// names no node, is nobody's to judge.
type sieve struct {
	mu    sync.Mutex
	next  config.EndpointSliceHandler
	leads func(node, address string) bool // nil: to all
	all   map[types.NamespacedName]*discoveryv1.EndpointSlice
}

// begin has slices passed on to next, from the first one on.
func (s *sieve) begin(next config.EndpointSliceHandler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next, s.all = next, map[types.NamespacedName]*discoveryv1.EndpointSlice{}
}

// set replaces what says which pods are reached, and passes on what follows from that.
func (s *sieve) set(leads func(node, address string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.leads
	s.leads = leads
	for _, slice := range s.all {
		old, now := sieved(slice, before), sieved(slice, leads)
		if len(old.Endpoints) < len(slice.Endpoints) || len(now.Endpoints) < len(slice.Endpoints) {
			s.next.OnEndpointSliceUpdate(old, now)
		}
	}
}

// sieved returns a slice without the endpoints that are not reached. It does not change its own.
func sieved(slice *discoveryv1.EndpointSlice, leads func(node, address string) bool) *discoveryv1.EndpointSlice {
	if leads == nil {
		return slice
	}
	var kept []discoveryv1.Endpoint
	for _, e := range slice.Endpoints {
		pod := e.TargetRef != nil && e.TargetRef.Kind == "Pod" && e.NodeName != nil
		if !pod || len(e.Addresses) == 0 || leads(*e.NodeName, e.Addresses[0]) {
			kept = append(kept, e)
		}
	}
	if len(kept) == len(slice.Endpoints) {
		return slice
	}
	rest := *slice
	rest.Endpoints = kept
	return &rest
}

func key(slice *discoveryv1.EndpointSlice) types.NamespacedName {
	return types.NamespacedName{Namespace: slice.Namespace, Name: slice.Name}
}

// OnEndpointSliceAdd implements config.EndpointSliceHandler.
func (s *sieve) OnEndpointSliceAdd(slice *discoveryv1.EndpointSlice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[key(slice)] = slice
	s.next.OnEndpointSliceAdd(sieved(slice, s.leads))
}

// OnEndpointSliceUpdate implements config.EndpointSliceHandler.
func (s *sieve) OnEndpointSliceUpdate(old, slice *discoveryv1.EndpointSlice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[key(slice)] = slice
	s.next.OnEndpointSliceUpdate(sieved(old, s.leads), sieved(slice, s.leads))
}

// OnEndpointSliceDelete implements config.EndpointSliceHandler.
func (s *sieve) OnEndpointSliceDelete(slice *discoveryv1.EndpointSlice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, key(slice))
	s.next.OnEndpointSliceDelete(sieved(slice, s.leads))
}

// OnEndpointSlicesSynced implements config.EndpointSliceHandler.
func (s *sieve) OnEndpointSlicesSynced() { s.next.OnEndpointSlicesSynced() }
