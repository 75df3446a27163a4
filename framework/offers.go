package framework

import (
	"slices"
	"strings"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/outbox"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// noUse is the filter for what will not be wanted in the foreseeable future.
const noUse = time.Hour

// offered records the agents that offer, and tells the core about their Nodes
// first and then about the offers. Agents that may not be used, or cannot be now, are
// declined.
func (l *loop) offered(offers []*mesospb.Offer) {
	var wanted []scheduler.Offer
	var unwanted, unusable []string
	for _, o := range offers {
		id := o.GetId().GetValue()
		if l.agents.offers[id] != nil {
			l.log.Info("ignoring an offer with the id of another one", "offer", id)
			continue
		}
		if !l.allowed(o.GetHostname()) {
			unwanted = append(unwanted, id)
			continue
		}
		a := l.agents.offer(o, l.clock.now())
		l.drains.setDeactivated(a, false)
		if !a.started {
			l.drains.over(a)
		}
		if a.strange() || a.Draining {
			l.drains.endUnusable(a)
			l.agents.spend([]string{id})
			unusable = append(unusable, id)
			continue
		}
		l.nodes.identify(a)
		l.nodes.publish(a)
		if l.volumes.used(o, a) {
			continue
		}
		l.launcher.tokens.For(a.Node, time.Now())
		wanted = append(wanted, l.withoutVolumes(translateOffer(o, a), a))
	}
	if len(unwanted) > 0 {
		l.outbox.Put(outbox.Job{Call: mesos.Decline(unwanted, noUse)})
	}
	if len(unusable) > 0 {
		l.outbox.Put(outbox.Job{Call: mesos.Decline(unusable, unusableRefuse)})
	}
	if len(wanted) > 0 {
		l.step(scheduler.Offered{Offers: wanted})
	}
}

// withoutVolumes takes from an offer the disk that is kept for volumes of its node, in MiB:
// once, if the agent makes several.
func (l *loop) withoutVolumes(o scheduler.Offer, a *agent) scheduler.Offer {
	if r, is := l.rules.(volumeRules); is && len(a.offers) == 1 {
		o.Amount.Disk -= (r.VolumesOn(o.Node) + 1<<20 - 1) >> 20
	}
	return o
}

// allowed reports whether agents of that host name may be used.
func (l *loop) allowed(hostname string) bool {
	return len(l.machines) == 0 || slices.ContainsFunc(l.machines, func(m string) bool { return strings.EqualFold(m, hostname) })
}

func (l *loop) rescinded(id string) {
	l.agents.spend([]string{id})
	l.step(scheduler.Rescinded{ID: id})
}
