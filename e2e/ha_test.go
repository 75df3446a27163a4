package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
)

// takeover returns how long it may take from the death of the leader until a newly
// created pod runs: as docs/faults.md promises if make faults has a machine to itself.
// The lease expires after five seconds; the rest is work.
func takeover() time.Duration {
	if long {
		return 10 * time.Second
	}
	return 45 * time.Second
}

// several is a Mesos and an etcd with two framework_runners.
type several struct {
	t               *testing.T
	mesos           string
	etcd            *cluster.Process
	leader, standby *cluster.Cluster
}

func startSeveral(t *testing.T) *several {
	t.Helper()
	mesos := serveLocalMesos(t, "local(2)", "-local_resources=cpus:4;mem:4096;disk:10000;ports:[31000-31099]")
	url, etcd := cluster.StartEtcd(t)
	cfg := cluster.Config{Master: mesos, Args: []string{"-etcd_servers=" + url}}
	s := &several{t: t, mesos: mesos, etcd: etcd, leader: cluster.Start(t, cfg)}
	s.standby = cluster.Start(t, cfg)
	awaitWaiting(s.standby)
	return s
}

// awaitWaiting waits until a framework_runner says that it follows.
func awaitWaiting(c *cluster.Cluster) {
	c.Process().Await(soon, "it follows", func() bool {
		return strings.Contains(c.Process().Output(), "serves the API and waits")
	})
}

// runsSoon creates a pod through c, and returns how long after began it runs.
func (s *several) runsSoon(c *cluster.Cluster, name string, began time.Time) time.Duration {
	s.t.Helper()
	create(s.t, c, webPod(name, "0.2"))
	awaitPhase(s.t, c, name, v1.PodRunning)
	return time.Since(began).Round(10 * time.Millisecond)
}

// untouched checks that pods run in the same containers as before.
func (s *several) untouched(c *cluster.Cluster, before []string, names ...string) {
	s.t.Helper()
	for _, name := range names {
		pod := get(s.t, c, name)
		if pod == nil || pod.Status.Phase != v1.PodRunning || pod.Status.ContainerStatuses[0].RestartCount != 0 {
			s.t.Errorf("%s should have been left alone: %+v", name, pod)
		}
	}
	after := containers(s.t, s.mesos)
	for _, id := range before {
		if !slices.Contains(after, id) {
			s.t.Errorf("container %s is gone", id)
		}
	}
}

// onceEach checks that Mesos has had exactly one task for every pod, and that the pod
// has one pair of containers. The task need not be the first attempt: one that was
// only stored when its leader was stopped was never sent.
func (s *several) onceEach(c *cluster.Cluster) {
	s.t.Helper()
	pods := list(s.t, c)
	tasks := map[string]int{} // by uid of their pods
	for _, task := range allTasks(s.t, s.mesos) {
		uid, _, _ := strings.Cut(task.ID, ".")
		tasks[uid]++
	}
	for _, pod := range pods {
		if n := tasks[string(pod.UID)]; n != 1 {
			s.t.Errorf("pod %s was launched as %d tasks", pod.Name, n)
		}
	}
	if len(tasks) != len(pods) {
		s.t.Errorf("%d pods have %d tasks: %v", len(pods), len(tasks), tasks)
	}
	if got := containers(s.t, s.mesos); len(got) != 2*len(pods) {
		s.t.Errorf("%d pods have %d containers, want two each", len(pods), len(got))
	}
	if all := frameworks(s.t, s.mesos); len(all) != 1 {
		s.t.Errorf("there are %d frameworks", len(all))
	}
}

// The leader crashes: the other takes over within seconds, pods keep running, and the
// executors obey the remaining API server. When restarted, the old leader follows, and
// it leads at once when the other ends in an orderly way.
func TestFaultLeaderKilled(t *testing.T) {
	p := promised(t, "of two framework_runners on one etcd the leader is killed, later told to end", "the other launches a new pod within 10 s; nothing is restarted")
	s := startSeveral(t)
	first, second := s.leader, s.standby
	names := []string{"web-0", "web-1", "web-2", "web-3"}
	for _, name := range names {
		create(t, second, webPod(name, "0.2")) // a follower serves as well
	}
	for _, name := range names {
		awaitPhase(t, first, name, v1.PodRunning)
	}
	kubectl := exec.Command(filepath.Join(cluster.Root(), "bin/kubectl"),
		"--kubeconfig="+filepath.Join(second.DataDir, "admin.kubeconfig"), "logs", "web-0")
	if out, err := kubectl.CombinedOutput(); err != nil {
		t.Errorf("kubectl logs by way of who follows: %v\n%s", err, out)
	}
	before := containers(t, s.mesos)

	began := time.Now()
	first.Kill()
	took := s.runsSoon(second, "after-crash", began)
	p.measure("a pod created after the leader's crash ran %v after it", took)
	if took > takeover() {
		t.Errorf("it took %v until a pod ran again, want %v at most", took, takeover())
	}
	s.untouched(second, before, names...)
	s.onceEach(second)
	remove(t, second, "web-0")
	awaitGone(t, second, "web-0")

	first.Restart()
	awaitWaiting(first)
	before = containers(t, s.mesos)
	began = time.Now()
	second.Stop()
	p.measure("the leader ended in order within %v", time.Since(began).Round(10*time.Millisecond))
	took = s.runsSoon(first, "after-stop", began)
	p.measure("a pod created after the leader's end ran %v after it was told to end", took)
	s.untouched(first, before, append(names[1:], "after-crash")...)
	endAll(t, first, s.mesos)
}

// The leader is stopped for a minute in the middle of its work, as by a debugger or a
// lack of memory. The other takes over; when resumed, the old leader notices before it
// does anything, and ends.
func TestFaultLeaderPaused(t *testing.T) {
	pause := 15 * time.Second // three times its lease
	if long {
		pause = time.Minute
	}
	p := promised(t, fmt.Sprintf("the leader is stopped for %v, in the middle of its work, and woken", pause), "the other takes over; the old one ends before it does anything; nothing is launched twice")
	s := startSeveral(t)
	old := s.leader.Process()
	s.runsSoon(s.standby, "calm", time.Now())
	for i := range 6 {
		create(t, s.standby, webPod(fmt.Sprintf("web-%d", i), "0.2"))
	}
	signal(t, old, syscall.SIGSTOP) // with some of them stored, sent or bound
	began := time.Now()
	for i := range 6 {
		awaitPhase(t, s.standby, fmt.Sprintf("web-%d", i), v1.PodRunning)
	}
	p.measure("all pods ran %v after the leader was stopped", time.Since(began).Round(10*time.Millisecond))
	before := containers(t, s.mesos)
	<-time.After(pause - time.Since(began))

	signal(t, old, syscall.SIGCONT)
	awake := time.Now()
	code, out := old.Wait()
	p.measure("the old leader ended %v after it woke up", time.Since(awake).Round(10*time.Millisecond))
	if code == 0 || !containsAny(out, "has lost the lead", "has taken this framework over") {
		t.Errorf("the old leader ended with code %d and did not say why", code)
	}
	s.runsSoon(s.standby, "after", time.Now())
	s.untouched(s.standby, before, "calm", "web-0", "web-5")
	s.onceEach(s.standby)
	p.measure("one task, and one pair of containers, of each pod")
	endAll(t, s.standby, s.mesos)
}

// etcd does not answer for a while. The leader cannot know that it still leads, and
// ends; the standby keeps waiting, and leads when etcd is back. Pods keep running.
func TestFaultEtcdPaused(t *testing.T) {
	p := promised(t, "etcd does not answer for a while", "the leader ends, as it cannot know that it leads; all goes on when etcd is back; pods run on")
	s := startSeveral(t)
	s.runsSoon(s.standby, "before", time.Now())
	before := containers(t, s.mesos)
	signal(t, s.etcd, syscall.SIGSTOP)
	began := time.Now()
	code, out := s.leader.Process().Wait()
	p.measure("the leader ended %v after etcd had stopped", time.Since(began).Round(10*time.Millisecond))
	if code == 0 || !strings.Contains(out, "etcd has not renewed our lease in time") {
		t.Errorf("the leader ended with code %d and did not say why", code)
	}
	signal(t, s.etcd, syscall.SIGCONT)
	began = time.Now()
	s.standby.Process().Await(soon, "etcd to be back", func() bool { return answers(s.standby.URL() + "/readyz") })
	p.measure("a pod ran %v after etcd was back", s.runsSoon(s.standby, "after", began))
	s.untouched(s.standby, before, "before")
	s.onceEach(s.standby)
	endAll(t, s.standby, s.mesos)
}

func signal(t *testing.T, p *cluster.Process, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(p.PID(), sig); err != nil {
		t.Fatal(err)
	}
}

func containsAny(s string, of ...string) bool {
	return slices.ContainsFunc(of, func(part string) bool { return strings.Contains(s, part) })
}
