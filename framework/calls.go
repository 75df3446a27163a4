package framework

import (
	"context"
	"fmt"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// maxReconcile is how many tasks one RECONCILE asks for.
const maxReconcile = 1000

// do carries out a call of the core: those to Mesos and to the store by the
// outbox, in order, those to the API server by workers.
func (l *loop) do(c scheduler.Call) {
	switch c := c.(type) {
	case scheduler.Launch:
		l.launch(c)
	case scheduler.Decline:
		l.agents.spend(c.Offers)
		l.outbox.put(job{call: mesos.Decline(c.Offers, c.Refuse)})
	case scheduler.Suppress:
		l.outbox.put(job{call: mesos.Suppress()})
	case scheduler.Revive:
		l.outbox.put(job{call: mesos.Revive()})
	case scheduler.Kill:
		j := job{call: mesos.Kill(c.Task, c.Agent, -1)}
		if c.Record != nil {
			j.changes = []Change{putTask(*c.Record)}
		}
		l.outbox.put(j)
	case scheduler.Reconcile:
		l.reconcile(c.Tasks)
	case scheduler.Acknowledge:
		l.outbox.put(job{call: mesos.Acknowledge(c.Task, c.Agent, []byte(c.UUID))})
	case scheduler.Forget:
		l.forgetTask(c.Task, "")
		l.outbox.put(job{changes: []Change{{Key: keyTasks + c.Task}}, must: true})
	case scheduler.Bind:
		l.bind(c)
	case scheduler.Fail:
		l.fail(c)
	case scheduler.Explain:
		l.explain(c.PodUID, c.Message)
	default:
		glog.Errorf("framework: unexpected call %T", c)
	}
}

func (l *loop) reconcile(tasks []scheduler.Task) {
	var refs []mesos.TaskRef
	for _, t := range tasks {
		refs = append(refs, mesos.TaskRef{Task: t.ID, Agent: t.Agent})
	}
	for len(refs) > maxReconcile {
		l.outbox.put(job{call: mesos.Reconcile(refs[:maxReconcile]...)})
		refs = refs[maxReconcile:]
	}
	l.outbox.put(job{call: mesos.Reconcile(refs...)})
}

func (l *loop) bind(c scheduler.Bind) {
	p := l.pods[c.PodUID]
	if p == nil {
		l.inbox.put(scheduler.Bound{Task: c.Task.ID, Err: fmt.Errorf("pod %s is gone", c.PodUID)})
		return
	}
	l.workers.start(func(ctx context.Context, rest pause) {
		err := l.binder.bind(ctx, rest, p, c.Task)
		if ctx.Err() == nil {
			l.inbox.put(scheduler.Bound{Task: c.Task.ID, Err: err, Denied: denied(err)})
		}
	})
}

func (l *loop) fail(c scheduler.Fail) {
	p := l.pods[c.PodUID]
	if p == nil {
		l.inbox.put(scheduler.Failed{PodUID: c.PodUID})
		return
	}
	glog.Warningf("framework: pod %s/%s fails: %s: %s", p.Namespace, p.Name, c.Reason, c.Message)
	l.workers.start(func(ctx context.Context, rest pause) {
		failPod(ctx, rest, l.cfg.Client, p, c)
		if ctx.Err() == nil {
			l.inbox.put(scheduler.Failed{PodUID: c.PodUID})
		}
	})
}
