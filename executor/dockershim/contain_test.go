package dockershim

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/cgroupstats"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

// A container below a parent group, such as Mesos makes for executors, is bound by the
// group's limits, whatever the pod asks for.
func TestContainersUnderAParentGroup(t *testing.T) {
	t.Parallel()
	if driver := realdocker.Docker(t, "info", "--format", "{{.CgroupDriver}}"); driver != "cgroupfs" {
		realdocker.Absent(t, "Docker's cgroup driver is "+driver)
	}
	id := rand.Text()[:12]
	parent := "/mesos-test-" + id + "/" + id
	limitMemory(t, parent, "33554432")
	n := newNode(t, func(c *Config) { c.CgroupParent = parent })
	sandbox, sleeper, pod := n.run("sleep 1000")
	for _, c := range []string{sandbox, sleeper} {
		pid := realdocker.Docker(t, "inspect", "--format", "{{.State.Pid}}", c)
		text, err := os.ReadFile("/proc/" + pid + "/cgroup")
		if err != nil || !strings.Contains(string(text), ":"+parent+"/"+c+"\n") {
			t.Errorf("%s is in %s (%v)", c, text, err)
		}
	}
	greedy := n.create(sandbox, pod, n.container("greedy", "exec dd if=/dev/zero of=/dev/null bs=64M count=1"))
	n.startContainer(greedy)
	if s := n.exited(greedy); s.Reason != "OOMKilled" || s.ExitCode != 137 {
		t.Errorf("a container that needs twice what its parent has: %s, exit code %d", s.Reason, s.ExitCode)
	}
	if s := n.containerStatus(sleeper); s.State != runtimeapi.ContainerState_CONTAINER_RUNNING {
		t.Errorf("the other one: %v", s)
	}
}

// limitMemory makes a control group with a memory limit. When the test ends, it removes
// the group and those that Docker has made with its name in other hierarchies.
func limitMemory(t *testing.T, group, limit string) {
	t.Helper()
	dir, file := filepath.Join(cgroupstats.Root, "memory", group), "memory.limit_in_bytes"
	if _, err := os.Stat(filepath.Join(cgroupstats.Root, "cgroup.controllers")); err == nil {
		dir, file = filepath.Join(cgroupstats.Root, group), "memory.max"
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, name := range []string{group, filepath.Dir(group)} {
			found, _ := filepath.Glob(cgroupstats.Root + "/*" + name)
			for _, g := range append(found, cgroupstats.Root+name) {
				if err := os.Remove(g); err != nil && !os.IsNotExist(err) {
					t.Error(err)
				}
			}
		}
	})
	if err := os.WriteFile(filepath.Join(dir, file), []byte(limit), 0o644); err != nil {
		t.Fatal(err)
	}
}
