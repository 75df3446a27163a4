package executor

import (
	"fmt"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// maxFinished is how many finished tasks are remembered, to recognise their pods and
// late repeated calls.
const maxFinished = 1000

// core holds the state of the executor and decides what follows from an event. It
// does nothing itself: no goroutine, clock or I/O.
type core struct {
	spec     Spec             // from SUBSCRIBED; Name and Cluster come with the first task
	signals  bool             // the framework knows TASK_KILLING
	closing  bool             // no more tasks are accepted
	up       bool             // the node has what it needs of this agent; until then no task is STARTING
	failed   string           // why the node failed; "" if it has not
	waiting  string           // why the node cannot run pods yet; "" if none is known
	tasks    []*task          // alive, in the order of their launch
	byID     map[string]*task // alive or finished
	byUID    map[string]*task // alive or finished; the last of a pod
	finished []*task          // over and reported, the oldest first
	pods     map[string]Pod   // by uid: all pods bound to this node, as last seen; nil: none seen yet
}

func newCore() *core {
	return &core{byID: map[string]*task{}, byUID: map[string]*task{}}
}

// subscribed records the framework and the agent that this executor works for.
func (c *core) subscribed(s *mesospb.ExecutorEvent_Subscribed) {
	c.spec.Framework = s.GetFrameworkInfo().GetId().GetValue()
	c.spec.Agent = s.GetAgentInfo().GetId().GetValue()
	c.spec.Hostname = s.GetAgentInfo().GetHostname()
	c.spec.Total = amount(s.GetAgentInfo().GetResources())
	c.spec.Executor = amount(s.GetExecutorInfo().GetResources())
	c.signals = false
	for _, capability := range s.GetFrameworkInfo().GetCapabilities() {
		if capability.GetType() == mesospb.FrameworkInfo_Capability_TASK_KILLING_STATE {
			c.signals = true
		}
	}
}

// launch accepts a task. The framework may bind its pod when it is STARTING, which
// is not reported before the node is up: a task that ends before that can still be
// launched on another agent.
func (c *core) launch(info *mesospb.TaskInfo) []effect {
	id := info.GetTaskId().GetValue()
	if c.byID[id] != nil {
		return nil // a repeated call
	}
	t, invalid := &task{id: id}, mesospb.TaskStatus_REASON_TASK_INVALID.Enum()
	data, err := taskdata.Decode(info.GetData())
	if err != nil {
		return c.refuse(t, invalid, err.Error())
	}
	t.ref = Ref{Namespace: data.Namespace, Name: data.Name, UID: data.UID}
	t.amount = amount(info.GetResources())
	switch other := c.byUID[data.UID]; {
	case c.closing:
		return c.refuse(t, nil, fmt.Sprintf("pod %s: this executor is shutting down", t.ref))
	case c.failed != "":
		return c.refuse(t, nil, fmt.Sprintf("pod %s: %s", t.ref, c.failed))
	case c.spec.Name != "" && c.spec.Name != data.Node:
		return c.refuse(t, invalid, fmt.Sprintf("pod %s: it is for node %s, and this agent is node %s", t.ref, data.Node, c.spec.Name))
	case other != nil && !c.isFinished(other):
		return c.refuse(t, invalid, fmt.Sprintf("pod %s: it is here already, as task %s", t.ref, other.id))
	}
	c.tasks = append(c.tasks, t)
	c.byID[id], c.byUID[t.ref.UID] = t, t
	if c.spec.Name == "" {
		c.spec.Name, c.spec.Cluster = data.Node, data.Cluster
		return append(t.holds(), startNode{c.spec})
	}
	effects := t.holds()
	if c.up || c.waiting != "" {
		effects = append(effects, t.starting(c.waiting))
	}
	if p, ok := c.pods[t.ref.UID]; ok { // its last executor died; the pod may have kept running
		t.bound = true
		effects = append(effects, c.podChanged(t, p)...)
	}
	c.spec.Cluster.IdleTimeout = data.Cluster.IdleTimeout
	return append(effects, c.serversAre(data.Cluster.Servers)...)
}

// configured handles settings that the framework sends apart from tasks. API servers
// are of no use before there is a node: the first task names them again.
func (c *core) configured(s taskdata.Settings) []effect {
	var effects []effect
	if c.spec.Name != "" {
		effects = c.serversAre(s.Servers)
	}
	if s.Program != nil {
		effects = append(effects, replaceProgram{*s.Program})
	}
	return effects
}

// serversAre passes on changes of the list of API servers.
func (c *core) serversAre(urls []string) []effect {
	if slices.Equal(c.spec.Cluster.Servers, urls) {
		return nil
	}
	c.spec.Cluster.Servers = urls
	return []effect{setServers{urls}}
}

// idle reports whether there is nothing to do and nothing is under way; the executor
// may end after idleTimeout of that. Pods that are over need no executor, unless
// they are being deleted. Before the first task, noTaskTimeout applies.
func (c *core) idle() bool {
	if len(c.tasks) > 0 || c.pods == nil && c.spec.Name != "" {
		return false
	}
	for _, p := range c.pods {
		if !p.over() || p.Deleting {
			return false
		}
	}
	return true
}

// idleTimeout returns how long the executor stays with nothing to do; 0: no limit.
func (c *core) idleTimeout() time.Duration {
	if c.spec.Name == "" {
		return noTaskTimeout
	}
	return c.spec.Cluster.IdleTimeout
}

// noTaskTimeout is how long an executor waits for its first task. The tasks it was
// started for may all have been killed by then, and agents before 1.6 keep such an
// executor alive (MESOS-8411).
const noTaskTimeout = 10 * time.Minute

// refuse reports that a task can never run here.
func (c *core) refuse(t *task, reason *mesospb.TaskStatus_Reason, why string) []effect {
	e := ending{mesospb.TaskState_TASK_FAILED, reason, why}
	c.byID[t.id] = t
	c.addFinished(t)
	return []effect{t.ended(e)}
}

// kill ends a task. A task that is over has been reported, and the connection
// repeats the report until it is acknowledged. Nothing is known of a task that was
// never launched here, so nothing is reported.
func (c *core) kill(id string, grace *time.Duration) []effect {
	t := c.byID[id]
	if t == nil || c.isFinished(t) || t.end != nil {
		return nil
	}
	if !t.bound { // nothing of it runs; if it is bound later, it is removed then
		return c.end(t, killed("pod %s: killed before it was bound to this node", t.ref))
	}
	effects := c.announceKilling(t, fmt.Sprintf("pod %s: stopping its containers, as the task is killed", t.ref))
	t.removing, t.grace = true, grace
	return append(effects, deletePod{t.ref, grace})
}

// deletionRequested records that the API server has been asked to delete a pod.
func (c *core) deletionRequested(uid string) []effect {
	if t := c.byUID[uid]; t != nil {
		t.removing = false
	}
	return nil
}

// containersStopped handles that no container of a pod runs any more.
func (c *core) containersStopped(uid string) []effect {
	t := c.byUID[uid]
	if t == nil || t.end == nil || c.isFinished(t) {
		return nil
	}
	c.moveToFinished(t)
	return append(t.holdsNothing(), t.ended(*t.end))
}

// nodeWaits records why the node cannot run pods yet.
func (c *core) nodeWaits(reason string) []effect {
	if reason == c.waiting {
		return nil
	}
	c.waiting = reason
	return c.reportStarting()
}

// nodeIsUp records that the node has all that it needs of this agent.
func (c *core) nodeIsUp() []effect {
	if c.up && c.waiting == "" {
		return nil
	}
	c.up, c.waiting = true, ""
	return c.reportStarting()
}

// reportStarting reports STARTING for every task that does not run yet.
func (c *core) reportStarting() []effect {
	var effects []effect
	for _, t := range c.tasks {
		if t.running == nil && t.end == nil && !t.killing && !(t.started && c.waiting == "") {
			effects = append(effects, t.starting(c.waiting))
		}
	}
	return effects
}

// nodeFailed ends every task: there is no kubelet to run any.
func (c *core) nodeFailed(err error) []effect {
	c.failed = fmt.Sprintf("node %s: %v", c.spec.Name, err)
	return c.endAll(func(t *task) ending {
		return ending{state: mesospb.TaskState_TASK_FAILED, message: fmt.Sprintf("pod %s: %s", t.ref, c.failed)}
	})
}

// drained ends every task: nothing runs on this node any more, or, if err is not
// nil, something could not be stopped.
func (c *core) drained(err error) []effect {
	return c.endAll(func(t *task) ending {
		switch {
		case err != nil:
			return ending{state: mesospb.TaskState_TASK_FAILED,
				message: fmt.Sprintf("pod %s: the executor shuts down and could not clean up: %v", t.ref, err)}
		case t.end != nil:
			return *t.end
		}
		return killed("pod %s: stopped, as the executor shuts down", t.ref)
	})
}

func (c *core) endAll(how func(*task) ending) []effect {
	var effects []effect
	for len(c.tasks) > 0 {
		t := c.tasks[0]
		e := how(t)
		t.end = &e
		c.moveToFinished(t)
		effects = append(effects, t.ended(e))
	}
	return effects
}

func killed(format string, args ...any) ending {
	return ending{state: mesospb.TaskState_TASK_KILLED, message: fmt.Sprintf(format, args...)}
}
