package framework

import (
	"fmt"
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/claims"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/outbox"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podwriter"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
)

// maxReconcile is how many tasks one RECONCILE asks for.
const maxReconcile = 1000

// do carries out a call of the core: those to Mesos and to the store by the
// outbox, in order, those to the API server by workers.
func (l *loop) do(c scheduler.Call) {
	switch c := c.(type) {
	case scheduler.Launch:
		l.launcher.launch(c)
	case scheduler.Decline:
		l.agents.spend(c.Offers)
		l.outbox.Put(outbox.Job{Call: mesos.Decline(c.Offers, c.Refuse)})
	case scheduler.Suppress:
		l.outbox.Put(outbox.Job{Call: mesos.Suppress()})
	case scheduler.Revive:
		l.outbox.Put(outbox.Job{Call: mesos.Revive()})
	case scheduler.Kill:
		j := outbox.Job{Call: mesos.Kill(c.Task, c.Agent, -1)}
		if c.Record != nil {
			j.Changes = []records.Change{records.PutTask(*c.Record)}
		}
		l.outbox.Put(j)
	case scheduler.Reconcile:
		l.reconcile(c.Tasks)
	case scheduler.Acknowledge:
		l.outbox.Put(outbox.Job{Call: mesos.Acknowledge(c.Task, c.Agent, []byte(c.UUID))})
	case scheduler.Forget:
		l.agents.forgetTask(c.Task, "")
		l.outbox.Put(outbox.Job{Changes: []records.Change{records.DeleteTask(c.Task)}, RetryForever: true})
	case scheduler.Bind:
		l.bind(c)
	case scheduler.Fail:
		l.fail(c)
	case scheduler.Nominate:
		if p := l.pods.get(c.PodUID); p != nil {
			l.nominations.Set(p, c.Node)
		}
	case scheduler.Preempt:
		l.preempt(c)
	case scheduler.Explain:
		l.pods.explain(c.PodUID, c.Message)
	default:
		l.log.Error(nil, "the core made a call that is unknown here", "call", fmt.Sprintf("%T", c))
	}
}

func (l *loop) reconcile(tasks []scheduler.Task) {
	if len(tasks) == 0 {
		l.outbox.Put(outbox.Job{Call: mesos.Reconcile()}) // implicitly, for all tasks
	}
	for some := range slices.Chunk(tasks, maxReconcile) {
		var refs []mesos.TaskRef
		for _, t := range some {
			refs = append(refs, mesos.TaskRef{Task: t.ID, Agent: t.Agent})
		}
		l.outbox.Put(outbox.Job{Call: mesos.Reconcile(refs...)})
	}
}

func (l *loop) bind(c scheduler.Bind) {
	p := l.pods.get(c.PodUID)
	if p == nil {
		l.inbox.Put(outcome{scheduler.Bound{Task: c.Task.ID, Err: fmt.Errorf("pod %s is gone", c.PodUID)}})
		return
	}
	done := func(err error) {
		l.inbox.Put(outcome{scheduler.Bound{Task: c.Task.ID, Err: err, Denied: podwriter.Denied(err) || claims.Denied(err)}})
	}
	if plan := l.planClaims(p, c.Task.Node); len(plan.Claims) > 0 {
		l.claims.Bind(p, c.Task.Node, plan, func(err error) {
			if err != nil {
				done(err)
				return
			}
			l.podWriter.Bind(p, c.Task, done)
		})
		return
	}
	l.podWriter.Bind(p, c.Task, done)
}

// planClaims returns what must become of a pod's claims before it is bound.
func (l *loop) planClaims(p *v1.Pod, node string) (none claims.Plan) {
	if planner, is := l.rules.(claimPlanner); is {
		return planner.Plan(p, node)
	}
	return none
}

func (l *loop) fail(c scheduler.Fail) {
	p := l.pods.get(c.PodUID)
	failed := func() { l.inbox.Put(outcome{scheduler.Failed{PodUID: c.PodUID}}) }
	if p == nil {
		failed()
		return
	}
	l.log.Info("failing a pod", "pod", l.pods.name(c.PodUID), "reason", c.Reason, "message", c.Message)
	l.podWriter.Fail(p, c, failed)
}

func (l *loop) preempt(c scheduler.Preempt) {
	victim, p := l.pods.get(c.PodUID), l.pods.get(c.For)
	if victim == nil || p == nil {
		return // what follows from that the core is about to find
	}
	l.log.Info("a pod makes room for another", "pod", l.pods.name(c.PodUID), "node", c.Node, "for", l.pods.name(c.For))
	l.podWriter.Preempt(victim, p, c.Node)
}

// outcome passes on what became of one of the core's calls.
func (l *loop) outcome(e scheduler.Event) {
	if failed, ok := e.(scheduler.LaunchFailed); ok {
		l.metrics.notLaunched(failed)
		for _, t := range failed.Tasks {
			l.agents.forgetTask(t.ID, t.Agent)
		}
	}
	l.step(e)
}
