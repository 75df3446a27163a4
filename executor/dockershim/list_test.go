package dockershim

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

func TestLists(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	ctx := t.Context()
	one, web, pod := n.run("sleep 1000")
	two := n.runSandbox(n.pod("db"))
	must[*runtimeapi.StopPodSandboxResponse](n)(n.StopPodSandbox(ctx, &runtimeapi.StopPodSandboxRequest{PodSandboxId: two}))
	done := n.create(one, pod, n.container("done", "exit 0"))
	n.startContainer(done)
	n.exited(done)
	made := n.create(one, pod, n.container("made", "exit 0"))

	uid := map[string]string{podUIDLabel: pod.Metadata.Uid}
	for name, c := range map[string]struct {
		filter *runtimeapi.PodSandboxFilter
		want   []string
	}{
		"all":       {nil, []string{one, two}},
		"id":        {&runtimeapi.PodSandboxFilter{Id: two}, []string{two}},
		"uid":       {&runtimeapi.PodSandboxFilter{LabelSelector: uid}, []string{one}},
		"label":     {&runtimeapi.PodSandboxFilter{LabelSelector: map[string]string{"app": "db"}}, []string{two}},
		"no label":  {&runtimeapi.PodSandboxFilter{LabelSelector: map[string]string{"app": "none"}}, nil},
		"ready":     {&runtimeapi.PodSandboxFilter{State: &runtimeapi.PodSandboxStateValue{State: runtimeapi.PodSandboxState_SANDBOX_READY}}, []string{one}},
		"not ready": {&runtimeapi.PodSandboxFilter{State: &runtimeapi.PodSandboxStateValue{State: runtimeapi.PodSandboxState_SANDBOX_NOTREADY}}, []string{two}},
	} {
		answer := must[*runtimeapi.ListPodSandboxResponse](n)(n.ListPodSandbox(ctx, &runtimeapi.ListPodSandboxRequest{Filter: c.filter}))
		var got []string
		for _, s := range answer.Items {
			got = append(got, s.Id)
		}
		sameSet(t, "sandboxes by "+name, got, c.want)
	}
	state := func(s runtimeapi.ContainerState) *runtimeapi.ContainerFilter {
		return &runtimeapi.ContainerFilter{State: &runtimeapi.ContainerStateValue{State: s}}
	}
	for name, c := range map[string]struct {
		filter *runtimeapi.ContainerFilter
		want   []string
	}{
		"all":           {nil, []string{web, done, made}},
		"id":            {&runtimeapi.ContainerFilter{Id: web}, []string{web}},
		"sandbox":       {&runtimeapi.ContainerFilter{PodSandboxId: one}, []string{web, done, made}},
		"other sandbox": {&runtimeapi.ContainerFilter{PodSandboxId: two}, nil},
		"running":       {state(runtimeapi.ContainerState_CONTAINER_RUNNING), []string{web}},
		"exited":        {state(runtimeapi.ContainerState_CONTAINER_EXITED), []string{done}},
		"created":       {state(runtimeapi.ContainerState_CONTAINER_CREATED), []string{made}},
		"label":         {&runtimeapi.ContainerFilter{LabelSelector: map[string]string{"io.kubernetes.container.name": "done"}}, []string{done}},
	} {
		answer := must[*runtimeapi.ListContainersResponse](n)(n.ListContainers(ctx, &runtimeapi.ListContainersRequest{Filter: c.filter}))
		var got []string
		for _, s := range answer.Containers {
			got = append(got, s.Id)
			if s.PodSandboxId != one || s.Image.Image != busybox.name || s.Annotations["io.kubernetes.container.hash"] != "1" {
				t.Errorf("container %v", s)
			}
		}
		sameSet(t, "containers by "+name, got, c.want)
	}
	names := realdocker.Docker(t, "ps", "--all", "--filter", "label="+spec.LabelFramework+"="+n.owner.Framework, "--format", "{{.Names}}")
	for _, want := range []string{
		"k8s--net--php--default--" + pod.Metadata.Uid + "--pod0",
		"k8s--web--php--default--" + pod.Metadata.Uid + "--0",
	} {
		if !strings.Contains(names, want) {
			t.Errorf("docker ps shows no %s:\n%s", want, names)
		}
	}
}

func sameSet(t *testing.T, what string, got, want []string) {
	t.Helper()
	seen := map[string]int{}
	for _, id := range got {
		seen[id]++
	}
	for _, id := range want {
		seen[id]--
	}
	for id, n := range seen {
		if n != 0 {
			t.Errorf("%s: got %v, want %v (%s)", what, got, want, id)
			return
		}
	}
}

// Foreign containers, and those of another executor on the same host, do not exist for
// the shim, even by their ids.
func TestForeignContainersAreLeftAlone(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	ctx := t.Context()
	other := newNode(t, func(c *Config) { c.Owner = Owner{Framework: n.owner.Framework, Agent: "other-agent"} })
	otherSandbox, otherContainer, _ := other.run("sleep 1000")
	plain := realdocker.Docker(t, "run", "--detach", busybox.name, "sleep", "1000")
	t.Cleanup(func() {
		if out := realdocker.DockerLast(t, "rm", "--force", plain); out == "" {
			t.Error("the plain container is gone")
		}
	})

	for _, id := range []string{plain, otherSandbox, otherContainer} {
		_, err := n.PodSandboxStatus(ctx, &runtimeapi.PodSandboxStatusRequest{PodSandboxId: id})
		n.wantCode(err, codes.NotFound)
		_, err = n.ContainerStatus(ctx, &runtimeapi.ContainerStatusRequest{ContainerId: id})
		n.wantCode(err, codes.NotFound)
		_, err = n.StartContainer(ctx, &runtimeapi.StartContainerRequest{ContainerId: id})
		n.wantCode(err, codes.NotFound)
		_, err = n.ExecSync(ctx, &runtimeapi.ExecSyncRequest{ContainerId: id, Cmd: []string{"true"}})
		n.wantCode(err, codes.NotFound)
		_, err = n.Exec(ctx, &runtimeapi.ExecRequest{ContainerId: id, Cmd: []string{"true"}, Stdout: true})
		n.wantCode(err, codes.NotFound)
		_, err = n.ContainerStats(ctx, &runtimeapi.ContainerStatsRequest{ContainerId: id})
		n.wantCode(err, codes.NotFound)
		_, err = n.UpdateContainerResources(ctx, &runtimeapi.UpdateContainerResourcesRequest{ContainerId: id})
		n.wantCode(err, codes.NotFound)
		_, err = n.ReopenContainerLog(ctx, &runtimeapi.ReopenContainerLogRequest{ContainerId: id})
		n.wantCode(err, codes.NotFound)
		must[*runtimeapi.StopContainerResponse](n)(n.StopContainer(ctx, &runtimeapi.StopContainerRequest{ContainerId: id}))
		must[*runtimeapi.RemoveContainerResponse](n)(n.RemoveContainer(ctx, &runtimeapi.RemoveContainerRequest{ContainerId: id}))
		must[*runtimeapi.StopPodSandboxResponse](n)(n.StopPodSandbox(ctx, &runtimeapi.StopPodSandboxRequest{PodSandboxId: id}))
		must[*runtimeapi.RemovePodSandboxResponse](n)(n.RemovePodSandbox(ctx, &runtimeapi.RemovePodSandboxRequest{PodSandboxId: id}))
	}
	if err := n.server.RemoveAll(ctx); err != nil {
		t.Error(err)
	}
	for _, id := range []string{plain, otherSandbox, otherContainer} {
		if running := realdocker.Docker(t, "inspect", "--format", "{{.State.Running}}", id); running != "true" {
			t.Errorf("container %s was touched", id)
		}
	}
}

// A container that vanished behind the shim's back does not exist, and removing it
// succeeds.
func TestVanished(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	ctx := t.Context()
	sandbox, id, pod := n.run("sleep 1000")
	realdocker.Docker(t, "rm", "--force", id)
	_, err := n.ContainerStatus(ctx, &runtimeapi.ContainerStatusRequest{ContainerId: id})
	n.wantCode(err, codes.NotFound)
	_, err = n.StartContainer(ctx, &runtimeapi.StartContainerRequest{ContainerId: id})
	n.wantCode(err, codes.NotFound)
	_, err = n.ExecSync(ctx, &runtimeapi.ExecSyncRequest{ContainerId: id, Cmd: []string{"true"}})
	n.wantCode(err, codes.NotFound)
	_, err = n.ContainerStats(ctx, &runtimeapi.ContainerStatsRequest{ContainerId: id})
	n.wantCode(err, codes.NotFound)
	_, err = n.UpdateContainerResources(ctx, &runtimeapi.UpdateContainerResourcesRequest{ContainerId: id, Linux: &runtimeapi.LinuxContainerResources{CpuShares: 3}})
	n.wantCode(err, codes.NotFound)
	must[*runtimeapi.StopContainerResponse](n)(n.StopContainer(ctx, &runtimeapi.StopContainerRequest{ContainerId: id, Timeout: 1}))
	must[*runtimeapi.RemoveContainerResponse](n)(n.RemoveContainer(ctx, &runtimeapi.RemoveContainerRequest{ContainerId: id}))

	realdocker.Docker(t, "rm", "--force", sandbox)
	_, err = n.PodSandboxStatus(ctx, &runtimeapi.PodSandboxStatusRequest{PodSandboxId: sandbox})
	n.wantCode(err, codes.NotFound)
	_, err = n.CreateContainer(ctx, &runtimeapi.CreateContainerRequest{PodSandboxId: sandbox, SandboxConfig: pod, Config: n.container("web", "true")})
	n.wantCode(err, codes.NotFound)
	must[*runtimeapi.StopPodSandboxResponse](n)(n.StopPodSandbox(ctx, &runtimeapi.StopPodSandboxRequest{PodSandboxId: sandbox}))
	must[*runtimeapi.RemovePodSandboxResponse](n)(n.RemovePodSandbox(ctx, &runtimeapi.RemovePodSandboxRequest{PodSandboxId: sandbox}))
}
