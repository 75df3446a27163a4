package framework

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/outbox"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
)

// Before a maintenance that an operator has announced (Mesos' docs/maintenance.md)
// an agent is emptied: from maintenanceNotice ahead, new pods keep away from it,
// and from evictionLead ahead, those there are evicted, repeatedly, as far as
// their disruption budgets allow.
const (
	maintenanceNotice = time.Hour
	evictionLead      = 10 * time.Minute
	maintenanceEvery  = 15 * time.Second
)

// maintenance prepares agents for theirs.
type maintenance struct {
	now    func() time.Time
	outbox jobs
	evict  func(*v1.Pod)
	log    logr.Logger

	agents *agents
	nodes  *nodeKeeper
	pods   *podTracker
}

func (f *Framework) watchMaintenance(ctx context.Context) {
	f.remind(ctx, maintenanceDue{}, maintenanceEvery, nil)
}

// window is when an agent is to be without tasks. The zero value: never.
type window struct {
	start time.Time
	end   time.Time // zero: not known
}

func windowOf(u *mesospb.Unavailability) window {
	if u == nil {
		return window{}
	}
	w := window{start: time.Unix(0, u.GetStart().GetNanoseconds())}
	if u.Duration != nil {
		w.end = w.start.Add(time.Duration(u.GetDuration().GetNanoseconds()))
	}
	return w
}

// within reports whether at now the window is less than ahead away, or open.
func (w window) within(ahead time.Duration, now time.Time) bool {
	return !w.start.IsZero() && now.Add(ahead).After(w.start) && (w.end.IsZero() || now.Before(w.end))
}

// inverseOffered: the master asks whether agents may be emptied. They may; pods
// leave in time.
func (m *maintenance) inverseOffered(offers []*mesospb.InverseOffer) {
	c := &mesospb.SchedulerCall{
		Type:                mesospb.SchedulerCall_ACCEPT_INVERSE_OFFERS.Enum(),
		AcceptInverseOffers: &mesospb.SchedulerCall_AcceptInverseOffers{},
	}
	for _, o := range offers {
		c.AcceptInverseOffers.InverseOfferIds = append(c.AcceptInverseOffers.InverseOfferIds, o.GetId())
		if a := m.agents.get(o.GetAgentId().GetValue()); a != nil {
			a.maintenance = windowOf(o.GetUnavailability())
			m.log.Info("an agent is to be without tasks", "agent", a.id, "node", a.Node, "from", a.maintenance.start)
		}
	}
	m.outbox.Put(outbox.Job{Call: c})
	m.prepare()
}

// prepare does what is due before the maintenance of agents.
func (m *maintenance) prepare() {
	now := m.now()
	for _, a := range m.agents.sorted() {
		if a.maintenance.start.IsZero() {
			continue
		}
		m.nodes.publish(a)
		if !a.maintenance.within(evictionLead, now) {
			continue
		}
		for _, t := range a.tasks {
			if p := m.pods.bound(t, a); p != nil && p.DeletionTimestamp == nil {
				m.evict(p)
			}
		}
	}
}
