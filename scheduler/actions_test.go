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
func (sim *simulation) live() {
	if sim.faults {
		sim.mischief()
	}
	for _, a := range sim.mesos.agents {
		if a.forgotten && sim.now.After(a.backBy) {
			sim.mesos.comeBack(a)
		}
	}
	sim.executors()
	sim.mesos.clear()
	sim.mesos.allocate()
	sim.mesos.resend()
	sim.deliver()
	sim.pass(time.Duration(sim.rng.IntN(1500)) * time.Millisecond)
}

// mischief plays users and faults.
func (sim *simulation) mischief() {
	a := sim.mesos.agents[sim.rng.IntN(len(sim.mesos.agents))]
	switch n := sim.rng.IntN(60); {
	case n < 14 && len(sim.api.pods) < 25:
		sim.api.addPod(sim.mesos.agents)
	case n < 18 && len(sim.api.pods) > 0:
		sim.api.deletePod(sim.api.pods[sim.rng.IntN(len(sim.api.pods))])
	case n < 20:
		for _, id := range slices.Sorted(maps.Keys(sim.mesos.offers)) {
			if sim.rng.IntN(2) == 0 {
				sim.mesos.takeBack(sim.mesos.offers[id])
			}
		}
	case n == 20:
		sim.disconnect()
	case n == 21:
		if sim.rng.IntN(2) == 0 {
			sim.disconnect()
		}
		sim.subscribe() // the end of the old stream may go unseen
	case n == 22:
		sim.remark("the framework is killed")
		sim.startCore()
	case n == 23 && !a.gone:
		sim.mesos.partition(a)
	case n == 24:
		sim.mesos.comeBack(a)
	case n == 25 && !a.gone && len(sim.mesos.agents) < 8:
		sim.loseForEver(a)
		sim.mesos.addAgent()
		b := sim.mesos.agents[len(sim.mesos.agents)-1]
		sim.step(NodeChanged{b.node, nodeOf(b)})
	case n == 26 && a.executor:
		sim.mesos.executorDies(a)
	case n == 27 && sim.mesos.connected:
		sim.masterFailsOver()
	case n == 28:
		sim.step(NodeChanged{a.node, nil})
		sim.step(NodeChanged{a.node, nodeOf(a)})
	case n == 29:
		for _, p := range sim.api.pods {
			if p.node == "" && p.Pod.Node == "" && !p.finished && sim.rng.IntN(5) == 0 {
				sim.api.assign(p, sim.mesos.agents)
				sim.api.watch = append(sim.api.watch, PodAdded{p.Pod, p.node})
			}
		}
	case n < 32 && len(sim.api.pods) > 0: // the watch repeats itself
		if p := sim.api.pods[sim.rng.IntN(len(sim.api.pods))]; !p.finished {
			sim.api.watch = append(sim.api.watch, PodAdded{p.Pod, p.node})
		}
	case n == 32:
		for _, t := range sim.mesos.liveTasks() {
			if t.state == runningNow && sim.rng.IntN(3) == 0 {
				sim.mesos.send(Updated{Update{Task: t.ID, Agent: t.Agent, State: mesospb.TaskState(90 + sim.rng.IntN(9)), Source: executor}})
			}
		}
	case n == 33 && !sim.mesos.connected:
		sim.subscribe()
	case n == 34 && a.executor && !a.unreachable: // a task whose record was lost with an old store
		id := sim.id("lost")
		t := &simTask{Task: Task{ID: id + ".1", PodUID: id, Agent: a.id, Node: a.node}, agent: a, state: starting}
		sim.mesos.tasks[t.ID], sim.mesos.order = t, append(sim.mesos.order, t)
		sim.mesos.report(t, runningNow, executor, noReason)
	}
}

// loseForEver: the machine is gone, and its operator says so.
func (sim *simulation) loseForEver(a *simAgent) {
	sim.mesos.partition(a)
	a.gone, a.executor = true, false
	for _, t := range sim.mesos.liveTasks() {
		if t.agent == a {
			t.over = true
			sim.mesos.masterSays(t.ID, a.id, mesospb.TaskState_TASK_GONE_BY_OPERATOR, mesospb.TaskStatus_REASON_AGENT_REMOVED_BY_OPERATOR)
		}
	}
	for _, t := range sim.mesos.order {
		if t.agent == a {
			t.updates = nil
		}
	}
	for _, p := range slices.Clone(sim.api.pods) {
		if p.node == a.node && p.deleting {
			sim.api.endPod(p, true)
		}
	}
}

// masterFailsOver: the new master knows agents only when they register again.
func (sim *simulation) masterFailsOver() {
	sim.disconnect()
	for _, a := range sim.mesos.agents {
		if !a.gone && sim.rng.IntN(2) == 0 {
			a.forgotten, a.backBy = true, sim.now.Add(time.Duration(sim.rng.IntN(90))*time.Second)
		}
	}
	sim.subscribe()
}

// executors act on their tasks, and kubelets on their pods.
func (sim *simulation) executors() {
	for _, t := range sim.mesos.liveTasks() {
		p := sim.api.byUID[t.PodUID]
		here := p != nil && p.node == t.agent.node
		switch {
		case sim.faults && sim.rng.IntN(3) == 0 || t.agent.gone:
			continue
		case t.killed:
			// The executor deletes the pod that is bound here, waits for the
			// kubelet to stop it, and reports.
			if here && !p.finished {
				sim.check.kill(t, p)
				sim.api.endPod(p, true)
			}
			sim.mesos.report(t, killedNow, executor, noReason)
		case t.state == staging:
			if sim.chance(15) {
				sim.mesos.report(t, failedNow, agentSrc, mesospb.TaskStatus_REASON_CONTAINER_LAUNCH_FAILED)
				continue
			}
			t.agent.executor = true
			sim.mesos.report(t, starting, executor, noReason)
			t.waits = sim.chance(6)
			t.updates[len(t.updates)-1].Waits = t.waits
		case t.waits:
			t.waits = false
			sim.mesos.report(t, starting, executor, noReason)
		case p == nil && t.state == runningNow:
			sim.mesos.report(t, killedNow, executor, noReason)
		case here && p.deleting:
			sim.api.endPod(p, true)
			sim.mesos.report(t, killedNow, executor, noReason)
		case here && p.finished:
			sim.mesos.report(t, finished, executor, noReason)
		case here && t.state == starting && sim.chance(20):
			sim.mesos.report(t, failedNow, executor, noReason) // its node cannot run pods
		case here && t.state == starting:
			sim.check.runsOnce(t, p)
			sim.mesos.report(t, runningNow, executor, noReason)
		case here && t.state == runningNow && sim.chance(25):
			sim.api.endPod(p, false)
			sim.mesos.report(t, finished, executor, noReason)
		case here && t.state == runningNow && sim.chance(60):
			sim.mesos.report(t, failedNow, executor, noReason) // without a word about the pod
			p.deleting = false
		}
	}
}

// deliver brings some of what is under way to the core.
func (sim *simulation) deliver() {
	for n := sim.rng.IntN(6); (n > 0 || !sim.faults) && len(sim.mesos.stream)+len(sim.api.results)+len(sim.api.watch) > 0; n-- {
		switch k := sim.rng.IntN(3); {
		case k == 0 && len(sim.mesos.stream) > 0:
			e := sim.mesos.stream[0]
			sim.mesos.stream = sim.mesos.stream[1:]
			sim.step(e)
		case k == 1 && len(sim.api.results) > 0:
			i := sim.rng.IntN(len(sim.api.results))
			e := sim.api.results[i]
			sim.api.results = slices.Delete(sim.api.results, i, i+1)
			sim.step(e)
		case k == 2 && len(sim.api.watch) > 0:
			e := sim.api.watch[0]
			sim.api.watch = sim.api.watch[1:]
			sim.step(e)
		}
	}
}

// pass lets time go by, with a Tick whenever the core wants one.
func (sim *simulation) pass(d time.Duration) {
	end := sim.now.Add(d)
	for next := sim.core.Next(); !next.IsZero() && !next.After(end); next = sim.core.Next() {
		if next.After(sim.now) {
			sim.now = next
		}
		sim.step(Tick{})
	}
	sim.now = end
}
