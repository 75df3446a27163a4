package records

// VolumePhase is how far a persistent volume of Mesos is.
type VolumePhase string

// The phases of a volume, of which it passes through each at most once.
const (
	VolumeMaking   VolumePhase = "making"   // it may be asked for
	VolumeMade     VolumePhase = "made"     // it was seen
	VolumeRemoving VolumePhase = "removing" // nobody needs its data: it may be destroyed
	VolumeGone     VolumePhase = "gone"     // the same, and it was seen to be gone
)

// Volume is a persistent volume of Mesos on a node. It is stored before Mesos is asked for
// it, and that it is to be removed before that is asked for. Where one could not be had on a
// node, another one of the same name may be had elsewhere.
type Volume struct {
	Name   string      `json:"name"` // also its id in Mesos
	Node   string      `json:"node"`
	MB     int64       `json:"mb"`
	Phase  VolumePhase `json:"phase"`
	Handed bool        `json:"handed,omitempty"` // a claim has had it, so it may have data
}

// PutVolume records a volume.
func PutVolume(v Volume) Change { return put(volumeKey(v), v) }

// DeleteVolume deletes the record of a volume.
func DeleteVolume(v Volume) Change { return Change{Key: volumeKey(v)} }

func volumeKey(v Volume) string { return keyVolumes + v.Name + "/" + v.Node }
