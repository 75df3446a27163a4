package local

import (
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// The least that is offered; either is enough. (Mesos: --min_allocatable_resources)
const (
	leastCPU = 10     // thousandths
	leastMem = 32_000 // thousandths of MB
)

// allocateEachInterval runs a round of offers each interval, without end. There is
// also a round when a framework subscribes or revives and when an agent joins; freed
// resources wait for the next regular one.
func (m *master) allocateEachInterval() {
	m.allocate()
	m.after(m.cfg.AllocationInterval, m.allocateEachInterval)
}

// allocate offers everything free, the rest of each agent in one piece to one
// framework in one role. The first candidate changes from agent to agent, so each
// gets a share; what it may not have or refuses goes to the next.
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
		if !a.connected || a.deactivated {
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

// mayUse reports whether a role may use resources with this reservation: for
// everyone, for itself, or for a role above it.
func mayUse(role, reserved string) bool {
	return reserved == "*" || reserved == role || strings.HasPrefix(role, reserved+"/")
}
