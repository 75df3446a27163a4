package local

import (
	"slices"
	"strings"

	"github.com/gogo/protobuf/proto"
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
	timeout   *timer
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
		ExecutorIds: a.executorIDs(f),
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
		c := *r
		if f.has(mesospb.FrameworkInfo_Capability_RESERVATION_REFINEMENT) {
			c.Role, c.Reservations = nil, nil
			if reserved := resources.Role(r); reserved != "*" {
				c.Reservations = []*mesospb.Resource_ReservationInfo{{
					Type: mesospb.Resource_ReservationInfo_STATIC.Enum(), Role: &reserved}}
			}
		} else {
			c.Role = proto.String(resources.Role(r))
		}
		out[i] = &c
	}
	if f.has(mesospb.FrameworkInfo_Capability_MULTI_ROLE) {
		out = resources.Allocated(out, role)
	}
	return out
}

// remove removes an offer; the caller now owns its resources.
func (m *master) remove(o *offer) {
	o.timeout.stop()
	delete(m.offers, o.id)
	delete(o.framework.offers, o.id)
	delete(o.agent.offers, o.id)
}

// takeBack returns an offer's resources to its agent.
func (m *master) takeBack(o *offer) {
	m.remove(o)
	o.agent.free = resources.Add(o.agent.free, o.resources...)
}

// takeOffersBack takes all back without notice, as when the stream has changed.
func (m *master) takeOffersBack(f *framework) {
	for _, o := range inOrder(f.offers) {
		m.takeBack(o)
	}
}

// rescind takes an offer back, if it is still held, and tells the framework.
func (m *master) rescind(o *offer) {
	if m.offers[o.id] != o {
		return
	}
	m.takeBack(o)
	o.framework.send(m, &mesospb.SchedulerEvent{
		Type:    mesospb.SchedulerEvent_RESCIND.Enum(),
		Rescind: &mesospb.SchedulerEvent_Rescind{OfferId: &mesospb.OfferID{Value: &o.id}},
	})
}

func (m *master) rescindAll(f *framework) {
	for _, o := range inOrder(f.offers) {
		m.rescind(o)
	}
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
