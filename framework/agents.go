package framework

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
)

// agent holds what the loop knows about a Mesos agent.
type agent struct {
	agentRecord
	id       string
	labels   map[string]string // of its Node, made from its attributes
	capacity scheduler.Amount  // the most that was seen of it at once
	tasks    map[string]scheduler.Task
	offers   map[string]*mesospb.Offer // outstanding
	stored   []byte                    // the ExecutorInfo that is certain to be on record; nil: none
	met      bool                      // it has offered since we started
	lost     bool                      // Mesos has given it up
	runs     bool                      // our executor ran there when it last offered
	started  bool                      // our executor may live there
	offered  time.Time                 // when it last did

	deactivated bool // by an operator: Mesos offers it to no framework

	maintenance window // announced by the operator
}

// agents holds every known agent, and which of them has a Node's name.
type agents struct {
	byID   map[string]*agent
	holder map[string]string // node name to agent id
	offers map[string]*agent // outstanding offers, by id
}

func newAgents(stored map[string]agentRecord) *agents {
	as := &agents{byID: map[string]*agent{}, holder: map[string]string{}, offers: map[string]*agent{}}
	for _, id := range slices.Sorted(maps.Keys(stored)) {
		as.add(id, stored[id])
	}
	return as
}

func (as *agents) add(id string, r agentRecord) *agent {
	a := &agent{agentRecord: r, id: id, stored: r.Executor, started: len(r.Executor) > 0, tasks: map[string]scheduler.Task{}, offers: map[string]*mesospb.Offer{}}
	as.byID[id] = a
	if r.Node != "" {
		as.holder[r.Node] = id
	}
	return a
}

// holds reports whether the agent has its Node, and none has taken it over.
func (as *agents) holds(a *agent) bool { return as.holder[a.Node] == a.id }

// superseded returns the agents whose Node another has taken over and that have
// no task left, in no order.
func (as *agents) superseded() (gone []*agent) {
	for _, a := range as.byID {
		if !as.holds(a) && len(a.tasks) == 0 {
			gone = append(gone, a)
		}
	}
	return gone
}

func (as *agents) remove(a *agent) {
	as.spendAll(a)
	delete(as.byID, a.id)
	if as.holds(a) {
		delete(as.holder, a.Node)
	}
}

// saw learns from a Node which agent it was made for. When two are on record for
// the same Node, that agent has it until one of them offers.
func (as *agents) saw(n *v1.Node) {
	id := n.Annotations[AnnotationAgent]
	if id == "" {
		return
	}
	a, holder := as.byID[id], as.byID[as.holder[n.Name]]
	switch {
	case a == nil && holder == nil:
		a = as.add(id, agentRecord{Node: n.Name, Hostname: n.Annotations[AnnotationHostname], Address: n.Annotations[AnnotationAddress]})
	case a == nil || a.Node != n.Name:
		return
	case holder != nil && !holder.met:
		as.holder[n.Name] = id
	}
	a.recall(n)
}

// recall restores from its Node what an earlier life knew about an agent that
// has not offered in this one.
func (a *agent) recall(n *v1.Node) {
	if a.met || a.labels != nil {
		return
	}
	a.labels = map[string]string{}
	for k, v := range n.Labels {
		if strings.HasPrefix(k, LabelAttribute) {
			a.labels[k] = v
		}
	}
	_, a.deactivated = n.Annotations[AnnotationCordoned]
}

// take returns the agent of an offer, known or new. A new one takes over the
// Node of an agent with the same host name that is gone, as after a restart
// that gave the machine's agent another id. If the old one comes back after
// all, it gets another Node and keeps its tasks and executor.
func (as *agents) take(o *mesospb.Offer) *agent {
	id := o.GetAgentId().GetValue()
	a := as.byID[id]
	if a == nil || !as.holds(a) {
		name := freeName(o.GetHostname(), id, func(name string) bool {
			holder, held := as.holder[name]
			h := as.byID[holder]
			return held && h != nil && h.id != id && !h.gone(o)
		})
		if a == nil {
			a = as.add(id, agentRecord{})
		}
		a.Node, as.holder[name] = name, id
	}
	a.Hostname = o.GetHostname()
	if e := endpoint(o); e != "" {
		a.Address = e
	}
	a.labels = attributeLabels(o.GetAttributes())
	a.met, a.lost = true, false
	a.maintenance = windowOf(o.Unavailability)
	a.runs = slices.ContainsFunc(o.GetExecutorIds(), func(e *mesospb.ExecutorID) bool {
		return e.GetValue() == taskdata.ExecutorID
	})
	a.started = a.runs || len(a.tasks) > 0
	a.offers[o.GetId().GetValue()] = o
	as.offers[o.GetId().GetValue()] = a
	a.capacity = larger(a.capacity, a.visible())
	return a
}

// spend removes offers and returns those of their resources that tasks may use.
func (as *agents) spend(ids []string) (held []*mesospb.Resource) {
	for _, id := range ids {
		a := as.offers[id]
		if a == nil {
			continue
		}
		held = append(held, usable(a.offers[id].GetResources())...)
		delete(a.offers, id)
		delete(as.offers, id)
	}
	return held
}

// spendAll removes all offers, or those of one agent.
func (as *agents) spendAll(only *agent) {
	for id, a := range as.offers {
		if only == nil || a == only {
			delete(a.offers, id)
			delete(as.offers, id)
		}
	}
}

// idle reports whether no executor of ours runs there and none is about to.
func (a *agent) idle() bool { return !a.runs && len(a.tasks) == 0 }

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

func larger(a, b scheduler.Amount) scheduler.Amount {
	return scheduler.Amount{CPU: max(a.CPU, b.CPU), Mem: max(a.Mem, b.Mem)}
}
