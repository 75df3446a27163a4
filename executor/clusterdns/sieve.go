package clusterdns

import (
	"context"
	"slices"

	"github.com/coredns/coredns/plugin/kubernetes"
	"github.com/coredns/coredns/plugin/kubernetes/object"
	v1 "k8s.io/api/core/v1"
)

// known is what CoreDNS knows of the cluster, by the interface that it does not export.
type known interface {
	ServiceList() []*object.Service
	EndpointsList() []*object.Endpoints
	ServiceImportList() []*object.ServiceImport
	SvcIndex(string) []*object.Service
	SvcIndexReverse(string) []*object.Service
	SvcExtIndexReverse(string) []*object.Service
	SvcImportIndex(string) []*object.ServiceImport
	PodIndex(string) []*object.Pod
	EpIndex(string) []*object.Endpoints
	EpIndexReverse(string) []*object.Endpoints
	McEpIndex(string) []*object.MultiClusterEndpoints
	GetNodeByName(context.Context, string) (*v1.Node, error)
	GetNamespaceByName(string) (*object.Namespace, error)
	Run()
	HasSynced() bool
	Stop() error
	Modified(kubernetes.ModifiedMode) int64
}

// sieve keeps from CoreDNS the endpoints of pods that this node does not reach: their
// addresses would lead to something else.
type sieve struct {
	known
	leads func(node, address string) bool
}

// EpIndex returns the endpoints of a service.
func (s sieve) EpIndex(key string) []*object.Endpoints { return s.sieved(s.known.EpIndex(key)) }

// EpIndexReverse returns the endpoints with an address.
func (s sieve) EpIndexReverse(ip string) []*object.Endpoints {
	return s.sieved(s.known.EpIndexReverse(ip))
}

// sieved returns endpoints without those that are not reached. It does not change them, as
// they are CoreDNS' own.
func (s sieve) sieved(all []*object.Endpoints) []*object.Endpoints {
	lost := func(a object.EndpointAddress) bool {
		return a.NodeName != "" && a.TargetRefName != "" && !s.leads(a.NodeName, a.IP)
	}
	var kept []*object.Endpoints
	for _, e := range all {
		if slices.ContainsFunc(e.Subsets, func(x object.EndpointSubset) bool { return slices.ContainsFunc(x.Addresses, lost) }) {
			e = e.DeepCopyObject().(*object.Endpoints)
			for i := range e.Subsets {
				e.Subsets[i].Addresses = slices.DeleteFunc(e.Subsets[i].Addresses, lost)
			}
		}
		kept = append(kept, e)
	}
	return kept
}
