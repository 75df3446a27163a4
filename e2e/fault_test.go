package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
)

// crowd is how many pods run while something goes wrong with a cluster.
const crowd = 20

// long is set by `make faults`: faults last as long as docs/faults.md says.
var long = os.Getenv("FAULTS") == "long"

// TestFault runs twenty pods on three agents and injects one fault after another.
// After each, every container must be the same as before.
func TestFault(t *testing.T) {
	mesos := serveLocalMesos(t, "local(3)", "-local_resources=cpus:4;mem:4096;disk:10000;ports:[31000-31099]", "-local_agent_timeout=10s")
	c := cluster.Start(t, cluster.Config{Master: mesos})
	for i := range crowd {
		create(t, c, webPod(fmt.Sprintf("web-%d", i), "0.4"))
	}
	w := &faultWorld{Cluster: c, mesos: mesos}
	w.await(t, 3*time.Minute)
	w.before = w.containers(t)

	t.Run("FrameworkRunnerKilled", w.frameworkRunnerKilled)
	t.Run("ExecutorKilled", w.executorKilled)
	t.Run("AgentRestarts", w.agentRestarts)
	t.Run("MasterRestarts", w.masterRestarts)
	t.Run("AgentPartitioned", w.agentPartitioned)

	endAll(t, c, mesos)
}

// faultWorld is a cluster with pods for fault tests.
type faultWorld struct {
	*cluster.Cluster
	mesos  string
	before map[string]string
}

// containers returns the container id of each pod, as the API server shows it.
func (w *faultWorld) containers(t *testing.T) map[string]string {
	t.Helper()
	ids := map[string]string{}
	for _, pod := range list(t, w.Cluster) {
		if len(pod.Status.ContainerStatuses) == 1 {
			s := pod.Status.ContainerStatuses[0]
			ids[pod.Name] = fmt.Sprintf("%s after %d restarts", s.ContainerID, s.RestartCount)
		}
	}
	return ids
}

// asWanted reports whether every pod is ready, and is a running task in Mesos.
func (w *faultWorld) asWanted(t *testing.T) bool {
	all, err := askFrameworks(w.mesos)
	if err != nil || len(all) != 1 {
		return false // the master is away, or does not know us yet
	}
	running := map[string]bool{}
	for _, task := range all[0].Tasks {
		if task.State == "TASK_RUNNING" {
			running[task.Name] = true
		}
	}
	if len(running) != crowd {
		return false
	}
	pods := list(t, w.Cluster)
	return len(pods) == crowd && !slices.ContainsFunc(pods, func(p v1.Pod) bool { return !isReady(&p) })
}

func isReady(p *v1.Pod) bool { return has(p.Status.Conditions, v1.PodReady) }

func (w *faultWorld) await(t *testing.T, within time.Duration) {
	t.Helper()
	w.Process().Await(within, fmt.Sprintf("%d pods as wanted", crowd), func() bool { return w.asWanted(t) })
}

// settle waits until all is as wanted again, checks that no container has changed, and
// records how long that took.
func (w *faultWorld) settle(t *testing.T, p *promise, began time.Time) {
	t.Helper()
	w.await(t, 2*time.Minute)
	took := since(began)
	kept := 0
	after := w.containers(t)
	for name, id := range w.before {
		if after[name] == id {
			kept++
		} else {
			t.Errorf("%s ran as %s and now as %s", name, id, after[name])
		}
	}
	p.measure("all as wanted %v later; %d of %d containers are the same and never restarted", took, kept, crowd)
	w.before = after
}

// works checks that a new pod is launched, and records how long that took.
func (w *faultWorld) works(t *testing.T, p *promise) {
	t.Helper()
	began := time.Now()
	create(t, w.Cluster, webPod("extra", "0.1"))
	awaitPhase(t, w.Cluster, "extra", v1.PodRunning)
	p.measure("a new pod runs %v after it was posted", since(began))
	remove(t, w.Cluster, "extra")
	awaitGone(t, w.Cluster, "extra")
}

// fault asks the local Mesos for a fault, see docs/local-mesos.md.
func (w *faultWorld) fault(t *testing.T, path string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+w.mesos+"/local/"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(cluster.Principal, cluster.Secret)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		t.Fatalf("fault %s: %s", path, resp.Status)
	}
}

func (w *faultWorld) frameworkRunnerKilled(t *testing.T) {
	p := promised(t, "framework_runner is killed and started again",
		"no pod notices; the same framework goes on; new pods run within seconds of its start")
	before := frameworks(t, w.mesos)[0].ID
	w.Kill()
	began := time.Now()
	w.Restart()
	w.settle(t, p, began)
	if after := frameworks(t, w.mesos); len(after) != 1 || after[0].ID != before {
		t.Errorf("the framework was %s, now there are %v", before, after)
	}
	w.works(t, p)
}

func (w *faultWorld) executorKilled(t *testing.T) {
	p := promised(t, "one executor is killed",
		"its containers run on; the next executor on that agent takes them over; pods stay Running all the time")
	id := frameworks(t, w.mesos)[0].ID
	pids := executors(t, id)
	if len(pids) != 3 {
		t.Fatalf("executors run as %v, want 3", pids)
	}
	began := time.Now()
	if err := syscall.Kill(pids[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	w.Process().Await(soon, "another executor in its place", func() bool {
		now := executors(t, id)
		return len(now) == 3 && !slices.Contains(now, pids[0])
	})
	p.measure("another executor started %v later", since(began))
	w.settle(t, p, began)
	w.works(t, p)
}

func (w *faultWorld) agentRestarts(t *testing.T) {
	p := promised(t, "one agent is stopped, and started five seconds later",
		"no pod notices: the executor subscribes again, tasks and containers stay")
	w.sameTasks(t, p, func() {
		w.fault(t, "agents/0/stop")
		<-time.After(5 * time.Second) // the fault itself
		w.fault(t, "agents/0/start")
	})
}

// sameTasks checks that all is as wanted after happens, with the same tasks.
func (w *faultWorld) sameTasks(t *testing.T, p *promise, happens func()) {
	t.Helper()
	before := taskIDs(t, w.mesos)
	began := time.Now()
	happens()
	w.settle(t, p, began)
	if after := taskIDs(t, w.mesos); !slices.Equal(before, after) {
		t.Errorf("the tasks were %v and are %v", before, after)
	}
	w.works(t, p)
}

func (w *faultWorld) masterRestarts(t *testing.T) {
	p := promised(t, "the master is away for five seconds and has forgotten everything but its registry",
		"no pod notices; the same framework subscribes again; tasks and containers stay")
	w.sameTasks(t, p, func() {
		w.fault(t, "master/fail-over?down=5s")
		w.Process().Await(soon, "the master to be away, which answers before it goes", func() bool {
			_, err := askFrameworks(w.mesos)
			return err != nil
		})
	})
}

func (w *faultWorld) agentPartitioned(t *testing.T) {
	lasts := 30 * time.Second
	if long {
		lasts = time.Minute
	}
	p := promised(t, fmt.Sprintf("one agent is cut off for %v; the master gives it up after 10 s", lasts),
		"its node shows Unknown and its pods not ready until it is back; nothing is restarted")
	began := time.Now()
	w.fault(t, "agents/0/pause?for="+lasts.String())
	w.Process().Await(soon, "pods that are not ready", func() bool {
		return slices.ContainsFunc(list(t, w.Cluster), func(p v1.Pod) bool { return !isReady(&p) })
	})
	p.measure("the first pod was shown as not ready after %v", since(began))
	w.settle(t, p, began)
	w.works(t, p)
}

func taskIDs(t *testing.T, mesos string) []string {
	t.Helper()
	ids := map[string]bool{}
	for _, task := range liveTasks(t, mesos) {
		ids[task.ID] = true
	}
	return slices.Sorted(maps.Keys(ids))
}
