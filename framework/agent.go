package framework

import (
	"bytes"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/outbox"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
)

// agent holds what the loop knows about a Mesos agent.
type agent struct {
	records.Agent
	id       string
	labels   map[string]string // of its Node, made from its attributes
	capacity scheduler.Amount  // the most that was seen of it at once
	ports    []resources.Range // all that it was seen to offer
	tasks    map[string]scheduler.Task
	offers   map[string]*mesospb.Offer // outstanding
	stored   []byte                    // the ExecutorInfo that is certain to be on record; nil: none
	met      bool                      // it has offered since we started
	lost     bool                      // Mesos has given it up
	runs     bool                      // our executor ran there when it last offered
	started  bool                      // our executor may live there
	offered  time.Time                 // when it last did
	freed    scheduler.Amount          // what tasks and executor of ours have set free since

	deactivated bool // by an operator: Mesos offers it to no framework

	maintenance window // announced by the operator
}

// idle reports whether no executor of ours runs there and none is about to.
func (a *agent) idle() bool { return !a.runs && len(a.tasks) == 0 }

// strange reports whether an executor of ours runs there without any record, even
// of a task: no task could be launched to it, as Mesos compares ExecutorInfos.
func (a *agent) strange() bool { return a.runs && len(a.Executor) == 0 && len(a.tasks) == 0 }

// offersNow notes an offer and what it says about the agent.
func (a *agent) offersNow(o *mesospb.Offer, now time.Time) {
	a.offered, a.freed = now, scheduler.Amount{}
	a.Hostname = o.GetHostname()
	if e := endpoint(o); e != "" {
		a.Address = e
	}
	a.labels = nodes.AttributeLabels(o.GetAttributes())
	a.met, a.lost = true, false
	a.maintenance = windowOf(o.Unavailability)
	a.runs = slices.ContainsFunc(o.GetExecutorIds(), func(e *mesospb.ExecutorID) bool {
		return e.GetValue() == taskdata.ExecutorID
	})
	a.started = a.runs || len(a.tasks) > 0
	a.offers[o.GetId().GetValue()] = o
	a.capacity = larger(a.capacity, a.visible())
	a.ports = resources.Union(a.ports, resources.Ports(o.Resources))
}

// visible returns what can be seen of the agent's resources: what it offers and
// what our tasks have.
func (a *agent) visible() scheduler.Amount {
	var sum scheduler.Amount
	for _, o := range a.offers {
		sum = plus(sum, amountOf(usable(o.GetResources())))
	}
	for _, t := range a.tasks {
		sum = plus(sum, t.Amount)
	}
	return sum
}

// restore takes from its Node what an earlier life knew about an agent: its ports, and
// the rest if it has not offered in this one.
func (a *agent) restore(n *v1.Node) {
	a.ports = resources.Union(a.ports, nodes.PortsOf(n))
	if a.met || a.labels != nil {
		return
	}
	a.labels = map[string]string{}
	for k, v := range n.Labels {
		if strings.HasPrefix(k, nodes.LabelAttribute) {
			a.labels[k] = v
		}
	}
	_, a.deactivated = n.Annotations[nodes.AnnotationCordoned]
}

// recordTo adds to a launch what it stores of the agent: nothing once its ExecutorInfo
// is known to be on record. Until then each launch brings it, as the one before
// may fail to be stored. stored is called when it is.
func (a *agent) recordTo(j *outbox.Job, stored func(executorStored)) {
	if bytes.Equal(a.stored, a.Executor) {
		return
	}
	j.Changes = append(j.Changes, records.PutAgent(a.id, a.Agent))
	m := executorStored{a.id, a.Executor}
	j.Stored = func() { stored(m) }
}

// supersededBy reports whether the agent of o can only be here because a is gone: Mesos
// has given a up, or its address has passed on. Agents on loopback are those of a
// local Mesos, which names each differently. An agent from before our start that
// never ran an executor has nothing to lose but its name.
func (a *agent) supersededBy(o *mesospb.Offer) bool {
	switch {
	case a.lost:
		return true
	case a.Hostname == o.GetHostname() && a.Address != "" && a.Address == endpoint(o):
		return true
	case a.met:
		return false
	case a.Hostname == o.GetHostname() && net.ParseIP(a.ip()).IsLoopback():
		return true
	}
	return len(a.tasks) == 0 && a.Executor == nil
}

// endpoint returns the address of an offer's agent, host:port, or "" when
// unknown.
func endpoint(o *mesospb.Offer) string {
	addr := o.GetUrl().GetAddress()
	host := addr.GetIp()
	if host == "" {
		host = addr.GetHostname()
	}
	if host == "" {
		return ""
	}
	return net.JoinHostPort(host, strconv.Itoa(int(addr.GetPort())))
}

// ip returns the agent's address without its port, or "" when it is not an IP
// address.
func (a *agent) ip() string {
	host, _, err := net.SplitHostPort(a.Address)
	if err != nil || net.ParseIP(host) == nil {
		return ""
	}
	return host
}
