package local

import (
	"slices"
	"strings"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// offer is a part of an agent that a framework may use or decline.
type offer struct {
	id        string
	framework *framework
	agent     *agent
	role      string
	resources []*mesospb.Resource // as the agent has them, without allocation
	timeout   *timer
}

// The least that is offered: either of them. (Mesos: --min_allocatable_resources)
const (
	leastCPU = 10     // thousandths
	leastMem = 32_000 // thousandths of MB
)

// allocateEachInterval runs a round of offers each interval, for ever. Besides,
// there is a round when a framework subscribes or revives and when an agent
// comes; freed resources wait for the next regular one.
func (m *master) allocateEachInterval() {
	m.allocate()
	m.after(m.cfg.AllocationInterval, m.allocateEachInterval)
}

// allocate offers all that is free, an agent's rest in one piece to one
// framework in one role. Who comes first changes from agent to agent, so that
// everybody gets a share; what the first may or will not have is for the next.
func (m *master) allocate() {
	if m.ending {
		return
	}
	candidates := m.candidates()
	if len(candidates) == 0 {
		return
	}
	batches := map[*framework][]*mesospb.Offer{}
	for _, a := range m.agents {
		if !a.connected {
			continue
		}
		for i := range candidates {
			c := candidates[(m.turn+i)%len(candidates)]
			if o := m.offerTo(c, a); o != nil {
				batches[c.framework] = append(batches[c.framework], o)
			}
		}
		m.turn++
	}
	for _, f := range m.order {
		if b := batches[f]; len(b) > 0 {
			f.send(m, &mesospb.SchedulerEvent{
				Type:   mesospb.SchedulerEvent_OFFERS.Enum(),
				Offers: &mesospb.SchedulerEvent_Offers{Offers: b},
			})
		}
	}
}

// candidate is a framework in one of its roles.
type candidate struct {
	framework *framework
	role      string
}

func (m *master) candidates() []candidate {
	var cs []candidate
	for _, f := range m.order {
		if f.stream == nil {
			continue
		}
		for _, role := range f.roles {
			if !f.suppressed[role] {
				cs = append(cs, candidate{f, role})
			}
		}
	}
	return cs
}

// offerTo takes from the agent what the candidate may have and has not refused.
func (m *master) offerTo(c candidate, a *agent) *mesospb.Offer {
	var usable []*mesospb.Resource
	for _, r := range a.free {
		if mayUse(c.role, resources.Role(r)) {
			usable = append(usable, r)
		}
	}
	if resources.Scalar(usable, "cpus") < leastCPU && resources.Scalar(usable, "mem") < leastMem {
		return nil
	}
	if c.framework.refuses(c.role, a, usable) {
		return nil
	}
	a.free, _ = resources.Subtract(a.free, usable)
	o := &offer{id: m.newOfferID(), framework: c.framework, agent: a, role: c.role, resources: usable}
	m.offers[o.id], c.framework.offers[o.id], a.offers[o.id] = o, o, o
	if d := m.cfg.OfferTimeout; d > 0 {
		o.timeout = m.after(d, func() { m.rescind(o) })
	}
	if m.dice.happens(m.cfg.Faults.RescindOffers) {
		m.after(m.cfg.Faults.RescindAfter, func() { m.rescind(o) })
	}
	return o.message()
}

// mayUse tells whether a role may use what is reserved for another: for
// everyone, for itself, or for one above it.
func mayUse(role, reserved string) bool {
	return reserved == "*" || reserved == role || strings.HasPrefix(role, reserved+"/")
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

// offered writes resources in the form that the framework understands: with a
// role, or with a stack of reservations; allocated, or not.
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

// remove takes an offer out of the world; its resources are the caller's.
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

// takeOffersBack without a word, as when the stream has changed.
func (m *master) takeOffersBack(f *framework) {
	for _, o := range inOrder(f.offers) {
		m.takeBack(o)
	}
}

// rescind takes an offer back, if it is still held, and says so.
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
