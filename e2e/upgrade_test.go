package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
)

// framework_runner is stopped and another version of it started, with another
// executor_runner: the executors become that program, in place. No pod notices, and
// everything continues as before.
func TestFaultExecutorUpgrade(t *testing.T) {
	p := promised(t, "framework_runner is replaced by another version, which brings another executor", "the executors become the new program in place; no pod notices")
	program, want := anotherVersion(t)
	took := upgrade(t, cluster.Binary("framework_runner"), program, want)
	p.measure("all executors were replaced %v after the new framework_runner was ready", took.Round(time.Millisecond))
}

// The same, from the version before the framework's records got a prefix of their own.
func TestUpgradeFromPreviousVersion(t *testing.T) {
	executor, err := os.ReadFile(cluster.Binary("executor_runner"))
	if err != nil {
		t.Fatal(err)
	}
	upgrade(t, previousVersion(t), cluster.Binary("framework_runner"), fmt.Sprintf("%x", sha256.Sum256(executor)))
}

// previousVersion builds both programs of the last commit without the migration of records,
// and returns the path of framework_runner. It needs the repository's history.
func previousVersion(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("sh", "-euc", `
		added=$(git log --diff-filter=A --format=%H -- framework/etcdstore/migrate.go | tail -n 1)
		[ -n "$added" ] || { echo "git log does not show when framework/etcdstore/migrate.go was added: is the clone shallow?"; exit 1; }
		git archive "$added^" | tar -x -C "$1"
		cd "$1"
		GOFLAGS=-buildvcs=false ./build.sh
		mv executor_runner/executor_runner framework_runner/`, "sh", dir)
	cmd.Dir = cluster.Root()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the previous version: %v\n%s", err, out)
	}
	return filepath.Join(dir, "framework_runner", "framework_runner")
}

// upgrade starts a cluster by the framework_runner at from and goes on with the one at to,
// whose executor_runner has the hash want. It returns how long executors took to become
// that program.
func upgrade(t *testing.T, from, to, want string) time.Duration {
	t.Helper()
	mesos := serveLocalMesos(t, "local(2)", "-local_resources=cpus:2;mem:2048;disk:10000;ports:[31000-31099]")
	c := cluster.Start(t, cluster.Config{Master: mesos, Program: from})
	for i := range 6 {
		create(t, c, webPod(fmt.Sprintf("web-%d", i), "0.5"))
	}
	for i := range 6 {
		awaitPhase(t, c, fmt.Sprintf("web-%d", i), v1.PodRunning)
	}
	id := frameworks(t, mesos)[0].ID
	containersBefore, before := containers(t, mesos), programs(t, id)
	if len(before) != 2 {
		t.Fatalf("executors %v, want 2", before)
	}

	c.Stop()
	c.Program = to
	c.Restart()
	began := time.Now()
	c.Process().Await(soon, "every executor to be the new program", func() bool {
		for _, hash := range programs(t, id) {
			if hash != want {
				return false
			}
		}
		return true
	})
	took := time.Since(began)
	if after := programs(t, id); !slices.Equal(slices.Sorted(maps.Keys(after)), slices.Sorted(maps.Keys(before))) {
		t.Errorf("the executors are processes %v, before they were %v", after, before)
	}
	if now := frameworks(t, mesos); len(now) != 1 || now[0].ID != id {
		t.Errorf("the frameworks are %+v, want %s alone", now, id)
	}

	// Whatever the new programs do with existing pods, they do before a new pod runs
	// on each.
	for i := range 2 {
		create(t, c, webPod(fmt.Sprintf("new-%d", i), "0.3"))
	}
	for i := range 2 {
		awaitPhase(t, c, fmt.Sprintf("new-%d", i), v1.PodRunning)
	}
	after := containers(t, mesos)
	for _, container := range containersBefore {
		if !slices.Contains(after, container) {
			t.Errorf("container %s did not survive", container)
		}
	}
	for i := range 6 {
		pod := get(t, c, fmt.Sprintf("web-%d", i))
		if pod.Status.Phase != v1.PodRunning || pod.Status.ContainerStatuses[0].RestartCount != 0 {
			t.Errorf("%s is %s after %d restarts", pod.Name, pod.Status.Phase, pod.Status.ContainerStatuses[0].RestartCount)
		}
		logs := c.Client.CoreV1().Pods("default").GetLogs(pod.Name, &v1.PodLogOptions{})
		if _, err := logs.DoRaw(context.Background()); err != nil {
			t.Errorf("logs of %s: %v", pod.Name, err)
		}
	}
	if tasks := liveTasks(t, mesos); len(tasks) != 8 || slices.ContainsFunc(tasks, func(t task) bool { return t.State != "TASK_RUNNING" }) {
		t.Errorf("the tasks are %+v, want 8 that run", tasks)
	}
	endAll(t, c, mesos)
	return took
}

// anotherVersion makes a framework_runner with a different executor_runner next to it,
// and returns its path and the executor's hash. Bytes after the last section of a
// program do not change its behaviour.
func anotherVersion(t *testing.T) (framework, hash string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"framework_runner", "executor_runner"} {
		b, err := os.ReadFile(cluster.Binary(name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "executor_runner" {
			b = append(b, "another version"...)
			hash = fmt.Sprintf("%x", sha256.Sum256(b))
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "framework_runner"), hash
}

// programs returns the hashes of the programs of a framework's executors on this
// machine, by process id.
func programs(t *testing.T, framework string) map[int]string {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	found := map[int]string{}
	for _, file := range all {
		environ, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(environ, []byte("MESOS_FRAMEWORK_ID="+framework+"\x00")) {
			continue // or it has ended
		}
		proc := filepath.Dir(file)
		exe, err := os.Readlink(proc + "/exe")
		if err != nil || !strings.Contains(exe, "executor") {
			continue // such as what the kubelet starts
		}
		program, err := os.ReadFile(proc + "/exe")
		if err != nil {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(proc))
		if err != nil {
			t.Fatal(err)
		}
		found[pid] = fmt.Sprintf("%x", sha256.Sum256(program))
	}
	return found
}
