package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// hollowMesos is a Mesos in the test's process whose executors run nothing, but report
// pods and answer agents like real ones: it allows more pods than Docker can run.
// framework_runner is a separate process, so its use of resources can be measured
// separately.
type hollowMesos struct {
	addr   string
	client kubernetes.Interface
	pods   cache.Store // what the API server has

	mu    sync.Mutex
	tasks map[string]*hollowTask // by pod uid
	runs  map[string]int         // by pod uid: how often it was started
	wrong []string               // what must never happen
}

// serveHollowMesos starts a hollowMesos; call follow before creating the first pod.
func serveHollowMesos(t *testing.T, agents int, resources string) *hollowMesos {
	t.Helper()
	h := &hollowMesos{tasks: map[string]*hollowTask{}, runs: map[string]int{}}
	m, err := local.New(local.Config{
		Agents: agents, Hostname: "hollow", Resources: resources, Simulate: h.simulate,
		Credentials: map[string]string{cluster.Principal: cluster.Secret},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	h.addr = m.Addr()
	return h
}

// follow lets the executors see the pods of a cluster, and reports each change.
func (h *hollowMesos) follow(t *testing.T, c *cluster.Cluster, changed func(p *v1.Pod, gone bool)) {
	t.Helper()
	h.client = c.Client
	tell := func(o any, gone bool) {
		if last, is := o.(cache.DeletedFinalStateUnknown); is {
			o = last.Obj
		}
		h.changed(o.(*v1.Pod))
		changed(o.(*v1.Pod), gone)
	}
	store, informer := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: cache.NewListWatchFromClient(c.Client.CoreV1().RESTClient(), "pods", v1.NamespaceAll, fields.Everything()),
		ObjectType:    &v1.Pod{},
		Handler: cache.ResourceEventHandlerFuncs{
			AddFunc:    func(o any) { tell(o, false) },
			UpdateFunc: func(_, o any) { tell(o, false) },
			DeleteFunc: func(o any) { tell(o, true) },
		},
	})
	h.pods = store
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { informer.RunWithContext(ctx) })
	t.Cleanup(func() { stop(); all.Wait() })
	c.Process().Await(soon, "the first list of pods", informer.HasSynced)
}

// changed wakes the task of a pod.
func (h *hollowMesos) changed(p *v1.Pod) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if task := h.tasks[string(p.UID)]; task != nil {
		task.wake()
	}
}

// simulate is the executor of one agent, see [local.Config].
func (h *hollowMesos) simulate(ctx context.Context, env map[string]string, _ *mesospb.ExecutorInfo) int {
	cfg, err := mesos.ExecutorFromEnv(func(k string) string { return env[k] })
	if err != nil {
		h.blame("an executor's environment: %v", err)
		return 1
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	e := &hollowExecutor{hollowMesos: h, agent: cfg.AgentID, Executor: mesos.NewExecutor(cfg), ctx: ctx}
	err = e.Run(ctx, e)
	stop()
	e.all.Wait()
	if errors.Is(err, mesos.ErrShutdown) {
		return 0
	}
	return 1
}

// hollowExecutor is an executor that runs nothing.
type hollowExecutor struct {
	*hollowMesos
	*mesos.Executor
	agent string
	ctx   context.Context // of the process that this stands for
	once  sync.Once       // for the node
	all   sync.WaitGroup
}

// Event handles an event from the agent.
func (e *hollowExecutor) Event(event *mesospb.ExecutorEvent) {
	switch event.GetType() {
	case mesospb.ExecutorEvent_LAUNCH:
		e.launch(event.GetLaunch().GetTask())
	case mesospb.ExecutorEvent_KILL:
		id := event.GetKill().GetTaskId().GetValue()
		e.mu.Lock()
		defer e.mu.Unlock()
		for _, task := range e.tasks {
			if task.id == id {
				task.killed = true
				task.wake()
			}
		}
	}
}

func (e *hollowExecutor) launch(info *mesospb.TaskInfo) {
	pod, err := taskdata.Decode(info.GetData())
	if err != nil {
		e.blame("task %s: %v", info.GetTaskId().GetValue(), err)
		return
	}
	task := &hollowTask{hollowExecutor: e, id: info.GetTaskId().GetValue(), pod: pod, woken: make(chan struct{}, 1)}
	e.mu.Lock()
	other := e.tasks[pod.UID]
	e.tasks[pod.UID] = task
	e.mu.Unlock()
	if other != nil {
		e.blame("pod %s was launched as %s while %s lives", pod.Name, task.id, other.id)
	}
	e.once.Do(func() { e.all.Go(func() { e.keepNode(pod.Node) }) })
	e.all.Go(task.live)
}

func (h *hollowMesos) blame(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wrong = append(h.wrong, fmt.Sprintf(format, args...))
}

// started returns how often a pod was started.
func (h *hollowMesos) started(uid string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.runs[uid]
}

// complaints returns what happened but must not have.
func (h *hollowMesos) complaints() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.wrong)
}
