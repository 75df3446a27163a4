// Package operations judges what frameworks do to an agent's resources, as a master does:
// RESERVE, UNRESERVE, CREATE and DESTROY become a change of some resources into others.
// It is pure.
package operations

import (
	"fmt"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// A Change turns resources of an agent into others, all of them unallocated and with
// reservations as stacks.
type Change struct{ From, To []*mesospb.Resource }

// Apply returns rs after the change, or false if rs does not contain what it changes.
func (c Change) Apply(rs []*mesospb.Resource) ([]*mesospb.Resource, bool) {
	rest, ok := resources.Subtract(rs, c.From)
	if !ok {
		return rs, false
	}
	return resources.Add(rest, c.To...), true
}

// A Place is where an operation is to happen, and for whom.
type Place struct {
	Role      string // that the offers are allocated to
	Principal string // of the framework; "" if it has none
	Total     []*mesospb.Resource
}

// Of returns the change that an operation asks for, or why it is invalid. Whether the
// offers contain what it changes is for [Change.Apply] to find out.
func Of(op *mesospb.Offer_Operation, at Place) (Change, string) {
	switch op.GetType() {
	case mesospb.Offer_Operation_RESERVE:
		return change(op.GetReserve().GetResources(), "reserve", at, Place.reserve, func(r *mesospb.Resource) (from, to *mesospb.Resource) {
			return resources.Unreserved(r), r
		})
	case mesospb.Offer_Operation_UNRESERVE:
		return change(op.GetUnreserve().GetResources(), "unreserve", at, Place.unreserve, func(r *mesospb.Resource) (from, to *mesospb.Resource) {
			return r, resources.Unreserved(r)
		})
	case mesospb.Offer_Operation_CREATE:
		return change(op.GetCreate().GetVolumes(), "create", at, Place.create, func(r *mesospb.Resource) (from, to *mesospb.Resource) {
			return resources.Emptied(r), r
		})
	case mesospb.Offer_Operation_DESTROY:
		return change(op.GetDestroy().GetVolumes(), "destroy", at, Place.destroy, func(r *mesospb.Resource) (from, to *mesospb.Resource) {
			return r, resources.Emptied(r)
		})
	}
	return Change{}, fmt.Sprintf("Operation %v is not supported", op.GetType())
}

// change judges each resource of an operation and collects what becomes of them.
func change(rs []*mesospb.Resource, name string, at Place, judge func(Place, *mesospb.Resource) string,
	become func(*mesospb.Resource) (from, to *mesospb.Resource)) (c Change, problem string) {
	if len(rs) == 0 {
		return Change{}, fmt.Sprintf("Operation has no '%s' with resources", name)
	}
	for _, r := range resources.Allocated(rs, at.Role) {
		if len(r.Reservations) > 0 && (r.Role != nil || r.Reservation != nil) {
			return Change{}, "'Resource.role' and 'Resource.reservation' must not be set with 'Resource.reservations'"
		}
		if role := r.AllocationInfo.GetRole(); role != at.Role {
			return Change{}, fmt.Sprintf("The resources are allocated to role '%s' but the offer is of role '%s'", role, at.Role)
		}
		r = resources.Refined(r)
		r.AllocationInfo = nil
		if problem := judge(at, r); problem != "" {
			return Change{}, problem
		}
		from, to := become(r)
		at.Total = resources.Add(at.Total, to) // a volume is not made twice
		c.From, c.To = resources.Add(c.From, from), resources.Add(c.To, to)
	}
	return c, ""
}

// Kept returns those of an agent's resources that it must remember: what is reserved by
// frameworks, including volumes.
func Kept(total []*mesospb.Resource) (kept []*mesospb.Resource) {
	for _, r := range total {
		if resources.Reservation(r) != nil {
			kept = append(kept, r)
		}
	}
	return kept
}

// Restored returns an agent's resources with those that it remembers from earlier. What
// the machine no longer has remains reserved all the same.
func Restored(total, kept []*mesospb.Resource) []*mesospb.Resource {
	for _, r := range kept {
		bare := resources.Emptied(r)
		for resources.Reservation(bare) != nil {
			bare = resources.Unreserved(bare)
		}
		if rest, ok := resources.Subtract(total, []*mesospb.Resource{bare}); ok {
			total = rest
		}
		total = resources.Add(total, r)
	}
	return total
}
