package local

import (
	"fmt"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/faults"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/loop"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// The least that is offered; either is enough. (Mesos: --min_allocatable_resources)
const (
	leastCPU = 10     // thousandths
	leastMem = 32_000 // thousandths of MB
)

// allocator owns all offers and decides who is offered what.
type allocator struct {
	cfg        *Config
	loop       *loop.Loop
	faults     *faults.Player
	agents     *agents
	frameworks *frameworks

	master  string // its id, part of offers' ids
	count   int    // of the ids given out by this master
	byID    map[string]*offer
	next    int  // the candidate whose turn it is to get an offer
	stopped bool // nothing is offered any more
}

// allocateEachInterval runs a round of offers each interval, without end. There is
// also a round when a framework subscribes or revives and when an agent joins; freed
// resources wait for the next regular one.
func (al *allocator) allocateEachInterval() {
	al.allocate()
	al.loop.After(al.cfg.AllocationInterval, al.allocateEachInterval)
}

// allocate offers everything free, the rest of each agent in one piece to one
// framework in one role. The first candidate changes from agent to agent, so each
// gets a share; what it may not have or refuses goes to the next.
func (al *allocator) allocate() {
	if al.stopped {
		return
	}
	candidates := al.candidates()
	if len(candidates) == 0 {
		return
	}
	batches := map[*framework][]*mesospb.Offer{}
	for _, a := range al.agents.all {
		if !a.active() {
			continue
		}
		for i := range candidates {
			c := candidates[(al.next+i)%len(candidates)]
			if o := al.offerTo(c, a); o != nil {
				batches[c.framework] = append(batches[c.framework], o)
			}
		}
		al.next++
	}
	for _, f := range al.frameworks.order {
		if b := batches[f]; len(b) > 0 {
			f.send(&mesospb.SchedulerEvent{
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

func (al *allocator) candidates() []candidate {
	var cs []candidate
	for _, f := range al.frameworks.order {
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
func (al *allocator) offerTo(c candidate, a *agent) *mesospb.Offer {
	var usable []*mesospb.Resource
	for _, r := range a.capacity.free {
		if mayUse(c.role, resources.Role(r)) && c.framework.understands(r) {
			usable = append(usable, r)
		}
	}
	if resources.Scalar(usable, "cpus") < leastCPU && resources.Scalar(usable, "mem") < leastMem {
		return nil
	}
	if c.framework.refuses(c.role, a, usable) {
		return nil
	}
	a.capacity.take(usable)
	o := &offer{id: al.newID(), framework: c.framework, agent: a, role: c.role, resources: usable}
	al.byID[o.id], c.framework.offers[o.id], a.capacity.offers[o.id] = o, o, o
	if d := al.cfg.OfferTimeout; d > 0 {
		o.timeout = al.loop.After(d, func() { al.rescind(o) })
	}
	if al.faults.Happens(al.faults.RescindOffers) {
		al.loop.After(al.faults.RescindAfter, func() { al.rescind(o) })
	}
	return o.message()
}

// mayUse reports whether a role may use resources with this reservation: for
// everyone, for itself, or for a role above it.
func mayUse(role, reserved string) bool {
	return reserved == "*" || reserved == role || strings.HasPrefix(role, reserved+"/")
}

// understands reports whether a resource can be described to the framework.
func (f *framework) understands(r *mesospb.Resource) bool {
	_, plain := resources.Unrefined(r)
	return plain || f.has(mesospb.FrameworkInfo_Capability_RESERVATION_REFINEMENT)
}

func (al *allocator) newID() string {
	id := fmt.Sprintf("%s-O%d", al.master, al.count)
	al.count++
	return id
}

// remove removes an offer; the caller now owns its resources.
func (al *allocator) remove(o *offer) {
	o.timeout.Stop()
	delete(al.byID, o.id)
	delete(o.framework.offers, o.id)
	delete(o.agent.capacity.offers, o.id)
}

// takeBack returns an offer's resources to its agent.
func (al *allocator) takeBack(o *offer) {
	al.remove(o)
	o.agent.capacity.give(o.resources)
}

// takeAllBack takes all of a framework's offers back without notice, as when its stream
// has changed.
func (al *allocator) takeAllBack(f *framework) {
	for _, o := range inOrder(f.offers) {
		al.takeBack(o)
	}
}

// rescind takes an offer back, if it is still held, and tells the framework.
func (al *allocator) rescind(o *offer) {
	if al.byID[o.id] != o {
		return
	}
	al.takeBack(o)
	o.framework.send(&mesospb.SchedulerEvent{
		Type:    mesospb.SchedulerEvent_RESCIND.Enum(),
		Rescind: &mesospb.SchedulerEvent_Rescind{OfferId: &mesospb.OfferID{Value: &o.id}},
	})
}

// rescindAll rescinds all offers of a framework or an agent.
func (al *allocator) rescindAll(offers map[string]*offer) {
	for _, o := range inOrder(offers) {
		al.rescind(o)
	}
}
