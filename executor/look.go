package executor

import (
	"fmt"
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// look compares the tasks with all pods that are bound to this node now.
func (c *core) look(pods []Pod) []effect {
	seen := make(map[string]Pod, len(pods))
	effects := c.nodeIsUp()
	c.bound = seen
	for _, p := range pods {
		seen[p.UID] = p
		if t := c.byUID[p.UID]; t != nil && c.unwanted(t, p) {
			t.removing, t.grace = true, nil
			effects = append(effects, remove{p.Ref, nil})
		}
	}
	for _, t := range slices.Clone(c.tasks) {
		switch p, bound := seen[t.ref.UID]; {
		case t.end != nil:
		case bound:
			t.seen = true
			effects = append(effects, c.observe(t, p)...)
		case t.seen:
			effects = append(effects, c.finish(t, killed("pod %s: deleted", t.ref))...)
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

// observe reports what has changed in the pod of a task.
func (c *core) observe(t *task, p Pod) []effect {
	var effects []effect
	if p.Deleting {
		effects = c.announceKilling(t, fmt.Sprintf("pod %s: stopping its containers, as the pod is deleted", t.ref))
	}
	switch {
	case p.over() && t.killing:
		return append(effects, c.finish(t, killed("pod %s: stopped", t.ref))...)
	case p.Phase == Succeeded:
		return append(effects, c.finish(t, ending{state: mesospb.TaskState_TASK_FINISHED, message: explain(t, "succeeded", p)})...)
	case p.Phase == Failed:
		return append(effects, c.finish(t, ending{state: mesospb.TaskState_TASK_FAILED, message: explain(t, "failed", p)})...)
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

// finish records how a task has ended. That is reported when nothing of it runs.
func (c *core) finish(t *task, e ending) []effect {
	t.end = &e
	return []effect{await{t.ref}}
}

// depart moves a task from the live ones to the remembered ones.
func (c *core) depart(t *task) {
	c.tasks = slices.DeleteFunc(c.tasks, func(o *task) bool { return o == t })
	c.remember(t)
}

// remember remembers a task until many others have come after it.
func (c *core) remember(t *task) {
	c.departed = append(c.departed, t)
	if len(c.departed) <= remembered {
		return
	}
	oldest := c.departed[0]
	c.departed = c.departed[1:]
	delete(c.byID, oldest.id)
	if c.byUID[oldest.ref.UID] == oldest {
		delete(c.byUID, oldest.ref.UID)
	}
}

// isDeparted reports whether a task is over and has been reported.
func (c *core) isDeparted(t *task) bool { return !slices.Contains(c.tasks, t) }

func explain(t *task, what string, p Pod) string {
	if p.Reason == "" {
		return fmt.Sprintf("pod %s: %s", t.ref, what)
	}
	return fmt.Sprintf("pod %s: %s: %s", t.ref, what, p.Reason)
}
