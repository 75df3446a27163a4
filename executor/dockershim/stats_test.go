package dockershim

import (
	"testing"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

func TestStats(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.network = runtimeapi.NamespaceMode_POD
	ctx := t.Context()
	// The colon keeps the shell, and so its variable: it would become a last command.
	sandbox, id, pod := n.run("x=$(head -c 3000000 /dev/zero | busybox tr '\\0' a); dd if=/dev/zero of=/written bs=1M count=2; sleep 1000; :", func(c *runtimeapi.ContainerConfig) {
		c.Linux.Resources = &runtimeapi.LinuxContainerResources{MemoryLimitInBytes: 64 << 20}
	})
	var last *runtimeapi.ContainerStats
	defer func() {
		if t.Failed() {
			t.Logf("the last figures are %v", last)
		}
	}()
	n.eventually("figures", func() bool {
		s := must[*runtimeapi.ContainerStatsResponse](n)(n.ContainerStats(ctx, &runtimeapi.ContainerStatsRequest{ContainerId: id})).Stats
		last = s
		return s.Cpu.UsageCoreNanoSeconds.Value > 0 && s.Memory.WorkingSetBytes.Value > 0 &&
			s.Memory.RssBytes.Value > 2_000_000 && s.Memory.UsageBytes.Value <= 64<<20 &&
			s.Memory.AvailableBytes.Value > 0 && s.Attributes.Metadata.Name == "web"
	})
	n.eventually("what was written", func() bool {
		if err := n.server.service.stats.layers.measure(ctx); err != nil {
			t.Fatal(err)
		}
		s := must[*runtimeapi.ContainerStatsResponse](n)(n.ContainerStats(ctx, &runtimeapi.ContainerStatsRequest{ContainerId: id})).Stats
		return s.WritableLayer.GetUsedBytes().GetValue() >= 2<<20
	})
	p := must[*runtimeapi.PodSandboxStatsResponse](n)(n.PodSandboxStats(ctx, &runtimeapi.PodSandboxStatsRequest{PodSandboxId: sandbox})).Stats
	if len(p.Linux.Containers) != 1 || p.Linux.Network.DefaultInterface.Name != "eth0" ||
		p.Linux.Process.ProcessCount.Value < 2 || p.Attributes.Metadata.Uid != pod.Metadata.Uid ||
		p.Linux.Memory.WorkingSetBytes.Value < p.Linux.Containers[0].Memory.WorkingSetBytes.Value/2 {
		t.Errorf("pod %v", p)
	}
	must[*runtimeapi.StopContainerResponse](n)(n.StopContainer(ctx, &runtimeapi.StopContainerRequest{ContainerId: id}))
	n.containerStatus(id) // Docker's own list may lag behind its answer to a stop (moby issue 50133)
	list := must[*runtimeapi.ListContainerStatsResponse](n)(n.ListContainerStats(ctx, &runtimeapi.ListContainerStatsRequest{}))
	if len(list.Stats) != 0 {
		t.Errorf("a stopped container has figures: %v", list.Stats)
	}
	if s := must[*runtimeapi.ContainerStatsResponse](n)(n.ContainerStats(ctx, &runtimeapi.ContainerStatsRequest{ContainerId: id})).Stats; s.Memory.UsageBytes.Value != 0 {
		t.Errorf("a stopped container uses memory: %v", s)
	}
	pods := must[*runtimeapi.ListPodSandboxStatsResponse](n)(n.ListPodSandboxStats(ctx, &runtimeapi.ListPodSandboxStatsRequest{}))
	if len(pods.Stats) != 1 {
		t.Errorf("pods %v", pods.Stats)
	}
}
