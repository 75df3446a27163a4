package framework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// hollow is an executor that runs nothing and says so properly. It records
// every task that it gets, with a way to end it.
type hollow struct {
	*mesos.Executor
	launched func(id string, end func())
}

func (h hollow) Event(e *mesospb.ExecutorEvent) {
	if e.GetType() != mesospb.ExecutorEvent_LAUNCH {
		return
	}
	id := e.GetLaunch().GetTask().GetTaskId()
	say := func(s mesospb.TaskState) { h.Update(&mesospb.TaskStatus{TaskId: id, State: s.Enum()}) }
	h.launched(id.GetValue(), func() { say(mesospb.TaskState_TASK_KILLED) })
	say(mesospb.TaskState_TASK_STARTING)
	say(mesospb.TaskState_TASK_RUNNING)
}

// A life on a Mesos that checks what it is sent: pods are launched and bound, a
// second life with other flags finds them running and launches more on the same
// executors, and forgets the task of a pod that is deleted.
func TestLocalMesos(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var launched []string
	end := map[string]func(){}
	cluster, err := local.New(local.Config{
		Agents: 2, Hostname: "agent", Resources: "cpus:4;mem:4096;ports:[31000-31100]",
		Simulate: func(ctx context.Context, env map[string]string, _ *mesospb.ExecutorInfo) int {
			cfg, err := mesos.ExecutorFromEnv(func(k string) string { return env[k] })
			if err != nil {
				return 1
			}
			e := mesos.NewExecutor(cfg)
			err = e.Run(ctx, hollow{e, func(id string, ends func()) {
				mu.Lock()
				defer mu.Unlock()
				launched, end[id] = append(launched, id), ends
			}})
			if errors.Is(err, mesos.ErrShutdown) {
				return 0
			}
			return 1
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	runMesos(t, cluster)

	w := newHarness(t)
	live := func(change func(*Config)) {
		t.Helper()
		connection, err := mesos.NewScheduler(mesos.SchedulerConfig{Master: cluster.Addr()})
		if err != nil {
			t.Fatal(err)
		}
		w.run(func(c *Config) {
			c.Mesos = connection
			change(c)
		})
	}
	bound := func(n int) {
		t.Helper()
		w.eventually(fmt.Sprint(n, " pods are bound"), func() bool {
			list, err := w.client.CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{})
			if err != nil {
				t.Fatal(err)
			}
			n := n
			for _, p := range list.Items {
				if p.Spec.NodeName != "" {
					n--
				}
			}
			return n == 0
		})
	}

	live(func(*Config) {})
	for i := range 8 {
		w.post(makePod(fmt.Sprint("first-", i)))
	}
	bound(8)
	w.kill()

	live(func(c *Config) { c.Executor.Arguments = []string{"-newer"} })
	for i := range 4 {
		w.post(makePod(fmt.Sprint("second-", i)))
	}
	bound(12)
	if err := w.client.CoreV1().Pods("default").Delete(t.Context(), "first-0", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	end["uid-first-0.1"]()
	mu.Unlock()
	w.eventually("the deleted pod's task is forgotten", func() bool {
		_, there := w.store.get(keyTasks + "uid-first-0.1")
		return !there
	})
	w.kill()

	mu.Lock()
	defer mu.Unlock()
	slices.Sort(launched)
	if unique := slices.Compact(slices.Clone(launched)); len(unique) != 12 || len(launched) != 12 {
		t.Errorf("launched %v", launched)
	}
}

// runMesos runs a local Mesos until the test ends.
func runMesos(t *testing.T, m *local.Mesos) {
	ctx, stop := context.WithCancel(context.Background())
	gone := make(chan error, 1)
	go func() { gone <- m.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := receive(t, gone, "end of the local Mesos"); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}
