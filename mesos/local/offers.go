package local

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/loop"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// offer is a part of an agent's resources that a framework may use or decline.
type offer struct {
	id        string
	framework *framework
	agent     *agent
	role      string
	resources []*mesospb.Resource // as the agent holds them, without allocation
	timeout   *loop.Timer
}

func (o *offer) message() *mesospb.Offer {
	a, f := o.agent, o.framework
	out := &mesospb.Offer{
		Id:          &mesospb.OfferID{Value: &o.id},
		FrameworkId: &mesospb.FrameworkID{Value: &f.id},
		AgentId:     &mesospb.AgentID{Value: proto.String(a.id)},
		Hostname:    &a.hostname,
		Url:         a.url(),
		Attributes:  a.attributes,
		Resources:   offered(f, o.role, o.resources),
		ExecutorIds: a.executors.ids(f),
	}
	if f.has(mesospb.FrameworkInfo_Capability_MULTI_ROLE) {
		out.AllocationInfo = &mesospb.Resource_AllocationInfo{Role: &o.role}
	}
	return out
}

// offered returns resources in the form that the framework understands: with a role,
// or with a stack of reservations; allocated, or not.
func offered(f *framework, role string, rs []*mesospb.Resource) []*mesospb.Resource {
	out := make([]*mesospb.Resource, len(rs))
	for i, r := range rs {
		if f.has(mesospb.FrameworkInfo_Capability_RESERVATION_REFINEMENT) {
			out[i] = resources.Refined(r)
		} else {
			out[i], _ = resources.Unrefined(r)
		}
	}
	if f.has(mesospb.FrameworkInfo_Capability_MULTI_ROLE) {
		out = resources.Allocated(out, role)
	}
	return out
}

// inOrder returns offers in the order in which they were made.
func inOrder(offers map[string]*offer) []*offer {
	out := make([]*offer, 0, len(offers))
	for _, o := range offers {
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b *offer) int {
		if d := len(a.id) - len(b.id); d != 0 {
			return d
		}
		return strings.Compare(a.id, b.id)
	})
	return out
}

// held returns the existing offers that belong to f, and what is wrong with the
// list as a whole.
func (al *allocator) held(f *framework, ids []*mesospb.OfferID) (valid []*offer, problem string) {
	complain := func(format string, args ...any) {
		if problem == "" {
			problem = fmt.Sprintf(format, args...)
		}
	}
	if len(ids) == 0 {
		complain("No offers specified")
	}
	seen := map[string]bool{}
	for _, id := range ids {
		o := al.byID[id.GetValue()]
		switch {
		case seen[id.GetValue()]:
			complain("Duplicate offer %s in offer list", id.GetValue())
			continue
		case o == nil || o.framework != f:
			complain("Offer %s is no longer valid", id.GetValue())
			continue
		case len(valid) > 0 && valid[0].agent != o.agent:
			complain("Aggregated offers must belong to one single agent. Offer %s uses agent %s and agent %s", o.id, o.agent.id, valid[0].agent.id)
		case len(valid) > 0 && valid[0].role != o.role:
			complain("Aggregated offers must be allocated to the same role. Offer %s uses role %s but another is using role %s", o.id, o.role, valid[0].role)
		}
		seen[id.GetValue()] = true
		valid = append(valid, o)
	}
	return valid, problem
}
