package framework

import (
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// listener puts events of Mesos into the inbox.
type listener struct{ inbox *inbox }

func (l listener) Event(e *mesospb.SchedulerEvent) { l.inbox.put(e) }
func (l listener) Disconnected(err error)          { l.inbox.put(disconnected{err}) }

func (l *loop) mesosEvent(e *mesospb.SchedulerEvent) {
	l.metrics.event(e)
	l.lastEvent = l.clock.now()
	switch e.GetType() {
	case mesospb.SchedulerEvent_SUBSCRIBED:
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
		l.inverseOffered(e.GetInverseOffers().GetInverseOffers())
	}
}

// subscribed keeps a new framework id: it is stored before any launch behind it
// in the outbox.
func (l *loop) subscribed(id string) {
	if id != l.identity.get() {
		glog.Infof("framework: Mesos gave the framework id %s", id)
		l.identity.set(id)
		l.outbox.put(job{changes: []Change{{keyFramework, []byte(id)}}, must: true})
	}
	glog.Infof("framework: subscribed as %s", id)
	l.connected = true
	l.agents.spendAll(nil)
	l.step(scheduler.Subscribed{})
	l.tellExecutors()
}

func (l *loop) disconnect(err error) {
	l.connected = false
	l.agents.spendAll(nil)
	l.step(scheduler.Disconnected{Err: err})
}

func (l *loop) rescinded(id string) {
	l.agents.spend([]string{id})
	l.step(scheduler.Rescinded{ID: id})
}

// updated passes a status on, whatever it is about; a task that it ends no
// longer counts among those that keep an executor alive.
func (l *loop) updated(s *mesospb.TaskStatus) {
	u := scheduler.Update{
		Task:    s.GetTaskId().GetValue(),
		Agent:   s.GetAgentId().GetValue(),
		State:   s.GetState(),
		Source:  s.GetSource(),
		Reason:  s.Reason,
		Message: s.GetMessage(),
		UUID:    string(s.GetUuid()),
		Waits:   waitsFor(s) != "",
	}
	reason := ""
	if u.Reason != nil {
		reason = u.Reason.String()
	}
	glog.V(1).Infof("framework: task %s on agent %s: %s %s %s %s", u.Task, u.Agent, u.State, u.Source, reason, u.Message)
	a := l.agents.byID[u.Agent]
	l.measure(u)
	l.tellNodeWait(s)
	if a != nil {
		l.drainUpdated(a, s)
	}
	switch {
	case u.State == mesospb.TaskState_TASK_UNREACHABLE && a != nil:
		l.lost(a)
	case alive(u.State) && a != nil && a.lost:
		a.lost = false // it is back, and its kubelet says how it is
		l.writer.want(l.wanted(a))
	case ended(u.State):
		l.forgetTask(u.Task, u.Agent)
	}
	l.step(scheduler.Updated{Update: u})
	if a != nil {
		l.endIdle(a)
	}
}

// measure counts how a launch has ended: its pod runs, or the task came to
// nothing before an executor had it.
func (l *loop) measure(u scheduler.Update) {
	a := l.agents.byID[u.Agent]
	if a == nil {
		return
	}
	t, ours := a.tasks[u.Task]
	since, unheard := l.unheard[t.PodUID]
	switch {
	case !ours || !unheard:
	case u.State == mesospb.TaskState_TASK_RUNNING:
		l.metrics.launch.Observe(l.clock.now().Sub(since).Seconds())
		delete(l.unheard, t.PodUID)
	case ended(u.State) && u.Source != mesospb.TaskStatus_SOURCE_EXECUTOR:
		l.metrics.lostLaunch(u)
	}
}

// alive reports whether the executor of a task in this state can be reached.
func alive(s mesospb.TaskState) bool {
	switch s {
	case mesospb.TaskState_TASK_STARTING, mesospb.TaskState_TASK_RUNNING, mesospb.TaskState_TASK_KILLING:
		return true
	}
	return false
}

// ended reports whether nothing follows this state.
func ended(s mesospb.TaskState) bool {
	switch s {
	case mesospb.TaskState_TASK_FINISHED, mesospb.TaskState_TASK_FAILED, mesospb.TaskState_TASK_KILLED,
		mesospb.TaskState_TASK_ERROR, mesospb.TaskState_TASK_DROPPED, mesospb.TaskState_TASK_GONE,
		mesospb.TaskState_TASK_GONE_BY_OPERATOR:
		return true
	}
	return false
}

func (l *loop) failure(f *mesospb.SchedulerEvent_Failure) {
	id := f.GetAgentId().GetValue()
	if f.GetExecutorId() != nil {
		glog.Warningf("framework: executor %s on agent %s has ended, wait status %d", f.GetExecutorId().GetValue(), id, f.GetStatus())
		if a := l.agents.byID[id]; a != nil {
			l.executorEnded(a)
		}
		l.step(scheduler.ExecutorLost{Agent: id})
		return
	}
	glog.Warningf("framework: agent %s is lost", id)
	if a := l.agents.byID[id]; a != nil {
		l.lost(a)
	}
	l.step(scheduler.AgentLost{Agent: id})
}

func (l *loop) lost(a *agent) {
	a.lost, a.runs = true, false
	l.agents.spendAll(a)
	l.writer.want(l.wanted(a))
	l.doubtPods(a)
}
