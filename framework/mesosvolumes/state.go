package mesosvolumes

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
)

// tombstone is how long a volume is remembered that is gone, from when its agent showed
// that. It is longer than a master takes to give up an agent that hears nothing: after it,
// no call that we made before has an effect any more.
const tombstone = 10 * time.Minute

// Config says whose volumes they are.
type Config struct {
	Role, Principal string
	Cluster         string // by which reservations of ours are told from others'
}

// State is what is known of all volumes. It is a plain value with one owner.
type State struct {
	cfg      Config
	volumes  map[string]*volume
	strange  map[string]bool   // volumes without a record that were reported
	leftOver map[string]*tries // what is reserved for volumes without a record, by their names
}

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

// Outcome is what is to be done, in this order, after something was learned.
type Outcome struct {
	Records []records.Change // to store
	Changed []string         // volumes of which Have or Remove may say something else now
	Notices []string         // for the log
}

// enter has a volume in another phase, of which nothing has been tried yet.
func (o *Outcome) enter(v *volume, phase records.VolumePhase) {
	v.Phase, v.tries, v.why = phase, tries{}, ""
	o.store(v)
}

func (o *Outcome) store(v *volume) {
	o.Records = append(o.Records, records.PutVolume(v.Volume))
	o.Changed = append(o.Changed, v.Name)
}

// New returns a State with what is on record.
func New(cfg Config, stored []records.Volume) *State {
	s := &State{cfg: cfg, volumes: map[string]*volume{}, strange: map[string]bool{}, leftOver: map[string]*tries{}}
	for _, r := range stored {
		s.volumes[r.Name] = &volume{Volume: r}
	}
	return s
}

// Answer says how far a volume is.
type Answer struct {
	Ready bool
	MB    int64
}

// Have wants a volume made on a node. handed: a claim has it, so that another cannot take
// its place. The error says why it cannot be there.
func (s *State) Have(name, node string, mb int64, handed bool) (a Answer, err error, o Outcome) {
	v := s.volumes[name]
	switch {
	case v == nil && handed: // its record was lost, or is of another cluster's life
		v = &volume{Volume: records.Volume{Name: name, Node: node, MB: mb, Phase: records.VolumeMade, Handed: true}}
		s.volumes[name] = v
		o.store(v)
	case v == nil:
		v = &volume{Volume: records.Volume{Name: name, Node: node, MB: mb, Phase: records.VolumeMaking}}
		s.volumes[name] = v
		o.store(v)
	case handed && !v.Handed:
		if v.Handed = true; v.Phase == records.VolumeMaking {
			v.Phase = records.VolumeMade // it was, before that was on record
		}
		o.store(v)
	}
	v.wanted = true
	switch {
	case v.Phase == records.VolumeRemoving || v.Phase == records.VolumeGone:
		return a, fmt.Errorf("volume %s is being removed", name), o
	case v.Node != node && v.Phase == records.VolumeMaking:
		o.merge(s.giveUp(v))
		return a, fmt.Errorf("volume %s was about to be made on node %s", name, v.Node), o
	case mb > v.MB:
		return a, fmt.Errorf("a volume of Mesos cannot grow: it has %d MiB", v.MB), o
	case v.missing:
		return a, fmt.Errorf("the agent of node %s does not have it any more", v.Node), o
	case v.Phase == records.VolumeMaking && v.why != "":
		return a, fmt.Errorf("node %s: %s", v.Node, v.why), o
	}
	return Answer{Ready: v.Phase == records.VolumeMade, MB: v.MB}, nil, o
}

// Remove wants a volume and its data removed, and reports whether they are. The error says
// why they stay.
func (s *State) Remove(name string) (removed bool, err error, o Outcome) {
	v := s.volumes[name]
	switch {
	case v == nil:
		return true, nil, o
	case v.Phase == records.VolumeGone:
		return true, nil, o
	case v.Phase != records.VolumeRemoving:
		o = s.giveUp(v)
	case v.why != "":
		err = errors.New(v.why)
	}
	return false, err, o
}

// Forget says that a volume concerns nobody any more. One that was never handed to a claim
// is removed. Another is retained, unless its removal was decided before.
func (s *State) Forget(name string) (o Outcome) {
	v := s.volumes[name]
	switch {
	case v == nil:
	case !v.Handed && (v.Phase == records.VolumeMaking || v.Phase == records.VolumeMade):
		o = s.giveUp(v)
	default:
		v.wanted = false
	}
	return o
}

// Begin says that all volumes that are wanted have been asked for since the start.
func (s *State) Begin() (o Outcome) {
	for _, name := range slices.Sorted(maps.Keys(s.volumes)) {
		if !s.volumes[name].wanted {
			o.merge(s.Forget(name))
		}
	}
	return o
}

func (s *State) giveUp(v *volume) (o Outcome) {
	v.gone = time.Time{}
	o.enter(v, records.VolumeRemoving)
	return o
}

func (o *Outcome) merge(p Outcome) {
	o.Records = append(o.Records, p.Records...)
	o.Changed = append(o.Changed, p.Changed...)
	o.Notices = append(o.Notices, p.Notices...)
}

// Busy reports whether offers are needed for something that is still to be done.
func (s *State) Busy() bool {
	for _, v := range s.volumes {
		if v.Phase == records.VolumeMaking || v.Phase == records.VolumeRemoving {
			return true
		}
	}
	return false
}
