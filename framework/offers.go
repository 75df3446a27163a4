package framework

import (
	"strings"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// noUse is the filter for what will not be wanted in the foreseeable future.
const noUse = time.Hour

// offered records the agents that offer, and tells the core about their Nodes
// first and then about the offers. Agents that may not be used are declined.
func (l *loop) offered(offers []*mesospb.Offer) {
	var usableOffers []scheduler.Offer
	var unwanted, strange []string
	for _, o := range offers {
		if l.agents.offers[o.GetId().GetValue()] != nil {
			glog.Warningf("framework: passing an offer over whose id %s is that of another one", o.GetId().GetValue())
			continue
		}
		if !l.allowed(o.GetHostname()) {
			unwanted = append(unwanted, o.GetId().GetValue())
			continue
		}
		a := l.agents.take(o)
		a.offered = l.clock.now()
		l.deactivate(a, false)
		if !a.started {
			l.drainOver(a)
		}
		if a.strange() || a.Draining {
			l.shutDown(a)
			l.agents.spend([]string{o.GetId().GetValue()})
			strange = append(strange, o.GetId().GetValue())
			continue
		}
		w := l.wanted(a)
		l.book.set(w)
		l.tellNode(w.name, &w)
		l.writer.want(w)
		l.tokens.of(w.name, time.Now())
		usableOffers = append(usableOffers, translateOffer(o, a))
	}
	if len(unwanted) > 0 {
		l.outbox.put(job{call: mesos.Decline(unwanted, noUse)})
	}
	if len(strange) > 0 {
		l.outbox.put(job{call: mesos.Decline(strange, strangeRefuse)})
	}
	l.forgetSuperseded()
	if len(usableOffers) > 0 {
		l.step(scheduler.Offered{Offers: usableOffers})
	}
}

// strangeRefuse is how long the offers of an agent whose executor is to end are
// not wanted.
const strangeRefuse = 5 * time.Second

// strange reports whether an executor of ours runs there without any record, even
// of a task: no task could be launched to it, as Mesos compares ExecutorInfos.
func (a *agent) strange() bool { return a.runs && len(a.Executor) == 0 && len(a.tasks) == 0 }

// shutDown ends an executor to which no task can be launched.
func (l *loop) shutDown(a *agent) {
	if a.Draining {
		l.endIdle(a)
		return
	}
	glog.Warningf("framework: ending the executor on agent %s: there is no record of what it was started with", a.id)
	l.outbox.put(job{call: mesos.Shutdown(taskdata.ExecutorID, a.id)})
}

func translateOffer(o *mesospb.Offer, a *agent) scheduler.Offer {
	rs := usable(o.GetResources())
	return scheduler.Offer{
		ID:       o.GetId().GetValue(),
		Agent:    a.id,
		Node:     a.Node,
		Amount:   amountOf(rs),
		Ports:    portsOf(rs),
		Executor: a.runs,
	}
}

// allowed reports whether agents of that host name may be used.
func (l *loop) allowed(hostname string) bool {
	if len(l.cfg.Machines) == 0 {
		return true
	}
	for _, m := range l.cfg.Machines {
		if strings.EqualFold(m, hostname) {
			return true
		}
	}
	return false
}
