package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
)

// Stopping framework_runner leaves pods alone; -teardown ends them with the framework.
// It refuses while another process is active and if no framework is recorded; the next
// start makes a new framework with the old API objects. The machine is as before then, also
// where the kubelet changes a kernel parameter.
func TestTeardown(t *testing.T) {
	panics := strings.TrimSpace(host(t, "sysctl", "-n", "kernel.panic"))
	t.Cleanup(func() { host(t, "sysctl", "-q", "kernel.panic="+panics) })
	host(t, "sysctl", "-q", "kernel.panic=7")
	before := stateOfHost(t)
	mesos := serveLocalMesos(t, "local")
	c := cluster.Start(t, cluster.Config{Master: mesos})
	create(t, c, webPod("bound", "0.2"), webPod("huge", "1000"))
	awaitPhase(t, c, "bound", v1.PodRunning)
	old := frameworks(t, mesos)[0].ID

	refused := func(says string) {
		t.Helper()
		began := time.Now()
		if code, out := c.Command("-teardown").Wait(); code != 2 || !strings.Contains(out, says) {
			t.Errorf("-teardown ended after %v with %d, want 2 and %q:\n%s", since(began), code, says, out)
		}
	}
	refused("is in use by process")
	c.Stop()
	if len(liveTasks(t, mesos)) != 1 || len(containersOf(t, old)) != 2 {
		t.Error("the pod did not outlive framework_runner")
	}

	// The reported number of marked pods depends on whether the pod's kubelet was first.
	began := time.Now()
	code, out := c.Command("-teardown").Wait()
	if code != 0 || !strings.Contains(out, "framework "+old+" is torn down") || !strings.Contains(out, "bound pods are marked Failed") {
		t.Fatalf("-teardown ended with %d:\n%s", code, out)
	}
	t.Logf("-teardown took %v", since(began))
	awaitNoExecutor(t, old)
	before.leftAsBefore(t, "-teardown")
	noLocks(t)
	if left := frameworks(t, mesos); len(left) != 0 {
		t.Errorf("Mesos still has %+v", left)
	}
	refused("no framework is on record")

	c.Restart()
	c.Process().Await(soon, "the containers to go", func() bool { return len(containersOf(t, old)) == 0 })
	if pod := get(t, c, "bound"); pod == nil || pod.Status.Phase != v1.PodFailed {
		t.Errorf("the bound pod is %+v", pod)
	}
	if pod := get(t, c, "huge"); pod == nil || pod.Status.Phase != v1.PodPending {
		t.Errorf("the waiting pod is %+v", pod)
	}
	create(t, c, webPod("new", "0.2"))
	awaitPhase(t, c, "new", v1.PodRunning)
	if now := frameworks(t, mesos); len(now) != 1 || now[0].ID == old {
		t.Errorf("the next start is %+v, and %s is dead", now, old)
	}
	remove(t, c, "new")
	awaitGone(t, c, "new")
}

// A process that shares an etcd with a leader cannot tear its framework down.
func TestTeardownWhileAnotherLeads(t *testing.T) {
	mesos := serveLocalMesos(t, "local")
	url, _ := cluster.StartEtcd(t)
	leader := cluster.Start(t, cluster.Config{Master: mesos, Args: []string{"-etcd_servers=" + url}})
	leader.Process().Await(soon, "the subscription", func() bool { return len(frameworks(t, mesos)) == 1 })
	code, out := cluster.Run(t, cluster.Binary("framework_runner"), "-teardown", "-mesos_master="+mesos, "-etcd_servers="+url,
		"-data_dir="+t.TempDir(), fmt.Sprintf("-port=%d", cluster.FreePort(t)), fmt.Sprintf("-secure_port=%d", cluster.FreePort(t))).Wait()
	if code != 2 || !strings.Contains(out, strings.TrimPrefix(leader.Secure(), "https://127.0.0.1")) || !strings.Contains(out, "leads: stop all framework_runners first") {
		t.Errorf("it ended with %d:\n%s", code, out)
	}
	if len(frameworks(t, mesos)) != 1 {
		t.Error("the framework is gone")
	}
}
