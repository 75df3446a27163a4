package framework

import (
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/outbox"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// listener puts events of Mesos into the inbox.
type listener struct{ inbox inbox }

func (l listener) Event(e *mesospb.SchedulerEvent) { l.inbox.Put(fromMesos{e}) }
func (l listener) Disconnected(err error)          { l.inbox.Put(disconnected{err}) }

func (l *loop) mesosEvent(e *mesospb.SchedulerEvent) {
	l.metrics.event(e)
	l.lastEvent = l.clock.now()
	switch e.GetType() {
	case mesospb.SchedulerEvent_SUBSCRIBED:
		l.master = e.GetSubscribed().GetMasterInfo()
		l.subscribed(e.GetSubscribed().GetFrameworkId().GetValue())
	case mesospb.SchedulerEvent_OFFERS:
		l.offered(e.GetOffers().GetOffers())
	case mesospb.SchedulerEvent_RESCIND:
		l.rescinded(e.GetRescind().GetOfferId().GetValue())
	case mesospb.SchedulerEvent_UPDATE:
		l.updated(e.GetUpdate().GetStatus())
	case mesospb.SchedulerEvent_FAILURE:
		l.failure(e.GetFailure())
	case mesospb.SchedulerEvent_INVERSE_OFFERS:
		l.maintenance.inverseOffered(e.GetInverseOffers().GetInverseOffers())
	}
}

// subscribed keeps a new framework id: it is stored before any launch behind it
// in the outbox.
func (l *loop) subscribed(id string) {
	if id != l.identity.get() {
		l.log.Info("Mesos gave a framework id", "framework", id)
		l.identity.set(id)
		l.outbox.Put(outbox.Job{Changes: []records.Change{records.PutFramework(id)}, RetryForever: true})
	}
	l.log.Info("subscribed", "framework", id)
	l.connected, l.changed = true, l.clock.now()
	l.agents.spendAll(nil)
	l.step(scheduler.Subscribed{})
	l.tellExecutors()
}

func (l *loop) disconnect(err error) {
	if l.connected {
		l.connected, l.changed = false, l.clock.now()
	}
	l.agents.spendAll(nil)
	l.step(scheduler.Disconnected{Err: err})
}

// updated passes a status on, whatever it is about; a task that it ends no
// longer counts among those that keep an executor alive.
func (l *loop) updated(s *mesospb.TaskStatus) {
	u := translateStatus(s)
	if log := l.log.V(1); log.Enabled() {
		log.Info("a task's status", "task", u.Task, "agent", u.Agent, "state", u.State, "source", u.Source, "reason", reasonOf(s), "message", u.Message)
	}
	a := l.agents.get(u.Agent)
	if a != nil {
		if t, ours := a.tasks[u.Task]; ours {
			l.pods.updated(t, s)
		}
		l.drains.updated(a, s)
	}
	switch {
	case u.State == mesospb.TaskState_TASK_UNREACHABLE && a != nil:
		l.agentLost(a)
	case alive(u.State) && a != nil && a.lost:
		a.lost = false // it is back, and its kubelet says how it is
		l.nodes.write(a)
	case ended(u.State):
		l.agents.forgetTask(u.Task, u.Agent)
	}
	l.step(scheduler.Updated{Update: u})
	if a != nil && a.Draining {
		l.drains.endUnusable(a)
	}
}

func translateStatus(s *mesospb.TaskStatus) scheduler.Update {
	return scheduler.Update{
		Task:    s.GetTaskId().GetValue(),
		Agent:   s.GetAgentId().GetValue(),
		State:   s.GetState(),
		Source:  s.GetSource(),
		Reason:  s.Reason,
		Message: s.GetMessage(),
		UUID:    string(s.GetUuid()),
		Waits:   waitsFor(s) != "",
	}
}

func (l *loop) failure(f *mesospb.SchedulerEvent_Failure) {
	id := f.GetAgentId().GetValue()
	a := l.agents.get(id)
	if f.GetExecutorId() != nil {
		l.log.Info("an executor has ended", "executor", f.GetExecutorId().GetValue(), "agent", id, "wait status", f.GetStatus())
		if a != nil {
			l.nodes.names.executorEnded(a)
			l.drains.executorEnded(a)
			a.freed = plus(a.freed, l.launcher.executor.Amount)
		}
		l.step(scheduler.ExecutorLost{Agent: id})
		return
	}
	l.log.Info("Mesos has lost an agent", "agent", id)
	if a != nil {
		l.agentLost(a)
	}
	l.step(scheduler.AgentLost{Agent: id})
}

// agentLost shows the pods of a lost agent as not ready. When the agent is back, its
// kubelet corrects that.
func (l *loop) agentLost(a *agent) {
	a.lost, a.runs = true, false
	l.agents.spendAll(a)
	l.nodes.write(a)
	for _, t := range a.tasks {
		if p := l.pods.bound(t, a); p != nil {
			l.podWriter.MarkUnready(p, nodes.ReasonLost, nodes.MessageLost)
		}
	}
}
