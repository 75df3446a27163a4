package framework

import (
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
)

// podSeen: a pod whose binding is seen only after its agent was lost is shown as not
// ready, like the agent's other pods.
func (l *loop) podSeen(p *v1.Pod) {
	if !l.pods.seen(p) || !podspec.Bound(p) {
		return
	}
	if a := l.agents.ofNode(p.Spec.NodeName); a != nil && a.lost {
		l.podWriter.MarkUnready(p, nodes.ReasonLost, nodes.MessageLost)
	}
}

// podsSynced: all pods and Nodes that existed at start have been seen.
func (l *loop) podsSynced() {
	l.agents.forgetSuperseded()
	for _, p := range l.pods.listed() {
		l.podSeen(p)
	}
	l.step(scheduler.PodsListed{})
}

func (l *loop) budgetSeen(m budgetSeen) {
	e := scheduler.BudgetChanged{Namespace: m.budget.Namespace, Name: m.budget.Name}
	if !m.gone {
		e.Budget = m.budget
	}
	l.step(e)
}

func (l *loop) nodeSeen(n *v1.Node) {
	if l.agents.saw(n) && l.pods.synced {
		l.agents.forgetSuperseded()
	}
	l.nodes.seen(n)
}

// nodeGone: a Node was deleted. The Node of an agent that offers is made again
// with the next offer; an agent that Mesos has lost as well is forgotten.
func (l *loop) nodeGone(name string) {
	l.nodes.deleted(name)
	if a := l.agents.ofNode(name); a != nil && a.lost && len(a.tasks) == 0 {
		l.agents.forget(a)
		l.launcher.tokens.Forget(name)
	}
	l.step(scheduler.NodeChanged{Name: name})
}
