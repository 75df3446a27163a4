package framework

import (
	"context"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/outbox"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Volumes has Mesos keep volumes. Its methods return at once.
type Volumes interface {
	// Offered learns from an offer of a node's agent, and returns what the offer is to be
	// used for; nothing: it is of no use for volumes. What it returns has been put on
	// record, as far as that is necessary.
	Offered(now time.Time, node string, offered []*mesospb.Resource) []*mesospb.Offer_Operation
	// Listed learns all that a node's agent has, as the master said when it was asked.
	Listed(asked time.Time, node string, total []*mesospb.Resource)
	// Present learns which nodes have an agent, and keeps nodes.
	Present(nodes map[string]bool)
	// Needed yields a value when offers are wanted although no pod may wait for any.
	Needed() <-chan struct{}
}

// volumeOffers shows the keeper of volumes, if there is one, what Mesos offers and lists.
type volumeOffers struct {
	keeper Volumes // may be nil
	now    func() time.Time
	outbox jobs
	agents *agents
	drains *drains
}

// used reports whether an offer was used for volumes. What they leave of it is offered
// again.
func (v *volumeOffers) used(o *mesospb.Offer, a *agent) bool {
	if v.keeper == nil || !v.agents.holds(a) {
		return false
	}
	ops := v.keeper.Offered(v.now(), a.Node, o.GetResources())
	if len(ops) == 0 {
		return false
	}
	id := []string{o.GetId().GetValue()}
	v.agents.spend(id)
	v.outbox.Put(outbox.Job{Call: mesos.Accept(id, 0, ops...)})
	return true
}

// listed passes on which agents there are, and what the master says that they have. One that
// has not offered yet may be about to take over a Node.
func (v *volumeOffers) listed(states agentStates) {
	if v.keeper == nil {
		return
	}
	present := map[string]bool{}
	for _, state := range states.agents {
		info := state.GetAgentInfo()
		a := v.agents.get(info.GetId().GetValue())
		if a == nil {
			present[nodes.Name(info.GetHostname(), info.GetId().GetValue(), func(string) bool { return false })] = true
			continue
		}
		present[a.Node] = true
		if v.agents.holds(a) {
			v.keeper.Listed(states.asked, a.Node, state.TotalResources)
		}
	}
	v.keeper.Present(present)
}

// ask asks for offers, and for the list: it alone says what is not there any more.
func (v *volumeOffers) ask() {
	v.outbox.Put(outbox.Job{Call: mesos.Revive()})
	v.drains.ask()
}

// offersNeeded: offers are wanted for volumes.
type offersNeeded struct{}

func (offersNeeded) apply(l *loop) {
	if l.connected {
		l.volumes.ask()
	}
}

// watchVolumes passes on that offers are wanted for volumes, until ctx ends.
func (f *Framework) watchVolumes(ctx context.Context) {
	if f.cfg.Volumes == nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.cfg.Volumes.Needed():
			f.inbox.Put(offersNeeded{})
		}
	}
}
