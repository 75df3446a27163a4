package framework

import (
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/mailbox"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
)

// message is something that the loop learns, or is asked. These are all of them.
type message interface {
	apply(l *loop) // called by the loop, in the order of arrival
}

// inbox holds the messages that the loop has not applied yet.
type inbox = *mailbox.Mailbox[message]

type (
	// fromMesos is an event of the subscription.
	fromMesos struct{ event *mesospb.SchedulerEvent }

	// disconnected: there is no subscription now.
	disconnected struct{ err error }

	// outcome is what became of a call of the core.
	outcome struct{ event scheduler.Event }

	// executorStored: an agent's ExecutorInfo is on record.
	executorStored struct {
		agent string
		info  []byte
	}

	// podSeen: a pod is new or has changed. At start the existing ones come in
	// no order, followed by podsSynced. podGone: it was deleted or has finished.
	podSeen    struct{ pod *v1.Pod }
	podGone    struct{ pod *v1.Pod }
	podsSynced struct{}

	nodeSeen struct{ node *v1.Node }
	nodeGone struct{ name string }

	// budgetSeen: a disruption budget is new, has changed, or is gone.
	budgetSeen struct {
		budget *policyv1.PodDisruptionBudget
		gone   bool
	}

	// ruleObject is an object that the rules look at.
	ruleObject struct {
		object any
		gone   bool
	}

	// agentStates is the master's view of its agents.
	agentStates struct {
		asked  time.Time // when the question was sent: offers since are younger
		agents []*mesospb.MasterResponse_GetAgents_Agent
	}

	// settingsDue: executors are to be told their settings.
	settingsDue struct{}

	// maintenanceDue: time has passed, so the maintenance of an agent may be near.
	maintenanceDue struct{}

	// question has the loop look at what it owns.
	question func(*loop)
)

func (m fromMesos) apply(l *loop)      { l.mesosEvent(m.event) }
func (m disconnected) apply(l *loop)   { l.disconnect(m.err) }
func (m outcome) apply(l *loop)        { l.outcome(m.event) }
func (m executorStored) apply(l *loop) { l.agents.executorStored(m.agent, m.info) }
func (m podSeen) apply(l *loop)        { l.podSeen(m.pod) }
func (m podGone) apply(l *loop)        { l.pods.gone(m.pod) }
func (podsSynced) apply(l *loop)       { l.podsSynced() }
func (m nodeSeen) apply(l *loop)       { l.nodeSeen(m.node) }
func (m nodeGone) apply(l *loop)       { l.nodeGone(m.name) }
func (m budgetSeen) apply(l *loop)     { l.budgetSeen(m) }
func (m ruleObject) apply(l *loop)     { l.observe(m) }
func (m agentStates) apply(l *loop)    { l.drains.compare(m); l.volumes.listed(m) }
func (settingsDue) apply(l *loop)      { l.tellExecutors() }
func (maintenanceDue) apply(l *loop)   { l.maintenance.prepare() }
func (q question) apply(l *loop)       { q(l) }
