package mesosvolumes

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// Offered learns from an offer of a node's agent, and returns what to do with it: nothing,
// or operations for an ACCEPT of its own, after which the rest is offered again.
func (s *State) Offered(now time.Time, node string, offered []*mesospb.Resource) (ops []*mesospb.Offer_Operation, o Outcome) {
	if s.nodes != nil {
		s.nodes[node] = true
	}
	o = s.see(now, node, offered)
	for _, r := range s.ours(offered) {
		ops = append(ops, s.amend(now, node, r, &o)...)
	}
	free := resources.Scalar(unreserved(offered), "disk") / 1000
	for _, v := range s.sorted() {
		if v.Phase != records.VolumeMaking || v.Node != node || !v.tries.due(now, patience) {
			continue
		}
		switch {
		case v.MB <= free:
			s.try(now, v.at(), refusedMaking, &o)
			disk := s.reserved(v)
			ops = append(ops, mesos.Reserve(disk), mesos.Create(s.filled(v, disk)))
			free -= v.MB
			v.lacks = time.Time{}
		case v.lacks.IsZero():
			v.lacks = now // the rest may come with another offer
		case now.Sub(v.lacks) >= patience:
			if why := fmt.Sprintf("it offers %d MiB of disk, and the volume would need %d", free, v.MB); v.why != why {
				v.why = why
				o.Changed = append(o.Changed, v.Name)
			}
		}
	}
	return ops, o
}

// see notes the volumes that a node's agent has, or had at some time: some of all.
func (s *State) see(when time.Time, node string, rs []*mesospb.Resource) (o Outcome) {
	for _, r := range s.ours(rs) {
		name := resources.VolumeID(r)
		at := place{name, node}
		v := s.volumes[at]
		if v == nil {
			v = s.moved(at, &o)
		}
		if v != nil && when.After(v.seen) {
			v.seen = when
		}
		switch {
		case name == "":
		case v == nil:
			if !s.strange[at] {
				s.strange[at] = true
				o.Notices = append(o.Notices, fmt.Sprintf("Mesos has a volume %s of ours on node %s, of which there is no record: it is left alone", name, node))
			}
		case v.Phase == records.VolumeMaking:
			o.enter(v, records.VolumeMade)
		case v.missing:
			v.missing = false
			o.Changed = append(o.Changed, name)
			o.Notices = append(o.Notices, fmt.Sprintf("volume %s is on node %s again", name, node))
		}
	}
	return o
}

// moved records a volume that shows on a node without a record of it there, as its agent
// has another Node since: it is given up if all records of its name say so. Otherwise moved
// returns nil.
func (s *State) moved(at place, o *Outcome) *volume {
	known := s.named(at.name)
	if len(known) == 0 || slices.ContainsFunc(known, func(v *volume) bool { return !v.givenUp() }) {
		return nil
	}
	r := known[0].Volume
	r.Node = at.node
	v := s.add(r)
	o.enter(v, records.VolumeRemoving)
	return v
}

// amend returns what to do now about a resource of ours as its volume's record says. What is
// reserved without need has no data.
func (s *State) amend(now time.Time, node string, r *mesospb.Resource, o *Outcome) (ops []*mesospb.Offer_Operation) {
	at := place{label(r, labelVolume), node}
	v := s.volumes[at]
	isVolume := resources.VolumeID(r) != ""
	switch {
	case isVolume && v != nil && v.givenUp():
		v.gone = time.Time{}
		if s.try(now, at, refusedRemoving, o) {
			ops = append(ops, mesos.Destroy(bare(r)), mesos.Unreserve(resources.Emptied(bare(r))))
		}
	case isVolume:
	case v != nil && v.Phase == records.VolumeMaking && resources.Scalar([]*mesospb.Resource{r}, "disk") == v.MB*1000:
		if s.try(now, at, refusedMaking, o) {
			ops = append(ops, mesos.Create(s.filled(v, bare(r))))
		}
	case s.try(now, at, refusedReleasing, o):
		ops = append(ops, mesos.Unreserve(bare(r)))
	}
	return ops
}

// Listed learns from the master's list all that a node's agent has. asked is when the
// master was asked.
func (s *State) Listed(asked time.Time, node string, total []*mesospb.Resource) (o Outcome) {
	o = s.see(asked, node, total)
	has := map[string]bool{}    // volumes
	traces := map[string]bool{} // those and what is reserved for them
	for _, r := range s.ours(total) {
		has[resources.VolumeID(r)] = true
		traces[label(r, labelVolume)] = true
	}
	for _, v := range s.sorted() {
		name := v.Name
		if v.Node != node || asked.Before(v.seen) { // an offer has shown more since
			continue
		}
		switch {
		case v.Phase == records.VolumeMade && !has[name] && !v.missing:
			v.missing = true
			o.Changed = append(o.Changed, name)
			o.Notices = append(o.Notices, fmt.Sprintf("volume %s is missing on node %s: its agent does not have it", name, node))
		case v.Phase == records.VolumeRemoving && !traces[name]:
			v.gone = asked
			o.enter(v, records.VolumeGone)
		case v.Phase == records.VolumeGone && v.gone.IsZero() && !traces[name]:
			v.gone, v.tries = asked, tries{}
		case v.Phase == records.VolumeGone && !traces[name] && asked.Sub(v.gone) > tombstone:
			delete(s.volumes, v.at())
			o.Records = append(o.Records, records.DeleteVolume(v.Volume))
		}
	}
	maps.DeleteFunc(s.leftOver, func(at place, t *tries) bool {
		return at.node == node && !traces[at.name] && asked.After(t.sent)
	})
	return o
}
