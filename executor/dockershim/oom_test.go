package dockershim

import (
	"testing"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// The victim is found in log lines of kernels of different ages.
func TestVictim(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"6,47987,30502465065,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=other,mems_allowed=0,oom_memcg=/docker,task_memcg=/docker/f387,task=dd,pid=20351,uid=0\n": "/docker/f387",
		"6,1,2,-;oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/system.slice/docker-f387.scope,task=dd,pid=1,uid=0\n":            "/system.slice/docker-f387.scope",
		"6,1,2,-;Task in /docker/f387 killed as a result of limit of /docker\n":                                                                                                      "/docker/f387",
		"4,1,2,-;dd invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n":                                                                                      "",
		"3,1,2,-;Memory cgroup out of memory: Killed process 20351 (dd) total-vm:104668kB, anon-rss:16000kB\n":                                                                       "",
		"6,1,2,-;docker0: port 7(vethd696c8e) entered blocking state\n":                                                                                                              "",
		"": "",
	} {
		if got := victim(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

// A container that used too much memory is reported as out of memory, even if Docker
// missed that; one that was killed by hand is not.
func TestOutOfMemory(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	limit := func(c *runtimeapi.ContainerConfig) {
		c.Linux.Resources = &runtimeapi.LinuxContainerResources{MemoryLimitInBytes: 16 << 20}
	}
	for command, want := range map[string]bool{
		"dd if=/dev/zero of=/dev/null bs=100M": true,
		"kill -9 $$; exit 137":                 false,
	} {
		_, id, _ := n.run(command, limit)
		n.exited(id)
		c, _, err := n.server.inventory.inspect(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		unheard := *c
		unheard.State.OOMKilled = false
		n.server.service.oomKilled = cache[bool]{}
		for range 2 {
			if got := n.server.service.containers.outOfMemory(&unheard); got != want || unheard.State.ExitCode != 137 {
				t.Errorf("%s: out of memory is %v, exit code %d", command, got, unheard.State.ExitCode)
			}
		}
	}
	if (&containers{}).outOfMemory(&docker.Container{State: docker.State{ExitCode: 1}}) {
		t.Error("any end is one for want of memory")
	}
}
