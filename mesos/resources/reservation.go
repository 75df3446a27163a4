package resources

import (
	"slices"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Refined returns a copy of r with its reservations as a stack, the last of them in
// effect, as frameworks with the capability RESERVATION_REFINEMENT see them.
func Refined(r *mesospb.Resource) *mesospb.Resource {
	c := *r
	c.Role, c.Reservation = nil, nil
	if len(r.Reservations) > 0 || r.GetRole() == "*" {
		return &c
	}
	stack := mesospb.Resource_ReservationInfo{Type: mesospb.Resource_ReservationInfo_STATIC.Enum()}
	if r.Reservation != nil {
		stack = *r.Reservation
		stack.Type = mesospb.Resource_ReservationInfo_DYNAMIC.Enum()
	}
	stack.Role = proto.String(r.GetRole())
	c.Reservations = []*mesospb.Resource_ReservationInfo{&stack}
	return &c
}

// AllRefined returns copies of rs as [Refined] makes them.
func AllRefined(rs []*mesospb.Resource) []*mesospb.Resource {
	out := make([]*mesospb.Resource, len(rs))
	for i, r := range rs {
		out[i] = Refined(r)
	}
	return out
}

// Unrefined returns a copy of r with a role and, if that was reserved while the agent
// ran, a reservation, as other frameworks see it; false if it has several reservations,
// which such frameworks are never offered.
func Unrefined(r *mesospb.Resource) (*mesospb.Resource, bool) {
	c := *Refined(r)
	stack := c.Reservations
	c.Role, c.Reservations = proto.String(Role(&c)), nil
	if len(stack) == 1 && stack[0].GetType() == mesospb.Resource_ReservationInfo_DYNAMIC {
		info := *stack[0]
		info.Role, info.Type = nil, nil
		c.Reservation = &info
	}
	return &c, len(stack) <= 1
}

// Reserved returns a copy of r, as a stack, with one more reservation: dynamic, for the
// role.
func Reserved(r *mesospb.Resource, role, principal string, labels *mesospb.Labels) *mesospb.Resource {
	c := Refined(r)
	info := &mesospb.Resource_ReservationInfo{
		Type: mesospb.Resource_ReservationInfo_DYNAMIC.Enum(), Role: &role, Labels: labels,
	}
	if principal != "" {
		info.Principal = &principal
	}
	c.Reservations = append(slices.Clip(c.Reservations), info)
	return c
}

// Reservation returns the reservation of r that is in effect if it is a dynamic one,
// which a framework can end, and nil otherwise.
func Reservation(r *mesospb.Resource) *mesospb.Resource_ReservationInfo {
	stack := Refined(r).Reservations
	if n := len(stack); n > 0 && stack[n-1].GetType() == mesospb.Resource_ReservationInfo_DYNAMIC {
		return stack[n-1]
	}
	return nil
}

// Unreserved returns a copy of r, as a stack, without the reservation that is in effect.
func Unreserved(r *mesospb.Resource) *mesospb.Resource {
	c := Refined(r)
	if n := len(c.Reservations); n > 0 {
		c.Reservations = slices.Clone(c.Reservations[:n-1])
	}
	return c
}

// VolumeID returns the id of a persistent volume; "" if r is none.
func VolumeID(r *mesospb.Resource) string { return r.GetDisk().GetPersistence().GetId() }

// Emptied returns a copy of a persistent volume as the disk that it is made of.
func Emptied(r *mesospb.Resource) *mesospb.Resource {
	c := *r
	if r.Disk != nil {
		disk := *r.Disk
		disk.Persistence, disk.Volume = nil, nil
		c.Disk = &disk
		if len(disk.XXX_unrecognized) == 0 { // no disk of its own
			c.Disk = nil
		}
	}
	return &c
}
