package mesosvolumes

import (
	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// The labels of our reservations.
const (
	labelCluster = "kubernetes-mesos/cluster"
	labelVolume  = "kubernetes-mesos/volume"
)

// reserved returns the disk of a volume, reserved for it, in the form that every release
// of Mesos takes.
func (s *State) reserved(v *volume) *mesospb.Resource {
	labels := &mesospb.Labels{Labels: []*mesospb.Label{
		{Key: proto.String(labelCluster), Value: &s.cfg.Cluster}, {Key: proto.String(labelVolume), Value: proto.String(v.Name)},
	}}
	disk := &mesospb.Resource{Name: proto.String("disk"), Type: mesospb.Value_SCALAR.Enum(), Scalar: &mesospb.Value_Scalar{Value: proto.Float64(float64(v.MB))}}
	r, _ := resources.Unrefined(resources.Reserved(disk, s.cfg.Role, s.cfg.Principal, labels))
	return r
}

// filled returns a volume made of its disk.
func (s *State) filled(v *volume, disk *mesospb.Resource) *mesospb.Resource {
	c := *disk
	c.Disk = &mesospb.Resource_DiskInfo{
		Persistence: &mesospb.Resource_DiskInfo_Persistence{Id: proto.String(v.Name)},
		Volume:      &mesospb.Volume{ContainerPath: proto.String(v.Name), Mode: mesospb.Volume_RW.Enum()},
	}
	if s.cfg.Principal != "" {
		c.Disk.Persistence.Principal = &s.cfg.Principal
	}
	return &c
}

// bare returns a resource as it was offered, without its allocation.
func bare(r *mesospb.Resource) *mesospb.Resource {
	c := *r
	c.AllocationInfo = nil
	return &c
}

// label returns the value of a label of what r is reserved by.
func label(r *mesospb.Resource, key string) string {
	for _, l := range resources.Reservation(r).GetLabels().GetLabels() {
		if l.GetKey() == key {
			return l.GetValue()
		}
	}
	return ""
}

// Claimed reports whether disk belongs to a volume of this package's, of whatever cluster:
// tasks must not use it.
func Claimed(r *mesospb.Resource) bool { return label(r, labelVolume) != "" }

// ours returns what is reserved for volumes of our cluster.
func (s *State) ours(rs []*mesospb.Resource) (ours []*mesospb.Resource) {
	for _, r := range rs {
		if resources.Role(r) == s.cfg.Role && label(r, labelCluster) == s.cfg.Cluster && Claimed(r) {
			ours = append(ours, r)
		}
	}
	return ours
}

// unreserved returns what everybody may have, and what volumes may be made of.
func unreserved(rs []*mesospb.Resource) (free []*mesospb.Resource) {
	for _, r := range rs {
		if resources.Role(r) == "*" && r.Revocable == nil && r.Shared == nil && r.Disk == nil {
			free = append(free, r)
		}
	}
	return free
}
