package scheduler

import "strconv"

// attempts decides about the tasks in state launching and binding: those whose pod
// is not bound to a node yet, so that it may still go elsewhere under a new task.
type attempts struct {
	clock       *clock
	session     *session
	queue       *queue
	fleet       *fleet
	tasks       *tasks
	reconciler  *reconciler
	killer      *killer
	bound       *boundTasks // goes on when the pod is bound
	residents   *residents
	nominations *nominations
	explain     func(*pod, string)
}

// start begins the next attempt of a pod that has been given room on an agent.
func (x *attempts) start(p *pod, a *agent) Task {
	p.attempt++
	ports, shared := a.split(p.Ports)
	t := x.tasks.add(Task{
		ID:      p.UID + "." + strconv.Itoa(p.attempt),
		PodUID:  p.UID,
		Attempt: p.attempt,
		Agent:   a.id,
		Node:    a.held[0].Node,
		Amount:  p.Amount,
		Ports:   ports,
		Shared:  shared,
	})
	t.pod, p.task, t.bound = p, t, p.pinned != nil
	x.nominations.placed(p, a.node)
	x.fleet.belongs(t, p.Namespace)
	t.launch = x.fleet.launches
	x.clock.after(updateGrace, &t.alarm)
	x.residents.update(p, false)
	return t.Task
}

// retry brings a pod back to the queue: it is on no node until its next attempt.
func (x *attempts) retry(p *pod, trouble string, free bool) {
	x.queue.retry(p, trouble, free)
	x.nominations.clear(p)
	x.residents.update(p, false)
}

// launchingUpdated decides whether the pod is bound or needs another attempt. It
// is bound to no node yet, so whatever is left of the task cannot run it.
func (x *attempts) launchingUpdated(t *task, u Update, kind updateKind) {
	if kind == staged || kind == started || !isAnswer(u) {
		t.pod.forgetOld(x.session) // this attempt was sent, so it is stored
	}
	if t.bound {
		x.bound.relaunchUpdated(t, u, kind)
		return
	}
	switch kind {
	case started:
		t.state = binding
		t.acknowledgeLater(u)
		x.clock.stop(&t.alarm)
		x.session.call(Bind{Task: t.Task, PodUID: t.PodUID})
	case staged, unclear:
		x.session.acknowledge(u)
		x.reconciler.askLater(t, slowAsk)
	case paused, unrecorded:
		p := t.pod
		x.session.acknowledge(u)
		x.killer.kill(t, slowAsk)
		x.retry(p, describe(u), false)
	case ended, interrupted, vanished:
		p := t.pod
		x.session.acknowledge(u)
		if u.blamesAgent() {
			x.fleet.recordFailure(t)
		}
		x.retry(p, describe(u), costless(u))
		x.tasks.drop(t)
	}
}

// due asks for a launch of which nothing is heard. After launchGrace it is given
// up: the pod goes on at once; whatever is left of the task must end, and cannot
// run the pod, as that is not bound.
func (x *attempts) due(t *task) {
	if t.bound || t.pod == nil || x.clock.since(t.since) < launchGrace {
		x.reconciler.ask(t)
		return
	}
	p := t.pod
	trouble := "no executor has spoken of task " + t.ID
	if t.waits {
		trouble = "node " + t.Node + " could not run pods"
	}
	x.fleet.recordFailure(t)
	x.killer.kill(t, 0)
	x.retry(p, trouble+" within "+launchGrace.String(), false)
}

// notStored handles the outcome of a Launch that was not sent.
func (x *attempts) notStored(e LaunchFailed) {
	for _, in := range e.Tasks {
		t := x.tasks.get(in.ID)
		if t == nil {
			continue
		}
		if p := t.pod; p != nil && t.state == launching {
			x.retry(p, "the launch could not be stored: "+e.Err.Error(), false)
		}
		x.tasks.drop(t)
	}
}

// bindingUpdated keeps what comes while the pod's binding is under way. An end
// waits for the outcome, which decides what the end means; a second end is left
// for Mesos to repeat.
func (x *attempts) bindingUpdated(t *task, u Update, kind updateKind) {
	switch {
	case kind.isEnd():
		if !t.hasEnded() {
			t.last = &u
		}
	default:
		t.acknowledgeLater(u)
		if kind != started && !t.hasEnded() {
			t.last = &Update{Task: u.Task, Agent: u.Agent, State: u.State, Source: u.Source, Reason: u.Reason}
		}
	}
}

// bindingDone handles the outcome of a Bind.
func (x *attempts) bindingDone(e Bound) {
	t := x.tasks.get(e.Task)
	if t == nil || t.state != binding {
		return
	}
	t.acknowledge(x.session)
	switch {
	case e.Err != nil:
		x.notBound(t, "it cannot be bound to node "+t.Node+": "+e.Err.Error(), e.Denied)
	case t.pod == nil:
		x.endOr(t, func() { x.killer.kill(t, removeGrace) })
	default:
		t.pod.failures, t.pod.trouble = 0, ""
		t.pod.node = t.Node
		x.bound.begin(t)
	}
}

// notBound ends a task whose pod was not bound. A pod that was denied goes back to
// the queue, unless it was bound meanwhile: a quota or a webhook may allow it later, or
// on another node. So does one that others have assigned to another node.
func (x *attempts) notBound(t *task, why string, denied bool) {
	p := t.pod
	switch {
	case p == nil:
		x.endOr(t, func() { x.killer.kill(t, 0) })
	case !denied && (p.Node == "" || p.Node == t.Node) || p.node != "":
		p.task, p.state = nil, leftAlone
		x.residents.update(p, false)
		x.explain(p, why)
		x.endOr(t, func() { x.killer.kill(t, 0) })
	case t.hasEnded():
		x.retry(p, why, false)
		x.endOr(t, nil)
	default: // the pod keeps off that agent until the task has ended
		x.killer.kill(t, 0)
		x.retry(p, why, false)
	}
}

// endOr drops a task that has ended while its Bind was under way, or else calls
// otherwise.
func (x *attempts) endOr(t *task, otherwise func()) {
	if t.hasEnded() {
		t.pod = nil
		x.session.acknowledge(*t.last)
		x.tasks.drop(t)
		return
	}
	otherwise()
}
