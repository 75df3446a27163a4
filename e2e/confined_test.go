package e2e

import (
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
	v1 "k8s.io/api/core/v1"
)

// By default, a container runs under Docker's seccomp profile and with a process limit;
// one that sets Unconfined has no profile.
func TestContainersAreConfined(t *testing.T) {
	c := cluster.Start(t, cluster.Config{Args: []string{"-container_pids_limit=300"}})
	busybox := realdocker.Busybox(t)
	for name, profile := range map[string]*v1.SeccompProfile{"usual": nil, "open": {Type: v1.SeccompProfileTypeUnconfined}} {
		pod := webPod(name, "0.1")
		pod.Spec.Containers[0].Image = busybox
		pod.Spec.Containers[0].Command = []string{"sleep", "1000"}
		pod.Spec.SecurityContext = &v1.PodSecurityContext{SeccompProfile: profile}
		create(t, c, pod)
		awaitPhase(t, c, name, v1.PodRunning)
	}
	// The kernel's values: 2 is a filter, 0 is none.
	for name, want := range map[string]string{"usual": "Seccomp:\t2", "open": "Seccomp:\t0"} {
		id, ok := strings.CutPrefix(get(t, c, name).Status.ContainerStatuses[0].ContainerID, "docker://")
		if !ok {
			t.Fatalf("pod %s has no container of Docker", name)
		}
		if got := realdocker.Docker(t, "exec", id, "sh", "-c", "busybox grep Seccomp: /proc/1/status"); !strings.Contains(got, want) {
			t.Errorf("pod %s: %q, want %q", name, got, want)
		}
		if got := realdocker.Docker(t, "inspect", "--format", "{{.HostConfig.PidsLimit}}", id); got != "300" {
			t.Errorf("pod %s may have %s processes, want 300", name, got)
		}
	}
}
