package framework

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/outbox"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
)

// agents holds every known agent with its tasks and outstanding offers, which of them has
// a Node's name, and keeps their records.
type agents struct {
	outbox jobs
	log    logr.Logger

	byID   map[string]*agent
	holder map[string]string // node name to agent id
	offers map[string]*agent // outstanding offers, by id
}

func newAgents(stored records.Records, outbox jobs, log logr.Logger) *agents {
	as := &agents{outbox: outbox, log: log, byID: map[string]*agent{}, holder: map[string]string{}, offers: map[string]*agent{}}
	for _, id := range slices.Sorted(maps.Keys(stored.Agents)) {
		as.add(id, stored.Agents[id])
	}
	for _, t := range stored.Tasks {
		if a := as.byID[t.Agent]; a != nil {
			a.tasks[t.ID] = t
		}
	}
	return as
}

func (as *agents) add(id string, r records.Agent) *agent {
	a := &agent{Agent: r, id: id, stored: r.Executor, started: len(r.Executor) > 0, tasks: map[string]scheduler.Task{}, offers: map[string]*mesospb.Offer{}}
	as.byID[id] = a
	if r.Node != "" {
		as.holder[r.Node] = id
	}
	return a
}

// get returns an agent, or nil.
func (as *agents) get(id string) *agent { return as.byID[id] }

// sorted returns all agents, by id.
func (as *agents) sorted() []*agent {
	all := make([]*agent, 0, len(as.byID))
	for _, id := range slices.Sorted(maps.Keys(as.byID)) {
		all = append(all, as.byID[id])
	}
	return all
}

// ofNode returns the agent that has a Node, or nil.
func (as *agents) ofNode(name string) *agent {
	if id, held := as.holder[name]; held {
		return as.byID[id]
	}
	return nil
}

// holds reports whether the agent has its Node, and none has taken it over.
func (as *agents) holds(a *agent) bool { return as.holder[a.Node] == a.id }

// addresses returns the addresses of the Nodes' agents that are known.
func (as *agents) addresses() map[string]netip.Addr {
	all := map[string]netip.Addr{}
	for node, id := range as.holder {
		if ip, err := netip.ParseAddr(as.byID[id].ip()); err == nil {
			all[node] = ip.Unmap()
		}
	}
	return all
}

// saw learns from a Node which agent it was made for. When two are on record for
// the same Node, that agent has it until one of them offers. It reports whether the Node
// has another agent now.
func (as *agents) saw(n *v1.Node) (moved bool) {
	id := n.Annotations[nodes.AnnotationAgent]
	if id == "" {
		return false
	}
	a, holder := as.byID[id], as.ofNode(n.Name)
	switch {
	case a == nil && holder == nil:
		a = as.add(id, records.Agent{Node: n.Name, Hostname: n.Annotations[nodes.AnnotationHostname], Address: n.Annotations[nodes.AnnotationAddress]})
	case a == nil || a.Node != n.Name:
		return false
	case holder != nil && !holder.met:
		moved = holder != a
		as.holder[n.Name] = id
	}
	a.restore(n)
	return moved
}

// offer notes an offer and returns its agent, known or new. A new one takes over the
// Node of an agent with the same host name that is gone, as after a restart
// that gave the machine's agent another id. If the old one comes back after
// all, it gets another Node and keeps its tasks and executor.
func (as *agents) offer(o *mesospb.Offer, now time.Time) *agent {
	id := o.GetAgentId().GetValue()
	a := as.byID[id]
	if a == nil || !as.holds(a) {
		name := nodes.Name(o.GetHostname(), id, func(name string) bool {
			h := as.ofNode(name)
			return h != nil && h.id != id && !h.supersededBy(o)
		})
		if a == nil {
			a = as.add(id, records.Agent{})
		}
		a.Node, as.holder[name] = name, id
		as.forgetSuperseded()
	}
	a.offersNow(o, now)
	as.offers[o.GetId().GetValue()] = a
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

// executorStored notes that an agent's ExecutorInfo is on record.
func (as *agents) executorStored(id string, info []byte) {
	if a := as.byID[id]; a != nil {
		a.stored = info
	}
}

// setDraining records whether an agent's executor must end before tasks can start.
func (as *agents) setDraining(a *agent, draining bool) {
	a.Draining = draining
	as.outbox.Put(outbox.Job{Changes: []records.Change{records.PutAgent(a.id, a.Agent)}})
}

// forgetTask notes that the task no longer keeps an executor alive; the agent may be
// unknown.
func (as *agents) forgetTask(id, agentID string) {
	if a := as.byID[agentID]; a != nil {
		as.removeTask(a, id)
		return
	}
	for _, a := range as.byID {
		as.removeTask(a, id)
	}
}

func (as *agents) removeTask(a *agent, id string) {
	a.freed = plus(a.freed, a.tasks[id].Amount)
	delete(a.tasks, id)
	if !as.holds(a) && len(a.tasks) == 0 {
		as.forget(a)
	}
}

// forgetSuperseded drops the agents whose Node another has taken over and that have no
// task left, and their records. One that comes back counts as new. It is called at start
// and when a Node passes to another agent; later, such an agent goes with its last task.
func (as *agents) forgetSuperseded() {
	for _, a := range as.byID {
		if !as.holds(a) && len(a.tasks) == 0 {
			as.forget(a)
		}
	}
}

// forget drops an agent and its record.
func (as *agents) forget(a *agent) {
	as.log.Info("forgetting an agent", "agent", a.id, "node", a.Node, "agent of the node", as.holder[a.Node])
	as.spendAll(a)
	delete(as.byID, a.id)
	if as.holds(a) {
		delete(as.holder, a.Node)
	}
	as.outbox.Put(outbox.Job{Changes: []records.Change{records.DeleteAgent(a.id)}})
}
