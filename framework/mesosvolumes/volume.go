package mesosvolumes

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
)

// place is a volume's name and its node. A volume that was given up on one node may be made
// on another before the first one shows again.
type place struct{ name, node string }

// volume is one with what this life knows beyond its record.
type volume struct {
	records.Volume
	wanted  bool      // somebody has asked for it in this life
	tries   tries     // since it is in its phase
	lacks   time.Time // since when no offer has had enough for it
	why     string    // its phase does not end; "": nothing is known against that
	seen    time.Time // when its agent last had it
	missing bool      // it is Made, and its agent does not have it
	gone    time.Time // when its agent first showed that it is gone
}

func (v *volume) at() place { return place{v.Name, v.Node} }

// givenUp reports whether nobody needs its data.
func (v *volume) givenUp() bool {
	return v.Phase == records.VolumeRemoving || v.Phase == records.VolumeGone
}

// unfinished reports whether something is to be done on its agent.
func (v *volume) unfinished() bool {
	return v.Phase == records.VolumeMaking || v.Phase == records.VolumeRemoving
}

func (s *State) add(r records.Volume) *volume {
	v := &volume{Volume: r}
	s.volumes[v.at()] = v
	return v
}

// sorted returns all volumes, in order.
func (s *State) sorted() []*volume { return inOrder(maps.Values(s.volumes)) }

// named returns the volumes of a name, in order.
func (s *State) named(name string) []*volume {
	return inOrder(func(yield func(*volume) bool) {
		for at, v := range s.volumes {
			if at.name == name && !yield(v) {
				return
			}
		}
	})
}

func inOrder(volumes iter.Seq[*volume]) []*volume {
	return slices.SortedFunc(volumes, func(a, b *volume) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Node, b.Node))
	})
}
