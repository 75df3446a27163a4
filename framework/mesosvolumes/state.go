package mesosvolumes

import (
	"errors"
	"fmt"
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
	volumes  map[place]*volume
	strange  map[place]bool   // volumes without a record that were reported
	leftOver map[place]*tries // what is reserved for volumes without a record
	nodes    map[string]bool  // those with an agent; nil: nobody has said yet
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
	s := &State{cfg: cfg, volumes: map[place]*volume{}, strange: map[place]bool{}, leftOver: map[place]*tries{}}
	for _, r := range stored {
		s.add(r)
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
	if !handed {
		if err, o = s.elsewhere(name, node); err != nil {
			return a, err, o
		}
	}
	v := s.volumes[place{name, node}]
	switch {
	case v == nil && handed: // its record was lost, or is of another cluster's life
		v = s.add(records.Volume{Name: name, Node: node, MB: mb, Phase: records.VolumeMade, Handed: true})
		o.store(v)
	case v == nil:
		v = s.add(records.Volume{Name: name, Node: node, MB: mb, Phase: records.VolumeMaking})
		o.store(v)
	case handed && !v.Handed:
		if v.Handed = true; v.Phase == records.VolumeMaking {
			v.Phase = records.VolumeMade // it was, before that was on record
		}
		o.store(v)
	}
	v.wanted = true
	switch {
	case v.givenUp():
		return a, fmt.Errorf("volume %s of node %s is being removed", name, node), o
	case mb > v.MB:
		return a, fmt.Errorf("a volume of Mesos cannot grow: it has %d MiB", v.MB), o
	case v.missing:
		return a, fmt.Errorf("the agent of node %s does not have it any more", v.Node), o
	case v.Phase == records.VolumeMaking && v.why != "":
		return a, fmt.Errorf("node %s: %s", v.Node, v.why), o
	}
	return Answer{Ready: v.Phase == records.VolumeMade, MB: v.MB}, nil, o
}

// elsewhere returns why a volume cannot be had on a node: it is on another one, or was about
// to be, which is given up.
func (s *State) elsewhere(name, node string) (err error, o Outcome) {
	for _, v := range s.named(name) {
		switch {
		case v.Node == node || v.givenUp():
		case v.Handed:
			return fmt.Errorf("volume %s is on node %s", name, v.Node), o
		default:
			o.merge(s.giveUp(v))
			err = fmt.Errorf("volume %s was about to be made on node %s", name, v.Node)
		}
	}
	return err, o
}

// Remove wants a volume of a node and its data removed, and reports whether they are. The
// error says why they stay.
func (s *State) Remove(name, node string) (removed bool, err error, o Outcome) {
	v := s.volumes[place{name, node}]
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

// Forget says that the volumes of a name concern nobody any more. One that was never handed
// to a claim is removed. Another is retained, unless its removal was decided before.
func (s *State) Forget(name string) (o Outcome) {
	for _, v := range s.named(name) {
		o.merge(s.letGo(v))
	}
	return o
}

func (s *State) letGo(v *volume) (o Outcome) {
	v.wanted = false
	if !v.Handed && !v.givenUp() {
		o = s.giveUp(v)
	}
	return o
}

// Begin says that all volumes that are wanted have been asked for since the start.
func (s *State) Begin() (o Outcome) {
	for _, v := range s.sorted() {
		if !v.wanted {
			o.merge(s.letGo(v))
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
