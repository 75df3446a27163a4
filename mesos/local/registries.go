package local

import (
	"fmt"
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// agents are all agents, and those ids of agents that the master has on record.
type agents struct {
	all   []*agent // in order; fixed
	byID  map[string]*agent
	gone  map[string]bool // ids of agents that an operator marked as gone
	count int             // of the ids given out by this master
}

func newAgents() *agents { return &agents{byID: map[string]*agent{}, gone: map[string]bool{}} }

// find returns the agent that has this id now.
func (as *agents) find(id *mesospb.AgentID) *agent { return as.byID[id.GetValue()] }

// admit gives an agent its id.
func (as *agents) admit(a *agent, master string) {
	a.id = fmt.Sprintf("%s-S%d", master, as.count)
	as.count++
	as.byID[a.id] = a
}

// recovering reports whether some agents have not been heard from yet.
func (as *agents) recovering() bool {
	return slices.ContainsFunc(as.all, func(a *agent) bool { return a.link.recovering })
}

// executor returns an executor that the framework may contact now.
func (as *agents) executor(f *framework, agent *mesospb.AgentID, id *mesospb.ExecutorID) *executor {
	if a := as.find(agent); a != nil && a.link.connected {
		return a.executors.byKey[executorKey{f.id, id.GetValue()}]
	}
	return nil
}

// maxCompleted frameworks are remembered, so that their ids cannot come back.
const maxCompleted = 50

// frameworks are those that the master knows.
type frameworks struct {
	byID      map[string]*framework
	order     []*framework // by subscription
	completed []*framework // the last ones that ended for good
	count     int          // of the ids given out by this master
}

func newFrameworks() *frameworks { return &frameworks{byID: map[string]*framework{}} }

func (fs *frameworks) newID(master string) string {
	id := fmt.Sprintf("%s-%04d", master, fs.count)
	fs.count++
	return id
}

func (fs *frameworks) add(f *framework) {
	fs.byID[f.id] = f
	fs.order = append(fs.order, f)
}

// forget drops a framework, which may come back.
func (fs *frameworks) forget(f *framework) {
	delete(fs.byID, f.id)
	fs.order = slices.DeleteFunc(fs.order, func(x *framework) bool { return x == f })
}

// complete drops a framework for good.
func (fs *frameworks) complete(f *framework) {
	fs.forget(f)
	fs.completed = append(fs.completed, f)
	if n := len(fs.completed); n > maxCompleted {
		fs.completed = slices.Clone(fs.completed[n-maxCompleted:])
	}
}

// isCompleted reports whether a framework with this id ended for good.
func (fs *frameworks) isCompleted(id string) bool {
	return slices.ContainsFunc(fs.completed, func(f *framework) bool { return f.id == id })
}
