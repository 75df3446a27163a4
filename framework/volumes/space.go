package volumes

import (
	"context"

	v1 "k8s.io/api/core/v1"
)

// Space is where the volumes of a provisioner come from. Its methods return at once: what
// takes time goes on while Run does, which tells when something has come of it. All may be
// called again for the same volume, and are, after each change and each start.
type Space interface {
	// Run works until ctx ends. changed takes the names of volumes for which Have or Remove
	// may answer otherwise now; it does not block. Before Run begins, Have was called for
	// all volumes that there are.
	Run(ctx context.Context, changed func(volume string)) error
	// Have has a volume made, or grow to its size, and tells how far that is. An error says
	// why it cannot be so on this node, now.
	Have(v Volume) (State, error)
	// Remove has a volume and its data removed, and reports whether it is.
	Remove(v Volume) (removed bool, err error)
	// Forget says that a volume concerns nobody any more: it is removed, retained, or was
	// never handed to a claim.
	Forget(volume string)
}

// Volume is what a Space is to have.
type Volume struct {
	Name  string // never used twice
	Node  string
	Bytes int64
	From  string // the volume of which it is to be a copy; empty: none
	Made  bool   // it has been handed to a claim: a new one cannot replace it
}

// State is what there is of a volume.
type State struct {
	Ready  bool
	Begun  bool // it is being made
	Source v1.PersistentVolumeSource
	Bytes  int64 // that it may hold
	// Unlimited says why nothing keeps it from holding more; empty: it is kept.
	Unlimited string
}
