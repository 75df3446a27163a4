package e2e

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
)

// `make run` shows the whole life of a pod, and a service that leads to it, runs until Ctrl-C, and leaves nothing behind.
func TestMakeRun(t *testing.T) {
	guardRanges(t)
	before := stateOfHost(t)
	port, mesos := cluster.FreePort(t), cluster.FreePort(t)
	p := cluster.Run(t, "/usr/bin/env", fmt.Sprintf("PORT=%d", port), fmt.Sprintf("MESOS_PORT=%d", mesos),
		fmt.Sprintf("SECURE_PORT=%d", cluster.FreePort(t)), "make", "run")
	p.Await(3*time.Minute, "the pod's answer", func() bool { return strings.Contains(p.Output(), "Ctrl-C ends everything") })
	for _, want := range []string{
		"The pod php is Pending", "The pod php is Running", `"state": "TASK_RUNNING"`,
		"k8s--nginx--php--default--", "Hello from php, a pod on Mesos.", `"nodePort": 30081`, ":30081/\nHello from php",
	} {
		if !strings.Contains(p.Output(), want) {
			t.Errorf("the output does not show %q", want)
		}
	}
	id := frameworks(t, fmt.Sprintf("127.0.0.1:%d", mesos))[0].ID
	agents := agentsOf(t, fmt.Sprintf("127.0.0.1:%d", mesos))
	data := between(p.Output(), "(log: ", "/framework_runner.log)")

	if err := syscall.Kill(-p.PID(), syscall.SIGINT); err != nil { // like a terminal
		t.Fatal(err)
	}
	p.Wait()
	before.leftAsBefore(t, "Ctrl-C of make run")
	noLocks(t)
	if left := containersOf(t, id); len(left) != 0 {
		t.Errorf("containers are left: %q", left)
	}
	if left := mounts(t, agents); len(left) != 0 {
		t.Errorf("mounts are left: %q", left)
	}
	if left := processesIn(t, data); len(left) != 0 {
		t.Errorf("processes are left: %q", left)
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("%s is left (%v)", data, err)
	}
}

func between(s, before, after string) string {
	_, s, _ = strings.Cut(s, before)
	s, _, _ = strings.Cut(s, after)
	return s
}

// processesIn lists the command lines of processes that name dir or work there.
func processesIn(t *testing.T, dir string) []string {
	t.Helper()
	if !strings.HasPrefix(dir, "/tmp/kubernetes-mesos.") {
		t.Fatalf("%q is not the directory of make run", dir)
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		cmdline, err := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		if err != nil {
			continue // not a process, or no longer one
		}
		cwd, _ := os.Readlink("/proc/" + e.Name() + "/cwd")
		if strings.Contains(string(cmdline), dir) || strings.HasPrefix(cwd, dir) {
			found = append(found, strings.ReplaceAll(string(cmdline), "\x00", " "))
		}
	}
	return found
}
