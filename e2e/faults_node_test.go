package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// faultPods is how many pods live through the faults of a node.
const faultPods = 10

// rounds returns how often a fault strikes: FAULT_ROUNDS times, or by default only a
// few times, as it is one test among many.
func rounds(t testing.TB) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("FAULT_ROUNDS"))
	if err != nil && os.Getenv("FAULT_ROUNDS") != "" || n < 0 {
		t.Fatalf("FAULT_ROUNDS=%s is no number of rounds", os.Getenv("FAULT_ROUNDS"))
	}
	if n == 0 {
		return 3
	}
	return n
}

// moments returns a source of random moments, the same for the same FAULT_SEED.
func moments(t testing.TB) *rand.Rand {
	t.Helper()
	seed, err := strconv.ParseUint(os.Getenv("FAULT_SEED"), 10, 64)
	if err != nil {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("FAULT_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// node is one agent with pods on its own Docker.
type node struct {
	*testing.T
	*cluster.Cluster
	mesos      string
	docker     *realdocker.Daemon
	containers []string // ids, sorted
	random     *rand.Rand
}

// newNode starts ten pods on a Docker with these arguments, and records their
// containers.
func newNode(t *testing.T, dockerd ...string) *node {
	n := &node{T: t, random: moments(t), docker: realdocker.NewDaemon(t, dockerd...)}
	n.docker.Load(image)
	n.mesos = serveLocalMesos(t, "local", "-local_resources=cpus:8;mem:4096;disk:10000;ports:[31000-31099]")
	n.Cluster = cluster.Start(t, cluster.Config{Master: n.mesos, Args: []string{"-docker_endpoint=" + n.docker.Endpoint()}})
	for i := range faultPods {
		create(t, n.Cluster, webPod(fmt.Sprintf("web-%d", i), "0.1"))
	}
	n.awaitReady(3 * time.Minute)
	n.containers = n.all()
	if len(n.containers) != 2*faultPods {
		t.Fatalf("%d containers of %d pods", len(n.containers), faultPods)
	}
	return n
}

// all returns the ids of all containers that Docker has.
func (n *node) all() []string {
	n.Helper()
	ids := strings.Fields(n.docker.Docker("ps", "--all", "--quiet", "--no-trunc"))
	slices.Sort(ids)
	return ids
}

// awaitReady waits until all pods and their node are ready, and Mesos has heard so from
// the live executor. It returns how long that took.
func (n *node) awaitReady(within time.Duration) time.Duration {
	n.Helper()
	began := time.Now()
	n.Process().Await(within, "all pods ready", func() bool {
		ready := 0
		for _, pod := range list(n.T, n.Cluster) {
			if pod.Status.Phase == v1.PodRunning && isReady(&pod) {
				ready++
			}
		}
		told := 0
		for _, task := range liveTasks(n.T, n.mesos) {
			if task.State == "TASK_RUNNING" {
				told++
			}
		}
		nodes, err := n.Client.CoreV1().Nodes().List(n.Context(), metav1.ListOptions{})
		return ready == faultPods && told == faultPods && err == nil && len(nodes.Items) == 1 && nodeReady(&nodes.Items[0])
	})
	return time.Since(began)
}

func has(conditions []v1.PodCondition, kind v1.PodConditionType) bool {
	return slices.ContainsFunc(conditions, func(c v1.PodCondition) bool { return c.Type == kind && c.Status == v1.ConditionTrue })
}

func nodeReady(node *v1.Node) bool {
	return slices.ContainsFunc(node.Status.Conditions, func(c v1.NodeCondition) bool { return c.Type == v1.NodeReady && c.Status == v1.ConditionTrue })
}

// unharmed checks that the pods are the same, in the same containers, and that nothing
// is left of them once they are deleted.
func (n *node) unharmed(p *promise, faults int, back time.Duration) {
	n.Helper()
	restarts := 0
	pods := list(n.T, n.Cluster)
	var names []string
	for _, pod := range pods {
		names = append(names, pod.Name)
		restarts += int(pod.Status.ContainerStatuses[0].RestartCount)
	}
	now := n.all()
	replaced := 0
	for _, id := range n.containers {
		if !slices.Contains(now, id) {
			replaced++
		}
	}
	lost := faultPods - len(pods)
	remove(n.T, n.Cluster, names...)
	awaitGone(n.T, n.Cluster, names...)
	n.Process().Await(soon, "the last container to go", func() bool { return len(n.all()) == 0 })
	n.Process().Await(soon, "the last task to end", func() bool { return len(liveTasks(n.T, n.mesos)) == 0 })
	p.measure("%d times with %d pods: %d pods lost, %d containers replaced, %d restarts, 0 left over, ready %.1f s after the last",
		faults, faultPods, lost, replaced, restarts, back.Seconds())
	if lost != 0 || replaced != 0 || restarts != 0 || len(now) != len(n.containers) {
		n.Errorf("containers before %q, after %q", n.containers, now)
	}
}

// within waits for a random time between two faults.
func (n *node) within(most time.Duration) { time.Sleep(time.Duration(n.random.Int64N(int64(most)))) }

// executor_runner is killed at random moments, even while it takes over what its
// predecessor left. The next one finds the pods as they are.
func TestFaultExecutorKilledRounds(t *testing.T) {
	p := promised(t, "the executor is killed, again and again", "no pod is lost, no container restarted, nothing left over")
	n := newNode(t, "--live-restore")
	id := frameworks(t, n.mesos)[0].ID
	last, killed := 0, rounds(t)
	for range killed {
		n.Process().Await(soon, "an executor", func() bool {
			pids := executors(t, id)
			return len(pids) == 1 && pids[0] != last
		})
		n.within(5 * time.Second)
		last = executors(t, id)[0]
		if err := syscall.Kill(last, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	n.Process().Await(soon, "an executor", func() bool {
		pids := executors(t, id)
		return len(pids) == 1 && pids[0] != last
	})
	n.unharmed(p, killed, n.awaitReady(2*time.Minute))
}

// executors lists the processes of a framework's executor_runner.
func executors(t testing.TB, framework string) []int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		name, _ := os.ReadFile("/proc/" + e.Name() + "/comm")
		environ, _ := os.ReadFile("/proc/" + e.Name() + "/environ")
		if string(name) == "executor_runner\n" && bytes.Contains(environ, []byte("MESOS_FRAMEWORK_ID="+framework+"\x00")) {
			found = append(found, pid)
		}
	}
	return found
}

// The Docker daemon is killed at random moments and away for up to five seconds. It
// restores its containers, and nothing considers them dead in the meantime.
func TestFaultDockerKilledRounds(t *testing.T) {
	p := promised(t, "dockerd, which has live-restore, is killed again and again", "no pod is lost, no container restarted, nothing left over")
	n := newNode(t, "--live-restore")
	killed := rounds(t)
	for range killed {
		n.within(5 * time.Second)
		n.docker.Kill()
		n.within(5 * time.Second)
		n.docker.Start()
	}
	n.unharmed(p, killed, n.awaitReady(2*time.Minute))
}

// Docker's socket is away for a while, as during a package upgrade. Containers keep
// running, and nothing considers them dead.
func TestFaultDockerSocketGone(t *testing.T) {
	away := 20 * time.Second // the kubelet gets no list for more than ten seconds
	if long {
		away = time.Minute
	}
	p := promised(t, fmt.Sprintf("Docker's socket is away for %v", away), "containers run on; no pod is lost, no container restarted")
	n := newNode(t)
	socket := n.docker.Socket()
	if err := os.Rename(socket, socket+".away"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(away)
	if err := os.Rename(socket+".away", socket); err != nil {
		t.Fatal(err)
	}
	n.unharmed(p, 1, n.awaitReady(2*time.Minute))
}

// A Docker daemon without live-restore ends all containers when it ends. Their pods
// stay, and the kubelet restarts each container once and reports it.
func TestFaultDockerRestarted(t *testing.T) {
	p := promised(t, "dockerd without live-restore is restarted, which ends all containers", "each container is started once more, in its pod; nothing left over")
	n := newNode(t)
	n.docker.Stop()
	n.docker.Start()
	began := time.Now()
	restarted := func() int {
		count := 0
		for _, pod := range list(t, n.Cluster) {
			if s := pod.Status.ContainerStatuses; len(s) == 1 && s[0].RestartCount == 1 && s[0].State.Running != nil {
				count++
			}
		}
		return count
	}
	n.Process().Await(2*time.Minute, "every container to run again", func() bool { return restarted() == faultPods })
	n.awaitReady(soon)
	back := time.Since(began)
	pods := list(t, n.Cluster)
	var names []string
	for _, pod := range pods {
		names = append(names, pod.Name)
	}
	remove(t, n.Cluster, names...)
	awaitGone(t, n.Cluster, names...)
	n.Process().Await(soon, "the last container to go", func() bool { return len(n.all()) == 0 })
	p.measure("%d pods of %d, each restarted once, ready %.1f s after Docker, 0 left over", len(pods), faultPods, back.Seconds())
}
