package claims

import v1 "k8s.io/api/core/v1"

// Plan is what must become of the claims of a pod before the pod can be bound to a node.
type Plan struct {
	Claims []Claim           // those that are not bound, or are gone
	Labels map[string]string // of the node
}

// Claim is what must become of one claim.
type Claim struct {
	Name string
	// Volume is the volume that it is to have, with its claimRef; nil: one is to be made on
	// the node.
	Volume *v1.PersistentVolume
}
