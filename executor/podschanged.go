package executor

import (
	"fmt"
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// podsChanged compares the tasks with all pods that are bound to this node now.
func (c *core) podsChanged(pods []Pod) []effect {
	effects := c.nodeIsUp()
	c.pods = make(map[string]Pod, len(pods))
	for _, p := range pods {
		c.pods[p.UID] = p
		if t := c.byUID[p.UID]; t != nil && c.unwanted(t, p) {
			t.removing, t.grace = true, nil
			effects = append(effects, deletePod{p.Ref, nil})
		}
	}
	for _, t := range slices.Clone(c.tasks) {
		switch p, bound := c.pods[t.ref.UID]; {
		case t.end != nil:
		case bound:
			t.bound = true
			effects = append(effects, c.podChanged(t, p)...)
		case t.bound:
			effects = append(effects, c.end(t, killed("pod %s: deleted", t.ref))...)
		}
	}
	return effects
}

// unwanted reports whether p would run, or go on running, though its task has been
// killed: bound after the kill, or left over.
func (c *core) unwanted(t *task, p Pod) bool {
	over := t.end != nil && t.end.state == mesospb.TaskState_TASK_KILLED
	return over && !t.removing && !p.Deleting && !p.over()
}

// podChanged reports what has changed in the pod of a task.
func (c *core) podChanged(t *task, p Pod) []effect {
	var effects []effect
	if p.Deleting {
		effects = c.announceKilling(t, fmt.Sprintf("pod %s: stopping its containers, as the pod is deleted", t.ref))
	}
	switch {
	case p.over() && t.killing:
		return append(effects, c.end(t, killed("pod %s: stopped", t.ref))...)
	case p.Phase == Succeeded:
		return append(effects, c.end(t, ending{state: mesospb.TaskState_TASK_FINISHED, message: explain(t, "succeeded", p)})...)
	case p.Phase == Failed:
		return append(effects, c.end(t, ending{state: mesospb.TaskState_TASK_FAILED, message: explain(t, "failed", p)})...)
	case p.Phase == Running && !t.killing:
		now := shown{Healthy: p.Ready, IP: p.IP}
		if t.running == nil || *t.running != now {
			t.running = &now
			effects = append(effects, t.runs(now))
		}
	}
	return effects
}

// announceKilling reports once that a task is about to end, if the framework knows
// such a state.
func (c *core) announceKilling(t *task, message string) []effect {
	if t.killing {
		return nil
	}
	t.killing = true
	if !c.signals {
		return nil
	}
	return []effect{update{status(t.id, mesospb.TaskState_TASK_KILLING, message)}}
}

// end records how a task has ended. That is reported when nothing of it runs.
func (c *core) end(t *task, e ending) []effect {
	t.end = &e
	return []effect{awaitStopped{t.ref}}
}

// moveToFinished moves a task from the live ones to the finished ones.
func (c *core) moveToFinished(t *task) {
	c.tasks = slices.DeleteFunc(c.tasks, func(o *task) bool { return o == t })
	c.addFinished(t)
}

// addFinished keeps a task until many others have come after it.
func (c *core) addFinished(t *task) {
	c.finished = append(c.finished, t)
	if len(c.finished) <= maxFinished {
		return
	}
	oldest := c.finished[0]
	c.finished = c.finished[1:]
	delete(c.byID, oldest.id)
	if c.byUID[oldest.ref.UID] == oldest {
		delete(c.byUID, oldest.ref.UID)
	}
}

// isFinished reports whether a task is over and has been reported.
func (c *core) isFinished(t *task) bool { return !slices.Contains(c.tasks, t) }

func explain(t *task, what string, p Pod) string {
	if p.Reason == "" {
		return fmt.Sprintf("pod %s: %s", t.ref, what)
	}
	return fmt.Sprintf("pod %s: %s: %s", t.ref, what, p.Reason)
}
