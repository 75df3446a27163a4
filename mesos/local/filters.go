package local

import (
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// filter holds what a framework does not want to be offered for a while: these
// resources of the agent, or fewer.
type filter struct {
	role    string
	refused []*mesospb.Resource
	until   time.Time
}

// longestFilter is Mesos' limit for refuse_seconds.
const longestFilter = 365 * 24 * time.Hour

// refuse keeps rs of the agent from being offered to f for the time in the filter: 5
// s if it is unset or negative, and not at all for 0. It lasts for at least an
// allocation interval and ends at a regular round, so after a refusal of 2 s the
// next offer comes up to 3 s later.
func (al *allocator) refuse(f *framework, role string, a *agent, rs []*mesospb.Resource, asked *mesospb.Filters) {
	s := asked.GetRefuseSeconds()
	if s < 0 {
		s = 5
	}
	d := min(seconds(s), longestFilter)
	if d == 0 || len(rs) == 0 {
		return
	}
	d = max(d, al.cfg.AllocationInterval)
	f.filters[a] = append(f.filters[a], &filter{role, rs, time.Now().Add(d)})
}

// refuses reports whether a filter keeps the resources from being offered.
func (f *framework) refuses(role string, a *agent, rs []*mesospb.Resource) bool {
	now := time.Now()
	f.filters[a] = slices.DeleteFunc(f.filters[a], func(x *filter) bool { return !x.until.After(now) })
	return slices.ContainsFunc(f.filters[a], func(x *filter) bool {
		return x.role == role && resources.Contains(x.refused, rs)
	})
}

// decline gives offers back; ids that are not offers of f change nothing.
func (al *allocator) decline(f *framework, call *mesospb.SchedulerCall_Decline) {
	for _, id := range call.OfferIds {
		if o := f.offers[id.GetValue()]; o != nil {
			al.takeBack(o)
			al.refuse(f, o.role, o.agent, o.resources, call.Filters)
		}
	}
}

// revive clears the filters of the roles (all, if none is named) and their
// suppression; offers follow at once.
func (al *allocator) revive(f *framework, roles []string) {
	if len(roles) == 0 {
		roles = f.roles
	}
	for _, role := range roles {
		delete(f.suppressed, role)
	}
	for a, filters := range f.filters {
		f.filters[a] = slices.DeleteFunc(filters, func(x *filter) bool { return slices.Contains(roles, x.role) })
	}
	al.allocate()
}

// suppress stops offers in the roles (all, if none is named); held ones stay.
func (al *allocator) suppress(f *framework, roles []string) {
	if len(roles) == 0 {
		roles = f.roles
	}
	for _, role := range roles {
		f.suppressed[role] = true
	}
}
