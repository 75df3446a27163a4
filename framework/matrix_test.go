package framework

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// matrix is what goes wrong between a framework and its Mesos, and what is
// promised then. In every row pods come before, while and after it happens; at
// the end each runs exactly once, or is failed where the row says so; then all are
// deleted, and nothing is left: no record, no task, no unacknowledged status.
var matrix = []struct {
	name    string
	promise string
	faults  local.Faults
	act     func(*localCluster)
	fails   bool // pods of an agent that is gone are failed
}{
	{name: "nothing", promise: "the rows below fail for their faults alone"},
	{
		name: "offers are rescinded", promise: "a pod whose offer was taken back is launched on another, at once",
		faults: local.Faults{RescindOffers: 0.3, RescindAfter: 5 * time.Millisecond},
	},
	{
		name: "updates are lost", promise: "every state is learned in the end, none is acknowledged unseen",
		faults: local.Faults{SwallowUpdates: 0.4},
	},
	{
		name: "updates come twice", promise: "a duplicate changes nothing and is acknowledged again",
		faults: local.Faults{DuplicateUpdates: 0.8},
	},
	{
		name: "acknowledgements are lost", promise: "they are sent again when the status comes again",
		faults: local.Faults{SwallowAcknowledgements: 0.3},
	},
	{
		name: "acknowledgements are slow", promise: "pods do not wait for them",
		faults: local.Faults{SlowAcknowledgements: 100 * time.Millisecond},
	},
	{
		name: "the master answers 503", promise: "calls that were not taken are made again as far as they are still wanted",
		faults: local.Faults{RefuseCalls: 0.1},
	},
	{
		name: "answers are lost with their connection", promise: "a launch that may have arrived is asked for, never repeated",
		faults: local.Faults{LoseAnswers: 0.1},
	},
	{
		name: "streams break in the middle of a record", promise: "the framework subscribes again and asks for all its tasks",
		faults: local.Faults{CutStreams: 0.03},
	},
	{
		name: "everything at once", promise: "slower, and nothing else",
		faults: local.Faults{RescindOffers: 0.1, SwallowUpdates: 0.1, DuplicateUpdates: 0.1, SwallowAcknowledgements: 0.1, RefuseCalls: 0.05, LoseAnswers: 0.05, CutStreams: 0.01},
	},
	{
		name: "the framework dies", promise: "the next life finds every pod and launches none twice",
		act: func(s *localCluster) { s.restart() },
	},
	{
		name: "the framework dies while answers are lost", promise: "the same, whatever was under way",
		faults: local.Faults{LoseAnswers: 0.15, SwallowUpdates: 0.1},
		act:    func(s *localCluster) { s.restart(); s.restart() },
	},
	{
		name: "the store fails now and then", promise: "what could not be stored is not sent",
		act: func(s *localCluster) { s.storeFails(7) },
	},
	{
		name: "the master fails over", promise: "pods stay; tasks of agents that are not back yet are not given up",
		act: func(s *localCluster) { s.must(s.mesos.FailOver(200 * time.Millisecond)) },
	},
	{
		name: "an agent restarts", promise: "its executor subscribes again, its pods stay",
		act: func(s *localCluster) { s.must(s.mesos.StopAgent(0, 0)); s.must(s.mesos.StartAgent(0)) },
	},
	{
		name: "an agent is cut off and comes back", promise: "its pods are waited for and go on",
		act: func(s *localCluster) {
			s.must(s.mesos.PauseAgent(0, 0))
			s.eventually("the master gives the agent up", s.anyNodeLost)
			s.must(s.mesos.ResumeAgent(0))
		},
	},
	{
		name: "an agent unregisters", promise: "its pods are failed, and say why; others run elsewhere",
		act: func(s *localCluster) { s.must(s.mesos.RemoveAgent(0)) }, fails: true,
	},
	{
		name: "an agent is marked gone", promise: "its pods are failed, and say why; others run elsewhere",
		act: func(s *localCluster) { s.must(s.mesos.MarkAgentGone(0)) }, fails: true,
	},
	{
		name: "an executor is killed", promise: "its pods go on at the next executor of the same agent",
		act: func(s *localCluster) { s.killExecutor(0) },
	},
	{
		name: "executors are killed while updates are lost", promise: "their pods go on at the next executors of the same agents",
		faults: local.Faults{SwallowUpdates: 0.2, RescindOffers: 0.1},
		act:    func(s *localCluster) { s.killExecutor(0); s.killExecutor(1); s.killExecutor(0) },
	},
	{
		name: "an executor is killed and the framework with it", promise: "its pods go on at the next executor of the same agent",
		act: func(s *localCluster) { s.killExecutor(0); s.restart() },
	},
}

func TestFaultMatrix(t *testing.T) {
	t.Parallel()
	for _, row := range matrix {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			t.Logf("promised: %s", row.promise)
			s := newLocalCluster(t, row.faults)
			s.pods(6)
			s.eventually("the first pods run", func() bool { return s.nodes.running() >= 3 })
			if row.act != nil {
				row.act(s)
			}
			s.pods(6)
			s.settle(row.fails)
			s.end()
		})
	}
}

// speed is how much faster than real time these frameworks run.
const speed = 20

// localCluster is a framework on a local Mesos of three agents.
type localCluster struct {
	*harness
	mesos *local.Mesos
	nodes *hollowNodes
	names []string

	change []func(*Config) // of every life
}

func newLocalCluster(t *testing.T, faults local.Faults, change ...func(*Config)) *localCluster {
	t.Helper()
	s := &localCluster{harness: newHarness(t), change: change}
	s.nodes = newHollowNodes(s.client)
	faults.Seed = 1
	var err error
	s.mesos, err = local.New(local.Config{
		Agents: 3, Hostname: "agent", Resources: "cpus:4;mem:4096;ports:[31000-31100]",
		Simulate: s.nodes.simulate, Faults: faults,
		HeartbeatInterval: 300 * time.Millisecond, AllocationInterval: 20 * time.Millisecond,
		AgentTimeout: 300 * time.Millisecond, ReregistrationTimeout: 6 * time.Second, UpdateRetry: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	gone := make(chan error, 1)
	go func() { gone <- s.mesos.Run(ctx) }()
	t.Cleanup(func() {
		s.kill()
		stop()
		if err := receive(t, gone, "end of the local Mesos"); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		for _, c := range s.nodes.complaints() {
			t.Error(c)
		}
	})
	s.begin()
	return s
}

// begin begins a life.
func (s *localCluster) begin() {
	s.Helper()
	connection, err := mesos.NewScheduler(mesos.SchedulerConfig{Master: s.mesos.Addr(), MaxBackoff: 100 * time.Millisecond})
	s.must(err)
	s.hasten = func(f *Framework) { f.clock = clock{start: time.Now(), speed: speed} }
	s.run(func(c *Config) {
		c.Mesos = connection
		c.Executor.ShutdownGrace = time.Second // at the end of the test
		for _, change := range s.change {
			change(c)
		}
	})
}

func (s *localCluster) restart() {
	s.kill()
	s.begin()
}

func (s *localCluster) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// pods posts n more.
func (s *localCluster) pods(n int) {
	for range n {
		name := fmt.Sprint("pod-", len(s.names))
		s.names = append(s.names, name)
		s.post(makePod(name))
	}
}

// storeFails makes one in n of the store's transactions fail from now on.
func (s *localCluster) storeFails(n int) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	count := 0
	s.store.fail = func([]Change) error {
		if count++; count%n == 0 {
			return errStory
		}
		return nil
	}
}

// killExecutor kills the executor of an agent, if there is one.
func (s *localCluster) killExecutor(agent int) {
	_ = s.mesos.KillExecutor(agent, s.frame.identity.get(), "kubernetes") // none there is as good
}

func (s *localCluster) anyNodeLost() bool {
	list, err := s.client.CoreV1().Nodes().List(s.Context(), metav1.ListOptions{})
	s.must(err)
	return slices.ContainsFunc(list.Items, func(n v1.Node) bool { return ready(&n).Reason == "MesosAgentLost" })
}

// settle waits until every pod runs, or has failed where that is promised.
func (s *localCluster) settle(mayFail bool) {
	s.Helper()
	var waits string
	s.within(3*time.Minute, func() string { return "every pod runs once: " + waits }, func() bool {
		failed := 0
		for _, name := range s.names {
			p := s.pod(name)
			switch {
			case p.Status.Phase == v1.PodFailed && mayFail && p.Status.Reason != "" && p.Status.Message != "":
				failed++
			case p.Status.Phase == v1.PodFailed:
				s.Fatalf("%s failed: %s: %s", name, p.Status.Reason, p.Status.Message)
			case p.Spec.NodeName == "":
				waits = name + " is not bound"
				return false
			}
		}
		running := 0
		for _, t := range s.mesosTasks() {
			if strings.HasSuffix(t, "TASK_RUNNING") {
				running++
			}
		}
		waits = fmt.Sprintf("%d run, %d of them under an executor, as %d tasks, %d have failed, of %d", s.nodes.running(), s.nodes.tendedPods(), running, failed, len(s.names))
		want := len(s.names) - failed
		return s.nodes.running() == want && s.nodes.tendedPods() == want && running == want
	})
}

// end deletes all pods and waits until nothing is left of them.
func (s *localCluster) end() {
	s.Helper()
	for _, name := range s.names {
		s.must(s.client.CoreV1().Pods("default").Delete(s.Context(), name, metav1.DeleteOptions{}))
	}
	var left []string
	s.within(3*time.Minute, func() string { return fmt.Sprint("all records go: ", left) }, func() bool {
		left = nil
		records, err := s.store.Load(s.Context())
		s.must(err)
		for key := range records {
			if strings.HasPrefix(key, keyTasks) {
				left = append(left, key)
			}
		}
		return len(left) == 0
	})
	s.within(3*time.Minute, func() string { return fmt.Sprint("Mesos has no task, and no end that is not acknowledged: ", left) }, func() bool {
		left = s.mesosTasks()
		return s.nodes.running() == 0 && len(left) == 0
	})
}

// mesosTasks lists the tasks that the master has: including a task that is over
// until its end is acknowledged.
func (s *localCluster) mesosTasks() (ids []string) {
	resp, err := http.Get("http://" + s.mesos.Addr() + "/state")
	s.must(err)
	defer resp.Body.Close()
	var state struct {
		Frameworks []struct {
			Tasks []struct{ ID, State string }
		}
	}
	s.must(json.NewDecoder(resp.Body).Decode(&state))
	for _, f := range state.Frameworks {
		for _, t := range f.Tasks {
			ids = append(ids, t.ID+" "+t.State)
		}
	}
	return ids
}
