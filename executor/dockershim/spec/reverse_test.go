package spec

import (
	"testing"
	"time"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// What the kubelet asks for and what it is told afterwards are the same: otherwise it
// would change the container again and again.
func TestResourcesRoundTrip(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]*runtimeapi.LinuxContainerResources{
		"none": {},
		"all": {CpuShares: 5, CpuPeriod: 6, CpuQuota: 7, MemoryLimitInBytes: 8, MemorySwapLimitInBytes: 12,
			CpusetCpus: "0-1", CpusetMems: "1", OomScoreAdj: 500},
		"no swap":    {MemoryLimitInBytes: 8, MemorySwapLimitInBytes: 8},
		"guaranteed": {OomScoreAdj: -997},
	} {
		host := &docker.HostConfig{}
		if err := resourceSpec(host, -1000, want); err != nil {
			t.Fatal(err)
		}
		if got := resources(host).Linux; got.String() != want.String() {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	if got := resources(nil); got != nil {
		t.Errorf("nothing is known, and got %v", got)
	}
	huge := &runtimeapi.LinuxContainerResources{HugepageLimits: []*runtimeapi.HugepageLimit{{PageSize: "2MB", Limit: 1}}}
	if err := resourceSpec(&docker.HostConfig{}, 0, huge); err == nil {
		t.Error("huge pages are left out silently")
	}
}

// A change of limits in place has the swap limit with the memory limit.
func TestUpdate(t *testing.T) {
	t.Parallel()
	got := Update(&runtimeapi.LinuxContainerResources{CpuShares: 512, CpuPeriod: 100, CpuQuota: 50, MemoryLimitInBytes: 64, CpusetCpus: "1", CpusetMems: "0"})
	if want := (docker.UpdateContainerOptions{CPUShares: 512, CPUPeriod: 100, CPUQuota: 50, Memory: 64, MemorySwap: 64, CpusetCpus: "1", CpusetMems: "0"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestMountsRoundTrip(t *testing.T) {
	t.Parallel()
	want := []*runtimeapi.Mount{
		{HostPath: "/a:b", ContainerPath: "/private", Readonly: true, Propagation: runtimeapi.MountPropagation_PROPAGATION_PRIVATE},
		{HostPath: "/c", ContainerPath: "/slave", Propagation: runtimeapi.MountPropagation_PROPAGATION_HOST_TO_CONTAINER},
		{HostPath: "/d", ContainerPath: "/shared", Propagation: runtimeapi.MountPropagation_PROPAGATION_BIDIRECTIONAL},
	}
	c := &docker.Container{HostConfig: &docker.HostConfig{}}
	if err := mountSpec(c.HostConfig, want); err != nil {
		t.Fatal(err)
	}
	for _, m := range c.HostConfig.Mounts { // as Docker reports them
		c.Mounts = append(c.Mounts, docker.Mount{Source: m.Source, Destination: m.Target, RW: !m.ReadOnly})
	}
	got := mounts(c)
	for i := range want {
		if len(got) != len(want) || got[i].String() != want[i].String() {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

func TestContainerStatus(t *testing.T) {
	t.Parallel()
	created, started, finished := time.Unix(100, 0), time.Unix(200, 0), time.Unix(300, 0)
	const isCreated, isRunning, isExited = runtimeapi.ContainerState_CONTAINER_CREATED, runtimeapi.ContainerState_CONTAINER_RUNNING, runtimeapi.ContainerState_CONTAINER_EXITED
	for name, c := range map[string]struct {
		docker         docker.State
		state          runtimeapi.ContainerState
		start, finish  time.Time
		reason, detail string
		exit           int32
	}{
		"created":       {docker.State{}, isCreated, time.Time{}, time.Time{}, "", "", 0},
		"running":       {docker.State{Running: true, StartedAt: started}, isRunning, started, time.Time{}, "", "", 0},
		"paused":        {docker.State{Running: true, Paused: true, StartedAt: started}, isRunning, started, time.Time{}, "", "", 0},
		"runs again":    {docker.State{Running: true, StartedAt: finished, FinishedAt: started, ExitCode: 1}, isRunning, finished, time.Time{}, "", "", 0},
		"completed":     {docker.State{StartedAt: started, FinishedAt: finished}, isExited, started, finished, "Completed", "", 0},
		"failed":        {docker.State{StartedAt: started, FinishedAt: finished, ExitCode: 3}, isExited, started, finished, "Error", "", 3},
		"out of memory": {docker.State{StartedAt: started, FinishedAt: finished, ExitCode: 137, OOMKilled: true}, isExited, started, finished, "OOMKilled", "", 137},
		"cannot run":    {docker.State{ExitCode: 127, Error: "no such file"}, isExited, created, created, "ContainerCannotRun", "no such file", 127},
		"error alone":   {docker.State{Error: "port is taken"}, isExited, created, created, "ContainerCannotRun", "port is taken", 0},
	} {
		s := ContainerStatus(&docker.Container{ID: "c1", Created: created, State: c.docker, Image: "sha256:1"}, Record{
			Container: "web", Attempt: 2, Image: "nginx", Log: "/logs/web/2.log", Labels: map[string]string{"a": "b"}})
		if s.State != c.state || s.Reason != c.reason || s.Message != c.detail || s.ExitCode != c.exit ||
			s.CreatedAt != created.UnixNano() || s.StartedAt != nanoseconds(c.start) || s.FinishedAt != nanoseconds(c.finish) {
			t.Errorf("%s: %v", name, s)
		}
		if s.Id != "c1" || s.Metadata.Name != "web" || s.Metadata.Attempt != 2 || s.Image.Image != "nginx" || s.ImageId != "sha256:1" || s.LogPath != "/logs/web/2.log" || s.Labels["a"] != "b" {
			t.Errorf("%s: what is in the labels is lost: %v", name, s)
		}
	}
}

func TestSandboxStatus(t *testing.T) {
	t.Parallel()
	bridge := func(v4, v6 string) *docker.NetworkSettings {
		return &docker.NetworkSettings{Networks: map[string]docker.ContainerNetwork{"bridge": {IPAddress: v4, GlobalIPv6Address: v6}}}
	}
	for name, c := range map[string]struct {
		network    *docker.NetworkSettings
		ip, second string
	}{
		"before 29":     {&docker.NetworkSettings{IPAddress: "172.17.0.2"}, "172.17.0.2", ""},
		"IPv4":          {bridge("172.17.0.2", ""), "172.17.0.2", ""},
		"both families": {bridge("172.17.0.2", "fd00::2"), "172.17.0.2", "fd00::2"},
		"IPv6":          {bridge("", "fd00::2"), "fd00::2", ""},
		"the host's":    {&docker.NetworkSettings{}, "", ""},
		"unknown":       {nil, "", ""},
	} {
		r := Record{Pod: "php", Namespace: "default", UID: "u1", Attempt: 1, Handler: "h"}
		s := SandboxStatus(&docker.Container{ID: "s1", NetworkSettings: c.network, State: docker.State{Running: true}}, r)
		second := ""
		for _, ip := range s.Network.AdditionalIps {
			second += ip.Ip
		}
		if s.Network.Ip != c.ip || second != c.second {
			t.Errorf("%s: addresses %v", name, s.Network)
		}
		if s.State != runtimeapi.PodSandboxState_SANDBOX_READY || s.Metadata.Uid != "u1" || s.Metadata.Attempt != 1 || s.RuntimeHandler != "h" {
			t.Errorf("%s: %v", name, s)
		}
	}
	if s := SandboxStatus(&docker.Container{}, Record{}); s.State != runtimeapi.PodSandboxState_SANDBOX_NOTREADY {
		t.Errorf("a sandbox that does not run: %v", s)
	}
}

// The namespaces that the kubelet asks for are those that it is told.
func TestNamespacesRoundTrip(t *testing.T) {
	t.Parallel()
	const node, pod = runtimeapi.NamespaceMode_NODE, runtimeapi.NamespaceMode_POD
	for _, want := range []*runtimeapi.NamespaceOption{
		{Network: pod, Pid: pod, Ipc: pod}, {Network: node, Pid: pod, Ipc: pod}, {Network: pod, Pid: node, Ipc: pod}, {Network: pod, Pid: pod, Ipc: node},
	} {
		options, err := NewSandbox(specSettings, &runtimeapi.PodSandboxConfig{
			Metadata: &runtimeapi.PodSandboxMetadata{Name: "php", Uid: "u"},
			Linux:    &runtimeapi.LinuxPodSandboxConfig{SecurityContext: &runtimeapi.LinuxSandboxSecurityContext{NamespaceOptions: want}},
		}, "")
		if err != nil {
			t.Fatal(err)
		}
		got := SandboxStatus(&docker.Container{HostConfig: options.HostConfig}, Record{}).Linux.Namespaces.Options
		if got.String() != want.String() {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// The digest tells configurations apart, and is the same for the same one: by it a
// repeated call finds what the first one made.
func TestDigest(t *testing.T) {
	t.Parallel()
	digest := func(change func(*ContainerRequest)) string {
		r := plainRequest()
		change(&r)
		options, err := NewContainer(specSettings, r)
		if err != nil {
			t.Fatal(err)
		}
		got, ours := specSettings.Owner.Read(options.Config.Labels)
		if !ours || got.Spec == "" {
			t.Fatalf("labels %v", options.Config.Labels)
		}
		return got.Spec
	}
	first := digest(func(*ContainerRequest) {})
	if again := digest(func(*ContainerRequest) {}); again != first {
		t.Errorf("the same configuration has the digests %s and %s", first, again)
	}
	for name, change := range map[string]func(*ContainerRequest){
		"command":    func(r *ContainerRequest) { r.Config.Command = []string{"a"} },
		"sandbox":    func(r *ContainerRequest) { r.Sandbox = "s2" },
		"image":      func(r *ContainerRequest) { r.ImageID = "sha256:2" },
		"annotation": func(r *ContainerRequest) { r.Config.Annotations = map[string]string{"a": "b"} },
	} {
		if digest(change) == first {
			t.Errorf("another %s has the same digest", name)
		}
	}
}
