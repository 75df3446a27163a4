package scheduler

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// resumeGrace is how long a pod whose executor has ended waits for another one
// on its agent, before it is failed. Kubernetes waits just as long for a node
// that does not answer (tolerationSeconds of the default tolerations).
const resumeGrace = 5 * time.Minute

// home is the agent that a bound pod cannot leave. Its executor has ended while
// the pod's containers may live on: the next executor there takes them over, so
// the pod is launched again on that very agent, before any other pod.
type home struct {
	last  Task      // the attempt that was interrupted
	until time.Time // when it is given up, unless the pod runs before
	alarm alarm     // the same, while no executor has the pod
}

// steady is how long a pod must have run for the end of its executor to count as
// the first, after which another one is started at once. After a shorter run the
// pause is two seconds: its containers run on, without a kubelet.
const steady = time.Minute

// interrupt brings a bound pod back to the queue after an end of its task that no
// kubelet knows of. Until the next attempt is launched, the record of this one
// preserves the fact, so the update may be acknowledged.
func (s *State) interrupt(t *task, u Update) {
	s.acknowledge(u)
	if !t.orphaned && u.endsExecutor() {
		s.executorEnded(s.agent(t.Agent), hintAsk) // the first report of it
	}
	switch {
	case t.ran.IsZero() && u.blamesAgent():
		s.strike(t)
	case !t.ran.IsZero() && s.now.Sub(t.ran) >= steady:
		t.pod.failures = 0
	case !t.ran.IsZero():
		t.pod.failures = min(t.pod.failures, 1)
	}
	s.goHome(t, describe(u))
}

// goHome makes the bound pod of a task that is over wait for another executor on
// its agent. The deadline stands until the pod runs, however many executors end
// before.
func (s *State) goHome(t *task, trouble string) {
	p := t.pod
	if p.home == nil {
		p.home = &home{until: s.now.Add(resumeGrace), alarm: alarm{ring: func() { s.giveUp(p) }}}
	}
	p.home.last = t.Task
	s.alarms.set(&p.home.alarm, p.home.until)
	s.requeue(p, trouble, true)
	s.drop(t)
}

// taken stops the wait: an executor there has the pod, which may take its time to
// run.
func (s *State) taken(p *pod) {
	if p.home != nil {
		s.alarms.stop(&p.home.alarm)
	}
}

// neverRan reports whether the executor ended a task whose pod no kubelet has run.
func (t *task) neverRan() bool {
	return t.ran.IsZero() && t.launch > 0 && t.last != nil && t.last.blamesAgent()
}

// giveUp fails a pod whose agent starts no executor for it any more.
func (s *State) giveUp(p *pod) {
	t := p.task
	if t == nil {
		s.unqueue(p)
		t = s.newTask(p.home.last)
		t.pod, p.task, p.state = p, t, placed
		p.old = slices.DeleteFunc(p.old, func(id string) bool { return id == t.ID })
	} else {
		// The attempt under way may still succeed, too late for the pod.
		t.back = t.state == launching
	}
	s.fail(t, "ExecutorLost", fmt.Sprintf("its executor has ended, and no other could be started on node %s within %v: %s", t.Node, resumeGrace, p.trouble))
}

// leaveHome forgets that the pod waits for its agent.
func (s *State) leaveHome(p *pod) {
	if p.home != nil {
		s.alarms.stop(&p.home.alarm)
		p.home = nil
	}
}

// awaits returns the class of the oldest pod that can only run on this agent and
// fits there now; nil when there is none.
func (a *agent) awaits(room Amount) *class {
	var found *class
	for _, c := range a.awaited {
		if len(c.ready) > 0 && c.amount.within(room) && a.lacksPort(c) == 0 && (found == nil || c.ready[0].seq < found.ready[0].seq) {
			found = c
		}
	}
	return found
}

// spareFor returns what is left there for pods that may run anywhere.
func (s *State) spareFor(a *agent) Amount { return s.roomFor(a).minus(a.returning()) }

// returning returns the needs of pods that will come back to the agent, plus
// those of tasks not heard of since their executor ended. Mesos offers both, but
// containers still use them.
func (a *agent) returning() (sum Amount) {
	for _, c := range a.awaited {
		sum = sum.plus(c.amount)
	}
	if !a.shaken {
		return sum
	}
	a.shaken = false
	for _, t := range a.tasks {
		if t.orphaned {
			a.shaken = true
			sum = sum.plus(t.Amount)
		}
	}
	return sum
}

// roomGrew notes that room kept for returning pods is free for others.
func (s *State) roomGrew(a *agent) {
	s.stirred = true
	if len(a.held) > 0 {
		s.refresh(a)
	}
}

// keeps reports whether a port of the class is one of a pod that will come back
// to the agent. Ports of tasks stay booked as long as the tasks do.
func (a *agent) keeps(c *class) bool {
	for _, port := range c.ports {
		if slices.ContainsFunc(a.awaited, func(home *class) bool { return slices.Contains(home.ports, port) }) {
			return true
		}
	}
	return false
}

// executorEnded notes that the executor of an agent's tasks has ended, and asks for
// them: their ends are on the way, unless they get lost.
func (s *State) executorEnded(a *agent, after time.Duration) {
	a.lost, a.executor = true, false
	for _, t := range a.tasks {
		if t.state == binding || t.state == running {
			t.orphaned, a.shaken = true, true
		}
	}
	s.doubt(a, after)
}

// accounted notes that a task whose executor has ended is accounted for.
func (s *State) accounted(t *task) {
	t.orphaned = false
	if a := s.agents[t.Agent]; a != nil {
		s.roomGrew(a)
	}
}

// homeReason returns why a bound pod waits for its agent.
func (s *State) homeReason(c *class) string {
	a := s.agents[c.home]
	why := "no offer yet"
	if need := c.amount.minus(s.roomFor(a)); a.offered && (need.CPU > 0 || need.Mem > 0) {
		l := lack{}
		l.add(Amount{max(need.CPU, 0), max(need.Mem, 0)})
		why = "its latest offer lacks " + l.String()
	} else if p := a.lacksPort(c); a.offered && p != 0 {
		why = "its latest offer has no port " + strconv.Itoa(int(p))
	}
	return "the executor on its agent " + a.id + " has ended; it goes on when another is started there: " + why
}
