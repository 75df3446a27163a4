package dockershim

import (
	"os"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

func TestRuntime(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	v := must[*runtimeapi.VersionResponse](n)(n.Version(t.Context(), &runtimeapi.VersionRequest{}))
	if v.Version != "0.1.0" || v.RuntimeName != "docker" || v.RuntimeApiVersion != "v1" || v.RuntimeVersion == "" {
		t.Errorf("version %v", v)
	}
	s := must[*runtimeapi.StatusResponse](n)(n.Status(t.Context(), &runtimeapi.StatusRequest{}))
	for _, c := range s.Status.Conditions {
		if !c.Status {
			t.Errorf("condition %v", c)
		}
	}
	if len(s.Status.Conditions) != 2 {
		t.Errorf("conditions %v", s.Status.Conditions)
	}
	config := must[*runtimeapi.RuntimeConfigResponse](n)(n.RuntimeConfig(t.Context(), &runtimeapi.RuntimeConfigRequest{}))
	driver := realdocker.Docker(t, "info", "--format", "{{.CgroupDriver}}")
	if got := strings.ToLower(config.Linux.CgroupDriver.String()); got != driver {
		t.Errorf("cgroup driver %s, Docker says %s", got, driver)
	}
	must[*runtimeapi.UpdateRuntimeConfigResponse](n)(n.UpdateRuntimeConfig(t.Context(), &runtimeapi.UpdateRuntimeConfigRequest{}))
}

// A pod's whole life, each step twice: the second time succeeds too.
func TestPodLife(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	ctx := t.Context()
	pod := n.pod("php")
	sandbox := n.runSandbox(pod)
	if again := n.runSandbox(pod); again != sandbox {
		t.Errorf("the same sandbox again: %s, first %s", again, sandbox)
	}
	if s := n.sandboxStatus(sandbox); s.State != runtimeapi.PodSandboxState_SANDBOX_READY ||
		s.Metadata.Uid != pod.Metadata.Uid || s.Annotations["note"] != "a=b, c" ||
		s.Linux.Namespaces.Options.Network != runtimeapi.NamespaceMode_NODE {
		t.Errorf("sandbox %v", s)
	}

	config := n.container("web", "trap 'exit 3' TERM; echo hello; while :; do sleep 0.05; done")
	id := n.create(sandbox, pod, config)
	if again := n.create(sandbox, pod, config); again != id {
		t.Errorf("the same container again: %s, first %s", again, id)
	}
	if s := n.containerStatus(id); s.State != runtimeapi.ContainerState_CONTAINER_CREATED || s.StartedAt != 0 {
		t.Errorf("created: %v", s)
	}
	n.startContainer(id)
	n.startContainer(id)
	s := n.containerStatus(id)
	if s.State != runtimeapi.ContainerState_CONTAINER_RUNNING || s.StartedAt < s.CreatedAt || s.FinishedAt != 0 ||
		s.Image.Image != busybox.name || s.Metadata.Name != "web" || !strings.HasPrefix(s.ImageId, "sha256:") {
		t.Errorf("running: %v", s)
	}
	if _, leaked := s.Labels["imagelabel"]; leaked {
		t.Error("the image's label came back as the container's")
	}
	n.eventually("log", func() bool {
		text, _ := os.ReadFile(s.LogPath)
		return strings.Contains(string(text), "hello")
	})

	for range 2 {
		must[*runtimeapi.StopContainerResponse](n)(n.StopContainer(ctx, &runtimeapi.StopContainerRequest{ContainerId: id, Timeout: 20}))
	}
	if s := n.containerStatus(id); s.State != runtimeapi.ContainerState_CONTAINER_EXITED || s.ExitCode != 3 || s.Reason != "Error" || s.FinishedAt <= s.StartedAt {
		t.Errorf("stopped: %v", s)
	}
	for range 2 {
		must[*runtimeapi.StopPodSandboxResponse](n)(n.StopPodSandbox(ctx, &runtimeapi.StopPodSandboxRequest{PodSandboxId: sandbox}))
	}
	if s := n.sandboxStatus(sandbox); s.State != runtimeapi.PodSandboxState_SANDBOX_NOTREADY {
		t.Errorf("stopped sandbox: %v", s)
	}
	for range 2 {
		must[*runtimeapi.RemoveContainerResponse](n)(n.RemoveContainer(ctx, &runtimeapi.RemoveContainerRequest{ContainerId: id}))
	}
	if _, err := os.Lstat(s.LogPath); !os.IsNotExist(err) {
		t.Errorf("the link to the log remains: %v", err)
	}
	for range 2 {
		must[*runtimeapi.RemovePodSandboxResponse](n)(n.RemovePodSandbox(ctx, &runtimeapi.RemovePodSandboxRequest{PodSandboxId: sandbox}))
	}
	_, err := n.PodSandboxStatus(ctx, &runtimeapi.PodSandboxStatusRequest{PodSandboxId: sandbox})
	n.wantCode(err, codes.NotFound)
	_, err = n.ContainerStatus(ctx, &runtimeapi.ContainerStatusRequest{ContainerId: id})
	n.wantCode(err, codes.NotFound)
}

// Removing a sandbox also removes what still runs in it.
func TestRemoveRunningPod(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	sandbox, id, _ := n.run("sleep 1000")
	must[*runtimeapi.RemovePodSandboxResponse](n)(n.RemovePodSandbox(t.Context(), &runtimeapi.RemovePodSandboxRequest{PodSandboxId: sandbox}))
	_, err := n.ContainerStatus(t.Context(), &runtimeapi.ContainerStatusRequest{ContainerId: id})
	n.wantCode(err, codes.NotFound)
}

// If a program cannot be started, that is an error, and its container has ended, both
// in its status and in lists.
func TestFailedStart(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	pod := n.pod("php")
	sandbox := n.runSandbox(pod)
	config := n.container("web", "")
	config.Command = []string{"/no/such/program"}
	id := n.create(sandbox, pod, config)
	if _, err := n.StartContainer(t.Context(), &runtimeapi.StartContainerRequest{ContainerId: id}); err == nil || !strings.Contains(err.Error(), "/no/such/program") {
		t.Errorf("error %v", err)
	}
	if s := n.containerStatus(id); s.State != runtimeapi.ContainerState_CONTAINER_EXITED || s.Reason != "ContainerCannotRun" || s.ExitCode != 127 || s.FinishedAt == 0 {
		t.Errorf("status %v", s)
	}
	list := must[*runtimeapi.ListContainersResponse](n)(n.ListContainers(t.Context(), &runtimeapi.ListContainersRequest{})).Containers
	if len(list) != 1 || list[0].State != runtimeapi.ContainerState_CONTAINER_EXITED {
		t.Errorf("list %v", list)
	}
	// The kubelet's next attempt gets a new container.
	config.Metadata.Attempt = 1
	config.Command = []string{"sleep", "1000"}
	n.startContainer(n.create(sandbox, pod, config))
}

// Exit code, OOM and success are each reported with the kubelet's word.
func TestExitReasons(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	for _, c := range []struct {
		name, command, reason string
		code                  int32
	}{
		{"ok", "exit 0", "Completed", 0},
		{"bad", "exit 9", "Error", 9},
		{"oom", "exec dd if=/dev/zero of=/dev/null bs=64M count=1", "OOMKilled", 137},
	} {
		_, id, _ := n.run(c.command, func(config *runtimeapi.ContainerConfig) {
			config.Linux.Resources = &runtimeapi.LinuxContainerResources{MemoryLimitInBytes: 10 << 20}
		})
		if s := n.exited(id); s.Reason != c.reason || s.ExitCode != c.code {
			t.Errorf("%s: %s, exit code %d", c.name, s.Reason, s.ExitCode)
		}
	}
}
