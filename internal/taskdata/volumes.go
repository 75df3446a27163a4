package taskdata

import (
	"encoding/json"
	"fmt"
)

// LocalProvisioner is the provisioner of volumes that are directories of agents.
const LocalProvisioner = "kubernetes-mesos/local"

// MesosProvisioner is the provisioner of volumes that Mesos keeps.
const MesosProvisioner = "kubernetes-mesos/mesos"

// WorkDirAnnotation is set by an executor on its Node: the agent's work directory, in which
// Mesos has its persistent volumes.
const WorkDirAnnotation = "mesos.executor/work-dir"

// The annotations of a Node by which framework and executor agree on the volumes of its
// host. Each writes one and reads the other's; both are JSON.
const (
	// VolumesWantedAnnotation is the framework's: a []WantedVolume, all that concern
	// this node. A volume that it does not list is left as it is.
	VolumesWantedAnnotation = "mesos.agent/volumes"
	// VolumesAnnotation is the executor's: a []Volume, what has become of those.
	VolumesAnnotation = "mesos.executor/volumes"
)

// WantedVolume is a directory that a node is to have.
type WantedVolume struct {
	Name  string `json:"name"`  // of the PersistentVolume
	Bytes int64  `json:"bytes"` // that it is to hold
	// From is the volume of this node of which a new one is to be a copy.
	From string `json:"from,omitempty"`
	// Made says that it has been handed to a claim: if it is missing its data is lost, and
	// an empty one must not take its place.
	Made bool `json:"made,omitempty"`
	// Remove says that nobody needs its data any more.
	Remove bool `json:"remove,omitempty"`
}

// Volume is what a node has of a wanted one. With none of Path, Removed and Error it is in
// the making.
type Volume struct {
	Name  string `json:"name"`
	Path  string `json:"path,omitempty"`  // of its content, on the host
	Bytes int64  `json:"bytes,omitempty"` // that it may hold
	// Unlimited says why nothing keeps it from holding more.
	Unlimited string `json:"unlimited,omitempty"`
	Removed   bool   `json:"removed,omitempty"`
	Error     string `json:"error,omitempty"`
}

// DecodeVolumes reads one of the annotations; without it there are none.
func DecodeVolumes[T WantedVolume | Volume](annotation string) (all []T, err error) {
	if annotation == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(annotation), &all); err != nil {
		return nil, fmt.Errorf("volumes of a node: %w", err)
	}
	return all, nil
}
