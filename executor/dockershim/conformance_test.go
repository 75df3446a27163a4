package dockershim

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

// The suite speaks to the shim as the kubelet does, over its socket, and runs on the
// real Docker. Each test has a shim with its own owner.

// busybox is the image of the tests' containers, set once by TestMain.
var busybox struct {
	name string
	err  error
}

func TestMain(m *testing.M) {
	var remove func() error
	busybox.name, remove, busybox.err = realdocker.MakeBusybox(context.Background())
	code := m.Run()
	if remove != nil {
		if err := remove(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// node is a running shim.
type node struct {
	*testing.T
	runtimeapi.RuntimeServiceClient
	images  runtimeapi.ImageServiceClient
	server  *Server
	owner   Owner
	dir     string
	network runtimeapi.NamespaceMode // of pods made by sandbox
}

// newNode starts a shim. When the test ends, everything of its owner is removed, and
// nothing may remain.
func newNode(t *testing.T, change ...func(*Config)) *node {
	t.Helper()
	realdocker.Need(t)
	if busybox.err != nil {
		t.Fatal(busybox.err)
	}
	dir, err := os.MkdirTemp("", "shim")
	if err != nil {
		t.Fatal(err)
	}
	c := Config{
		Socket: filepath.Join(dir, "cri.sock"),
		Owner:  Owner{Framework: "test-" + rand.Text()[:8], Agent: "agent-" + t.Name()},
	}
	for _, f := range change {
		f(&c)
	}
	n := &node{T: t, owner: c.Owner, dir: dir, network: runtimeapi.NamespaceMode_NODE}
	n.start(c)
	t.Cleanup(func() {
		if err := RemoveAll(context.Background(), c.Docker, c.Owner); err != nil {
			t.Error(err)
		}
		os.RemoveAll(dir)
	})
	return n
}

func (n *node) start(c Config) {
	n.Helper()
	server, err := New(c)
	if err != nil {
		n.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	conn, err := grpc.NewClient("unix://"+server.Socket(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		n.Fatal(err)
	}
	n.server = server
	n.RuntimeServiceClient = runtimeapi.NewRuntimeServiceClient(conn)
	n.images = runtimeapi.NewImageServiceClient(conn)
	n.Cleanup(func() {
		conn.Close()
		cancel()
		if err := <-ended; err != nil {
			n.Error(err)
		}
	})
}

// must ends the test on an error, and otherwise returns the answer.
func must[T any](n *node) func(answer T, err error) T {
	return func(answer T, err error) T {
		n.Helper()
		if err != nil {
			n.Fatal(err)
		}
		return answer
	}
}

func (n *node) wantCode(err error, want codes.Code) {
	n.Helper()
	if got := status.Code(err); got != want {
		n.Errorf("code %s, want %s: %v", got, want, err)
	}
}

// pod returns a pod's configuration, in the host's network, which starts fastest, unless
// the node says otherwise.
func (n *node) pod(name string, change ...func(*runtimeapi.PodSandboxConfig)) *runtimeapi.PodSandboxConfig {
	uid := strings.ToLower(rand.Text()[:12])
	c := &runtimeapi.PodSandboxConfig{
		Metadata:     &runtimeapi.PodSandboxMetadata{Name: name, Namespace: "default", Uid: uid},
		LogDirectory: filepath.Join(n.dir, "logs", uid),
		Labels:       map[string]string{podUIDLabel: uid, "app": name},
		Annotations:  map[string]string{"note": "a=b, c"},
		Linux: &runtimeapi.LinuxPodSandboxConfig{SecurityContext: &runtimeapi.LinuxSandboxSecurityContext{
			NamespaceOptions: &runtimeapi.NamespaceOption{Network: n.network, Pid: runtimeapi.NamespaceMode_CONTAINER},
		}},
	}
	for _, f := range change {
		f(c)
	}
	return c
}

func (n *node) runSandbox(c *runtimeapi.PodSandboxConfig) string {
	n.Helper()
	return must[*runtimeapi.RunPodSandboxResponse](n)(n.RunPodSandbox(n.Context(), &runtimeapi.RunPodSandboxRequest{Config: c})).PodSandboxId
}

func (n *node) container(name string, command string, change ...func(*runtimeapi.ContainerConfig)) *runtimeapi.ContainerConfig {
	c := &runtimeapi.ContainerConfig{
		Metadata:    &runtimeapi.ContainerMetadata{Name: name},
		Image:       &runtimeapi.ImageSpec{Image: busybox.name},
		Command:     []string{"sh", "-c", command},
		LogPath:     name + "/0.log",
		Labels:      map[string]string{"io.kubernetes.container.name": name},
		Annotations: map[string]string{"io.kubernetes.container.hash": "1"},
		Linux: &runtimeapi.LinuxContainerConfig{SecurityContext: &runtimeapi.LinuxContainerSecurityContext{
			NamespaceOptions: &runtimeapi.NamespaceOption{Network: n.network, Pid: runtimeapi.NamespaceMode_CONTAINER},
		}},
	}
	for _, f := range change {
		f(c)
	}
	return c
}

func (n *node) create(sandbox string, pod *runtimeapi.PodSandboxConfig, c *runtimeapi.ContainerConfig) string {
	n.Helper()
	return must[*runtimeapi.CreateContainerResponse](n)(n.CreateContainer(n.Context(), &runtimeapi.CreateContainerRequest{
		PodSandboxId: sandbox, SandboxConfig: pod, Config: c,
	})).ContainerId
}

func (n *node) startContainer(id string) {
	n.Helper()
	must[*runtimeapi.StartContainerResponse](n)(n.StartContainer(n.Context(), &runtimeapi.StartContainerRequest{ContainerId: id}))
}

// run makes a pod with one started container.
func (n *node) run(command string, change ...func(*runtimeapi.ContainerConfig)) (sandbox, id string, pod *runtimeapi.PodSandboxConfig) {
	n.Helper()
	pod = n.pod("php")
	sandbox = n.runSandbox(pod)
	id = n.create(sandbox, pod, n.container("web", command, change...))
	n.startContainer(id)
	return sandbox, id, pod
}

func (n *node) containerStatus(id string) *runtimeapi.ContainerStatus {
	n.Helper()
	return must[*runtimeapi.ContainerStatusResponse](n)(n.ContainerStatus(n.Context(), &runtimeapi.ContainerStatusRequest{ContainerId: id})).Status
}

func (n *node) sandboxStatus(id string) *runtimeapi.PodSandboxStatus {
	n.Helper()
	return must[*runtimeapi.PodSandboxStatusResponse](n)(n.PodSandboxStatus(n.Context(), &runtimeapi.PodSandboxStatusRequest{PodSandboxId: id})).Status
}

// exited waits for the end of a container.
func (n *node) exited(id string) *runtimeapi.ContainerStatus {
	n.Helper()
	var last *runtimeapi.ContainerStatus
	n.eventually("container exits", func() bool {
		last = n.containerStatus(id)
		return last.State == runtimeapi.ContainerState_CONTAINER_EXITED
	})
	return last
}

// eventually waits until a condition that others bring about holds.
func (n *node) eventually(what string, holds func() bool) {
	n.Helper()
	ctx, cancel := context.WithTimeout(n.Context(), time.Minute)
	defer cancel()
	if err := poll(ctx, func() (bool, error) { return holds(), nil }); err != nil {
		n.Fatalf("%s: %v", what, err)
	}
}

func (n *node) exec(id string, cmd ...string) string {
	n.Helper()
	answer := must[*runtimeapi.ExecSyncResponse](n)(n.ExecSync(n.Context(), &runtimeapi.ExecSyncRequest{ContainerId: id, Cmd: cmd, Timeout: 20}))
	if answer.ExitCode != 0 {
		n.Fatalf("%v: exit code %d: %s", cmd, answer.ExitCode, answer.Stderr)
	}
	return strings.TrimSpace(string(answer.Stdout))
}
