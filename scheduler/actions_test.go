package scheduler

import (
	"maps"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

const (
	staging    = mesospb.TaskState_TASK_STAGING
	starting   = mesospb.TaskState_TASK_STARTING
	runningNow = mesospb.TaskState_TASK_RUNNING
	finished   = mesospb.TaskState_TASK_FINISHED
	failedNow  = mesospb.TaskState_TASK_FAILED
	killedNow  = mesospb.TaskState_TASK_KILLED
	dropped    = mesospb.TaskState_TASK_DROPPED
	gone       = mesospb.TaskState_TASK_GONE
	unknown    = mesospb.TaskState_TASK_UNKNOWN
	unreached  = mesospb.TaskState_TASK_UNREACHABLE
)

// live is one beat of the world: something happens, what is under way arrives,
// time passes.
func (w *world) live() {
	if w.faults {
		w.mischief()
	}
	for _, a := range w.agents {
		if a.forgotten && w.now.After(a.backBy) {
			w.comeBack(a)
		}
	}
	w.executors()
	w.clear()
	w.allocate()
	w.resend()
	w.deliver()
	w.pass(time.Duration(w.rng.IntN(1500)) * time.Millisecond)
}

// mischief plays users and faults.
func (w *world) mischief() {
	a := w.agents[w.rng.IntN(len(w.agents))]
	switch n := w.rng.IntN(60); {
	case n < 14 && len(w.pods) < 25:
		w.addPod()
	case n < 18 && len(w.pods) > 0:
		w.deletePod(w.pods[w.rng.IntN(len(w.pods))])
	case n < 20:
		for _, id := range slices.Sorted(maps.Keys(w.offers)) {
			if w.rng.IntN(2) == 0 {
				w.takeBack(w.offers[id])
			}
		}
	case n == 20:
		w.disconnect()
	case n == 21:
		if w.rng.IntN(2) == 0 {
			w.disconnect()
		}
		w.subscribe() // the end of the old stream may go unseen
	case n == 22:
		w.remark("the framework is killed")
		w.startCore()
	case n == 23 && !a.gone:
		w.partition(a)
	case n == 24:
		w.comeBack(a)
	case n == 25 && !a.gone && len(w.agents) < 8:
		w.loseForEver(a)
		w.addAgent()
		b := w.agents[len(w.agents)-1]
		w.step(NodeChanged{b.node, nodeOf(b)})
	case n == 26 && a.executor:
		w.executorDies(a)
	case n == 27 && w.connected:
		w.masterFailsOver()
	case n == 28:
		w.step(NodeChanged{a.node, nil})
		w.step(NodeChanged{a.node, nodeOf(a)})
	case n == 29:
		for _, p := range w.pods {
			if p.node == "" && !p.finished && w.rng.IntN(5) == 0 {
				p.node, p.foreign = "elsewhere", true
				w.watch = append(w.watch, PodAdded{p.Pod, p.node})
			}
		}
	case n < 32 && len(w.pods) > 0: // the watch repeats itself
		if p := w.pods[w.rng.IntN(len(w.pods))]; !p.finished {
			w.watch = append(w.watch, PodAdded{p.Pod, p.node})
		}
	case n == 32:
		for _, t := range w.liveTasks() {
			if t.state == runningNow && w.rng.IntN(3) == 0 {
				w.send(Updated{Update{Task: t.ID, Agent: t.Agent, State: mesospb.TaskState(90 + w.rng.IntN(9)), Source: executor}})
			}
		}
	case n == 33 && !w.connected:
		w.subscribe()
	case n == 34 && a.executor && !a.unreachable: // a task whose record was lost with an old store
		id := w.id("lost")
		t := &wTask{Task: Task{ID: id + ".1", PodUID: id, Agent: a.id, Node: a.node}, agent: a, state: starting}
		w.tasks[t.ID], w.order = t, append(w.order, t)
		w.report(t, runningNow, executor, noReason)
	}
}

// liveTasks returns the tasks that are not over, by age.
func (w *world) liveTasks() (live []*wTask) {
	for _, t := range w.order {
		if !t.over {
			live = append(live, t)
		}
	}
	return live
}

// clear forgets what master and agents forget: tasks over and acknowledged.
func (w *world) clear() {
	w.order = slices.DeleteFunc(w.order, func(t *wTask) bool {
		done := t.over && len(t.updates) == 0
		if done {
			delete(w.tasks, t.ID)
		}
		return done
	})
}

func (w *world) partition(a *wAgent) {
	if a.unreachable {
		return
	}
	a.unreachable = true
	for _, id := range slices.Sorted(maps.Keys(w.offers)) {
		if o := w.offers[id]; o.agent == a {
			w.takeBack(o)
		}
	}
	for _, t := range w.liveTasks() {
		if t.agent == a {
			w.masterSays(t.ID, a.id, unreached, mesospb.TaskStatus_REASON_AGENT_REMOVED)
		}
	}
	if w.rng.IntN(2) == 0 {
		w.send(AgentLost{a.id})
	}
}

func (w *world) comeBack(a *wAgent) {
	if a.gone || !a.unreachable && !a.forgotten {
		return
	}
	wasUnreachable := a.unreachable
	a.unreachable, a.forgotten = false, false
	for _, t := range w.liveTasks() {
		if t.agent == a && wasUnreachable && t.state != staging {
			w.masterSays(t.ID, a.id, t.state, mesospb.TaskStatus_REASON_AGENT_REREGISTERED)
		}
	}
}

// loseForEver: the machine is gone, and its operator says so.
func (w *world) loseForEver(a *wAgent) {
	w.partition(a)
	a.gone, a.executor = true, false
	for _, t := range w.liveTasks() {
		if t.agent == a {
			t.over = true
			w.masterSays(t.ID, a.id, mesospb.TaskState_TASK_GONE_BY_OPERATOR, mesospb.TaskStatus_REASON_AGENT_REMOVED_BY_OPERATOR)
		}
	}
	for _, t := range w.order {
		if t.agent == a {
			t.updates = nil
		}
	}
	for _, p := range slices.Clone(w.pods) {
		if p.node == a.node && p.deleting {
			w.endPod(p, true)
		}
	}
}

func (w *world) executorDies(a *wAgent) {
	a.executor = false
	w.send(ExecutorLost{a.id})
	for _, t := range w.liveTasks() {
		if t.agent == a {
			w.report(t, failedNow, agentSrc, mesospb.TaskStatus_REASON_EXECUTOR_TERMINATED)
		}
	}
}

// masterFailsOver: the new master knows agents only when they register again.
func (w *world) masterFailsOver() {
	w.disconnect()
	for _, a := range w.agents {
		if !a.gone && w.rng.IntN(2) == 0 {
			a.forgotten, a.backBy = true, w.now.Add(time.Duration(w.rng.IntN(90))*time.Second)
		}
	}
	w.subscribe()
}

// executors act on their tasks, and kubelets on their pods.
func (w *world) executors() {
	for _, t := range w.liveTasks() {
		p := w.byUID[t.PodUID]
		here := p != nil && p.node == t.agent.node && !p.foreign
		switch {
		case w.faults && w.rng.IntN(3) == 0 || t.agent.gone:
			continue
		case t.killed:
			// The executor deletes the pod that is bound here, waits for the
			// kubelet to stop it, and reports.
			if here && !p.finished {
				w.checkKill(t, p)
				w.endPod(p, true)
			}
			w.report(t, killedNow, executor, noReason)
		case t.state == staging:
			if w.chance(15) {
				w.report(t, failedNow, agentSrc, mesospb.TaskStatus_REASON_CONTAINER_LAUNCH_FAILED)
				continue
			}
			t.agent.executor = true
			w.report(t, starting, executor, noReason)
			t.waits = w.chance(6)
			t.updates[len(t.updates)-1].Waits = t.waits
		case t.waits:
			t.waits = false
			w.report(t, starting, executor, noReason)
		case p == nil && t.state == runningNow:
			w.report(t, killedNow, executor, noReason)
		case here && p.deleting:
			w.endPod(p, true)
			w.report(t, killedNow, executor, noReason)
		case here && p.finished:
			w.report(t, finished, executor, noReason)
		case here && t.state == starting && w.chance(20):
			w.report(t, failedNow, executor, noReason) // its node cannot run pods
		case here && t.state == starting:
			w.checkRunsOnce(t, p)
			w.report(t, runningNow, executor, noReason)
		case here && t.state == runningNow && w.chance(25):
			w.endPod(p, false)
			w.report(t, finished, executor, noReason)
		case here && t.state == runningNow && w.chance(60):
			w.report(t, failedNow, executor, noReason) // without a word about the pod
			p.deleting = false
		}
	}
}

// deliver brings some of what is under way to the core.
func (w *world) deliver() {
	for n := w.rng.IntN(6); (n > 0 || !w.faults) && len(w.stream)+len(w.results)+len(w.watch) > 0; n-- {
		switch k := w.rng.IntN(3); {
		case k == 0 && len(w.stream) > 0:
			e := w.stream[0]
			w.stream = w.stream[1:]
			w.step(e)
		case k == 1 && len(w.results) > 0:
			i := w.rng.IntN(len(w.results))
			e := w.results[i]
			w.results = slices.Delete(w.results, i, i+1)
			w.step(e)
		case k == 2 && len(w.watch) > 0:
			e := w.watch[0]
			w.watch = w.watch[1:]
			w.step(e)
		}
	}
}

// pass lets time go by, with a Tick whenever the core wants one.
func (w *world) pass(d time.Duration) {
	end := w.now.Add(d)
	for next := w.core.Next(); !next.IsZero() && !next.After(end); next = w.core.Next() {
		if next.After(w.now) {
			w.now = next
		}
		w.step(Tick{})
	}
	w.now = end
}
