package framework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// hollowNodes are the agents' executors with kubelets that run nothing, and do
// everything else as real ones: they run a pod that is bound to their agent and
// given to them as a task, and end it when it is deleted or killed. What ran
// when an executor died goes on, as containers do.
type hollowNodes struct {
	client kubernetes.Interface

	mu       sync.Mutex
	runs     map[string]string          // agent by pod uid: where it runs
	tended   map[string]context.Context // of the executor that looks after a pod, by uid
	launched map[string]int             // task ids
	wrong    []string                   // what must never happen
}

func newHollowNodes(client kubernetes.Interface) *hollowNodes {
	return &hollowNodes{client: client, runs: map[string]string{}, tended: map[string]context.Context{}, launched: map[string]int{}}
}

// simulate is the executor of one agent, see [local.Config].
func (n *hollowNodes) simulate(ctx context.Context, env map[string]string, _ *mesospb.ExecutorInfo) int {
	cfg, err := mesos.ExecutorFromEnv(func(k string) string { return env[k] })
	if err != nil {
		return 1
	}
	h := &hollowNode{hollowNodes: n, agent: cfg.AgentID, Executor: mesos.NewExecutor(cfg), kills: map[string]chan struct{}{}, ctx: ctx}
	err = h.Run(ctx, h)
	h.pods.Wait()
	if ctx.Err() == nil { // the agent is gone for good, or says so: it cleans up
		n.stopAll(cfg.AgentID)
	}
	if errors.Is(err, mesos.ErrShutdown) {
		return 0
	}
	return 1
}

// hollowNode is one of them.
type hollowNode struct {
	*hollowNodes
	*mesos.Executor
	agent string
	ctx   context.Context // of the process that this stands for
	kills map[string]chan struct{}
	pods  sync.WaitGroup
}

// Event handles an event from the agent.
func (h *hollowNode) Event(e *mesospb.ExecutorEvent) {
	switch e.GetType() {
	case mesospb.ExecutorEvent_LAUNCH:
		t := e.GetLaunch().GetTask()
		id := t.GetTaskId().GetValue()
		data, err := taskdata.Decode(t.GetData())
		if err != nil {
			h.blame("task %s: %v", id, err)
			return
		}
		h.mu.Lock()
		h.launched[id]++
		again := h.launched[id] > 1
		h.mu.Unlock()
		if again {
			h.blame("task %s was launched twice", id)
		}
		kill := make(chan struct{})
		h.kills[id] = kill
		h.say(id, mesospb.TaskState_TASK_STARTING)
		h.pods.Go(func() { h.live(id, data, kill) })
	case mesospb.ExecutorEvent_KILL:
		id := e.GetKill().GetTaskId().GetValue()
		if kill := h.kills[id]; kill != nil {
			close(kill)
			h.kills[id] = nil
		}
	}
}

func (h *hollowNode) say(id string, s mesospb.TaskState) {
	h.Update(&mesospb.TaskStatus{TaskId: &mesospb.TaskID{Value: &id}, State: s.Enum()})
}

// live is the life of a task, from STARTING on.
func (h *hollowNode) live(id string, pod taskdata.Data, kill <-chan struct{}) {
	seen := false
	for {
		here, leaves, err := h.look(pod)
		switch {
		case err != nil:
		case seen && !here, here && leaves:
			h.stop(pod.UID)
			h.say(id, mesospb.TaskState_TASK_KILLED)
			return
		case here && !seen:
			seen = true
			h.start(pod.UID)
			h.say(id, mesospb.TaskState_TASK_RUNNING)
		}
		select {
		case <-h.ctx.Done():
			return
		case <-kill:
			if here, leaves, err := h.look(pod); here && !leaves && err == nil { // as it is now
				h.blame("task %s was killed while its pod is wanted here", id)
			}
			h.stop(pod.UID)
			h.say(id, mesospb.TaskState_TASK_KILLED)
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// look asks the API server whether a pod is to run here, and whether it is being deleted.
func (h *hollowNode) look(pod taskdata.Data) (here, leaves bool, err error) {
	p, err := h.client.CoreV1().Pods(pod.Namespace).Get(h.ctx, pod.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return false, false, nil
	case err != nil:
		return false, false, err
	}
	here = string(p.UID) == pod.UID && !podspec.Finished(p) && p.Spec.NodeName != "" && taskdata.MeantFor(p.Annotations, h.agent)
	return here, p.DeletionTimestamp != nil, nil
}

func (h *hollowNode) start(uid string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if other := h.runs[uid]; other != "" && other != h.agent {
		h.wrong = append(h.wrong, fmt.Sprintf("pod %s runs on agents %s and %s", uid, other, h.agent))
	}
	h.runs[uid], h.tended[uid] = h.agent, h.ctx
}

func (h *hollowNode) stop(uid string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.runs[uid] == h.agent {
		delete(h.runs, uid)
	}
}

// stopAll ends what an agent runs.
func (n *hollowNodes) stopAll(agent string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for uid, a := range n.runs {
		if a == agent {
			delete(n.runs, uid)
		}
	}
}

func (n *hollowNodes) blame(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.wrong = append(n.wrong, fmt.Sprintf(format, args...))
}

// tendedPods returns how many pods run under an executor that lives. The others have
// lost theirs, of which the framework may not have heard yet.
func (n *hollowNodes) tendedPods() (all int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for uid := range n.runs {
		if n.tended[uid].Err() == nil {
			all++
		}
	}
	return all
}

// running returns how many pods run.
func (n *hollowNodes) running() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.runs)
}

// complaints returns what happened and must not have.
func (n *hollowNodes) complaints() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.wrong)
}
