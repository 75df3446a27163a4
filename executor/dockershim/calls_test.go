package dockershim

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

// call is a call of the kubelet's, on a pod with one running container.
type call struct {
	name     string
	make     func(context.Context, *node, target) error
	vanished codes.Code // of the answer when sandbox and container no longer exist
}

type target struct {
	sandbox, container string
	pod                *runtimeapi.PodSandboxConfig
	config             *runtimeapi.ContainerConfig
}

// failure returns only the error of an answer.
func failure[T any](_ T, err error) error { return err }

// calls are all the calls of kubelet 1.36 with its default feature gates, except pulls,
// whose tests use a registry. Calls that end something come last.
var calls = []call{
	{"Version", func(ctx context.Context, n *node, _ target) error {
		return failure(n.Version(ctx, &runtimeapi.VersionRequest{}))
	}, codes.OK},
	{"Status", func(ctx context.Context, n *node, _ target) error {
		return failure(n.Status(ctx, &runtimeapi.StatusRequest{}))
	}, codes.OK},
	{"RuntimeConfig", func(ctx context.Context, n *node, _ target) error {
		return failure(n.RuntimeConfig(ctx, &runtimeapi.RuntimeConfigRequest{}))
	}, codes.OK},
	{"UpdateRuntimeConfig", func(ctx context.Context, n *node, _ target) error {
		return failure(n.UpdateRuntimeConfig(ctx, &runtimeapi.UpdateRuntimeConfigRequest{}))
	}, codes.OK},
	{"ImageFsInfo", func(ctx context.Context, n *node, _ target) error {
		return failure(n.images.ImageFsInfo(ctx, &runtimeapi.ImageFsInfoRequest{}))
	}, codes.OK},
	{"ListImages", func(ctx context.Context, n *node, _ target) error {
		return failure(n.images.ListImages(ctx, &runtimeapi.ListImagesRequest{}))
	}, codes.OK},
	{"ImageStatus", func(ctx context.Context, n *node, _ target) error {
		return failure(n.images.ImageStatus(ctx, &runtimeapi.ImageStatusRequest{Image: &runtimeapi.ImageSpec{Image: busybox.name}}))
	}, codes.OK},
	{"RemoveImage", func(ctx context.Context, n *node, _ target) error {
		return failure(n.images.RemoveImage(ctx, &runtimeapi.RemoveImageRequest{Image: &runtimeapi.ImageSpec{Image: "no.such/image:1"}}))
	}, codes.OK},
	{"ListPodSandbox", func(ctx context.Context, n *node, _ target) error {
		return failure(n.ListPodSandbox(ctx, &runtimeapi.ListPodSandboxRequest{}))
	}, codes.OK},
	{"ListContainers", func(ctx context.Context, n *node, _ target) error {
		return failure(n.ListContainers(ctx, &runtimeapi.ListContainersRequest{}))
	}, codes.OK},
	{"ListContainerStats", func(ctx context.Context, n *node, _ target) error {
		return failure(n.ListContainerStats(ctx, &runtimeapi.ListContainerStatsRequest{}))
	}, codes.OK},
	{"ListPodSandboxStats", func(ctx context.Context, n *node, _ target) error {
		return failure(n.ListPodSandboxStats(ctx, &runtimeapi.ListPodSandboxStatsRequest{}))
	}, codes.OK},
	{"PodSandboxStatus", func(ctx context.Context, n *node, t target) error {
		return failure(n.PodSandboxStatus(ctx, &runtimeapi.PodSandboxStatusRequest{PodSandboxId: t.sandbox}))
	}, codes.NotFound},
	{"PodSandboxStats", func(ctx context.Context, n *node, t target) error {
		return failure(n.PodSandboxStats(ctx, &runtimeapi.PodSandboxStatsRequest{PodSandboxId: t.sandbox}))
	}, codes.NotFound},
	{"ContainerStatus", func(ctx context.Context, n *node, t target) error {
		return failure(n.ContainerStatus(ctx, &runtimeapi.ContainerStatusRequest{ContainerId: t.container}))
	}, codes.NotFound},
	{"ContainerStats", func(ctx context.Context, n *node, t target) error {
		return failure(n.ContainerStats(ctx, &runtimeapi.ContainerStatsRequest{ContainerId: t.container}))
	}, codes.NotFound},
	{"UpdateContainerResources", func(ctx context.Context, n *node, t target) error {
		return failure(n.UpdateContainerResources(ctx, &runtimeapi.UpdateContainerResourcesRequest{ContainerId: t.container,
			Linux: &runtimeapi.LinuxContainerResources{CpuShares: 512, MemoryLimitInBytes: 64 << 20}}))
	}, codes.NotFound},
	{"ReopenContainerLog", func(ctx context.Context, n *node, t target) error {
		return failure(n.ReopenContainerLog(ctx, &runtimeapi.ReopenContainerLogRequest{ContainerId: t.container}))
	}, codes.NotFound},
	{"ExecSync", func(ctx context.Context, n *node, t target) error {
		return failure(n.ExecSync(ctx, &runtimeapi.ExecSyncRequest{ContainerId: t.container, Cmd: []string{"true"}, Timeout: 20}))
	}, codes.NotFound},
	{"Exec", func(ctx context.Context, n *node, t target) error {
		return failure(n.Exec(ctx, &runtimeapi.ExecRequest{ContainerId: t.container, Cmd: []string{"true"}, Stdout: true}))
	}, codes.NotFound},
	{"Attach", func(ctx context.Context, n *node, t target) error {
		return failure(n.Attach(ctx, &runtimeapi.AttachRequest{ContainerId: t.container, Stdout: true}))
	}, codes.NotFound},
	{"PortForward", func(ctx context.Context, n *node, t target) error {
		return failure(n.PortForward(ctx, &runtimeapi.PortForwardRequest{PodSandboxId: t.sandbox, Port: []int32{80}}))
	}, codes.NotFound},
	{"RunPodSandbox", func(ctx context.Context, n *node, t target) error {
		return failure(n.RunPodSandbox(ctx, &runtimeapi.RunPodSandboxRequest{Config: t.pod}))
	}, codes.OK}, // it makes another
	{"CreateContainer", func(ctx context.Context, n *node, t target) error {
		return failure(n.CreateContainer(ctx, &runtimeapi.CreateContainerRequest{PodSandboxId: t.sandbox, SandboxConfig: t.pod, Config: t.config}))
	}, codes.NotFound},
	{"StartContainer", func(ctx context.Context, n *node, t target) error {
		return failure(n.StartContainer(ctx, &runtimeapi.StartContainerRequest{ContainerId: t.container}))
	}, codes.NotFound},
	{"StopContainer", func(ctx context.Context, n *node, t target) error {
		return failure(n.StopContainer(ctx, &runtimeapi.StopContainerRequest{ContainerId: t.container}))
	}, codes.OK},
	{"StopPodSandbox", func(ctx context.Context, n *node, t target) error {
		return failure(n.StopPodSandbox(ctx, &runtimeapi.StopPodSandboxRequest{PodSandboxId: t.sandbox}))
	}, codes.OK},
	{"RemoveContainer", func(ctx context.Context, n *node, t target) error {
		return failure(n.RemoveContainer(ctx, &runtimeapi.RemoveContainerRequest{ContainerId: t.container}))
	}, codes.OK},
	{"RemovePodSandbox", func(ctx context.Context, n *node, t target) error {
		return failure(n.RemovePodSandbox(ctx, &runtimeapi.RemovePodSandboxRequest{PodSandboxId: t.sandbox}))
	}, codes.OK},
}

// target makes a pod with a container for the calls.
func (n *node) target() target {
	n.Helper()
	t := target{pod: n.pod("php"), config: n.container("web", "sleep 1000")}
	t.sandbox = n.runSandbox(t.pod)
	t.container = n.create(t.sandbox, t.pod, t.config)
	n.startContainer(t.container)
	return t
}

// Each call succeeds, succeeds again, and succeeds after Docker's answer to any of its
// requests was lost.
func TestEachCall(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	n := newNode(t, f.endpoint)
	x := n.target()
	for _, c := range calls {
		for _, when := range []string{"at first", "again", "with a lost answer", "after that"} {
			if when == "with a lost answer" {
				f.loseAnswerOf("/")
				err := c.make(t.Context(), n, x)
				if got := status.Code(err); got != codes.Unavailable && got != codes.OK {
					t.Errorf("%s %s: %v", c.name, when, err)
				}
				f.lose.Store(nil)
				continue
			}
			if err := c.make(t.Context(), n, x); err != nil {
				t.Errorf("%s %s: %v", c.name, when, err)
			}
		}
	}
	if left := must[*runtimeapi.ListContainersResponse](n)(n.ListContainers(t.Context(), &runtimeapi.ListContainersRequest{})).Containers; len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

// Each call on a pod that was removed behind the kubelet's back, known to this shim or
// not, reports that the pod does not exist, or that the work is done.
func TestEachCallOnAVanishedPod(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	for _, known := range []bool{true, false} {
		x := n.target()
		realdocker.Docker(t, "rm", "--force", x.container, x.sandbox)
		if !known {
			n.server.sweeper.forget(nil)
		}
		for _, c := range calls {
			if c.name == "RunPodSandbox" {
				continue
			}
			if got := status.Code(c.make(t.Context(), n, x)); got != c.vanished {
				t.Errorf("%s, known %v: code %v, want %v", c.name, known, got, c.vanished)
			}
		}
	}
}
