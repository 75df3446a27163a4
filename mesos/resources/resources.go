// Package resources is the arithmetic of Mesos resources: what an agent has,
// what an offer holds, what a task takes of it. It is pure.
//
// Scalars are fixed point with three decimals, as Mesos itself counts them, so
// they are handled here as whole thousandths; ranges include both ends. Two
// resources may be added only when everything but their amount is equal: name,
// role or reservations, disk, revocable, shared, allocation and whatever else a
// newer Mesos put into them (the unknown fields are kept and compared). Nothing
// here changes its arguments; results share with them what no amount is part of.
package resources

import (
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Scalar returns the sum of all scalar resources with that name, whatever their
// role, in thousandths: 1.5 cpus are 1500, 64 MB of mem are 64000.
func Scalar(rs []*mesospb.Resource, name string) int64 {
	var sum int64
	for _, r := range rs {
		if r.GetName() == name && r.GetType() == mesospb.Value_SCALAR {
			sum = min(sum+thousandths(r.GetScalar().GetValue()), most)
		}
	}
	return sum
}

// Ports returns the ranges of the resource "ports", whatever their role, in
// ascending order, merged.
func Ports(rs []*mesospb.Resource) []Range {
	var all []Range
	for _, r := range rs {
		if r.GetName() == "ports" && r.GetType() == mesospb.Value_RANGES {
			all = append(all, rangesOf(r)...)
		}
	}
	return merge(all)
}

// Add returns a and b together; amounts of the same kind become one resource, in the
// place of the first.
func Add(a []*mesospb.Resource, b ...*mesospb.Resource) []*mesospb.Resource {
	out := toPiles(a)
	for _, r := range b {
		out = out.add(pileOf(r))
	}
	return out.resources()
}

// Contains reports whether part can be taken from all.
func Contains(all, part []*mesospb.Resource) bool {
	_, ok := Subtract(all, part)
	return ok
}

// Subtract returns what is left of all after part is taken, without empty resources;
// false if all does not contain part.
func Subtract(all, part []*mesospb.Resource) ([]*mesospb.Resource, bool) {
	rest := toPiles(all)
	for _, p := range toPiles(part) {
		if p.empty() {
			continue
		}
		if !rest.take(p) {
			return nil, false
		}
	}
	return rest.resources(), true
}

// Allocated returns copies of rs with role in allocation_info, unless it was already
// set; an empty role removes it.
func Allocated(rs []*mesospb.Resource, role string) []*mesospb.Resource {
	out := make([]*mesospb.Resource, len(rs))
	for i, r := range rs {
		c := *r
		switch {
		case role == "":
			c.AllocationInfo = nil
		case c.AllocationInfo == nil:
			c.AllocationInfo = &mesospb.Resource_AllocationInfo{Role: &role}
		}
		out[i] = &c
	}
	return out
}

// Role returns the role that r is reserved for, "*" if it is for everyone. It reads
// both forms: the old single role, and the stack of reservations, whose last one
// counts.
func Role(r *mesospb.Resource) string {
	if n := len(r.Reservations); n > 0 {
		return r.Reservations[n-1].GetRole()
	}
	return r.GetRole()
}

// kind returns everything about r except its amount, as comparable bytes. Both ways
// to write a reservation are the same kind, and so are all uses of a persistent volume.
func kind(r *mesospb.Resource) string {
	c := *Refined(r)
	c.Scalar, c.Ranges, c.Set = nil, nil, nil
	if VolumeID(r) != "" {
		disk := *r.Disk
		disk.Volume = nil
		c.Disk = &disk
	}
	b, err := c.Marshal()
	if err != nil { // a reserved label without a key: equal only to itself
		return r.String()
	}
	return string(b)
}

// names returns the items of a set, in order, without duplicates.
func names(items []string) []string {
	s := slices.Clone(items)
	slices.Sort(s)
	return slices.Compact(s)
}
