package dockershim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

// The daemon dies under the shim; each test has its own daemon.

// newDaemon starts a daemon with the tests' image.
func newDaemon(t *testing.T, args ...string) *realdocker.Daemon {
	t.Helper()
	if busybox.err != nil {
		t.Fatal(busybox.err)
	}
	d := realdocker.NewDaemon(t, args...)
	d.Load(busybox.name)
	return d
}

// absent checks that calls without a daemon fail at once, with an error that a kubelet
// considers temporary, and that the runtime reports that it is not ready.
func (n *node) absent(id string) {
	n.Helper()
	began := time.Now()
	_, err := n.ListContainers(n.Context(), &runtimeapi.ListContainersRequest{})
	n.wantCode(err, codes.Unavailable)
	_, err = n.ContainerStatus(n.Context(), &runtimeapi.ContainerStatusRequest{ContainerId: id})
	n.wantCode(err, codes.Unavailable)
	_, err = n.StopContainer(n.Context(), &runtimeapi.StopContainerRequest{ContainerId: id})
	n.wantCode(err, codes.Unavailable)
	_, err = n.RemoveContainer(n.Context(), &runtimeapi.RemoveContainerRequest{ContainerId: id})
	n.wantCode(err, codes.Unavailable)
	if must[*runtimeapi.StatusResponse](n)(n.Status(n.Context(), &runtimeapi.StatusRequest{})).Status.Conditions[0].Status {
		n.Error("ready without Docker")
	}
	if took := time.Since(began); took > 5*time.Second {
		n.Errorf("without Docker five calls took %v", took)
	}
}

// The statuses are true after a daemon has come back: surviving containers are the same
// ones, those that died have ended, and a pod can go on.
func TestDaemonDies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		end  func(*realdocker.Daemon)
		live bool
	}{
		"stopped, live restore": {[]string{"--live-restore"}, (*realdocker.Daemon).Stop, true},
		"killed, live restore":  {[]string{"--live-restore"}, (*realdocker.Daemon).Kill, true},
		"stopped":               {nil, (*realdocker.Daemon).Stop, false},
		"killed":                {nil, (*realdocker.Daemon).Kill, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDaemon(t, c.args...)
			n := newNode(t, func(config *Config) { config.Docker = d.Endpoint() })
			n.network = runtimeapi.NamespaceMode_POD
			sandbox, id, pod := n.run("trap 'exit 3' TERM; while :; do echo alive; sleep 0.1; done")
			before := n.containerStatus(id)

			attached := make(chan error, 1)
			go func() {
				_, err := n.ExecSync(t.Context(), &runtimeapi.ExecSyncRequest{ContainerId: id, Cmd: []string{"sleep", "1000"}, Timeout: 100})
				attached <- err
			}()
			n.eventually("the command runs", func() bool { return n.exec(id, "sh", "-c", "ps | grep -c '[s]leep 1000' || true") != "0" })
			c.end(d)
			n.absent(id)
			if err := <-attached; err == nil {
				t.Error("a command whose daemon died was said to have ended well")
			}
			d.Start()

			after := n.containerStatus(id)
			if c.live {
				if after.State != runtimeapi.ContainerState_CONTAINER_RUNNING || after.StartedAt != before.StartedAt {
					t.Fatalf("it runs on, but its status is %v", after)
				}
				n.exec(id, "true")
				size := func() int64 { info, _ := os.Stat(after.LogPath); return info.Size() }
				was := size()
				n.eventually("its log goes on", func() bool { return size() > was })
				if s := n.sandboxStatus(sandbox); s.State != runtimeapi.PodSandboxState_SANDBOX_READY || s.Network.Ip == "" {
					t.Errorf("the sandbox runs on, but its status is %v", s)
				}
			} else {
				if after.State != runtimeapi.ContainerState_CONTAINER_EXITED || after.FinishedAt < before.StartedAt || after.ExitCode == 0 {
					t.Fatalf("it has ended, but its status is %v", after)
				}
				// The kubelet now makes the next sandbox and container, and removes the old ones.
				pod.Metadata.Attempt++
				next := n.runSandbox(pod)
				again := n.container("web", "sleep 1000")
				again.Metadata.Attempt++
				n.startContainer(n.create(next, pod, again))
				must[*runtimeapi.RemovePodSandboxResponse](n)(n.RemovePodSandbox(t.Context(), &runtimeapi.RemovePodSandboxRequest{PodSandboxId: sandbox}))
			}
			if left := must[*runtimeapi.ListContainersResponse](n)(n.ListContainers(t.Context(), &runtimeapi.ListContainersRequest{})).Containers; len(left) != 1 {
				t.Errorf("%d containers", len(left))
			}
		})
	}
}

// The daemon is killed at random moments while pods are made and removed. Each call is
// repeated until it succeeds, as by a kubelet; in the end exactly what was requested
// exists, and after removal nothing.
func TestDaemonKilledAmidCalls(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	d := newDaemon(t, "--live-restore")
	n := newNode(t, func(config *Config) { config.Docker = d.Endpoint() })
	n.network = runtimeapi.NamespaceMode_POD
	const pods, rounds = 4, 2
	kills := 0
	for round := range rounds {
		life, over := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(over)
			for range 3 { // then it is left alone, or a slow machine would never make progress
				select {
				case <-life:
					return
				case <-time.After(time.Duration(random.IntN(2000)) * time.Millisecond):
				}
				d.Kill()
				kills++
				d.Start()
			}
		}()
		var all sync.WaitGroup
		for p := range pods {
			all.Go(func() { n.persist(n.pod(fmt.Sprintf("web-%d-%d", round, p))) })
		}
		all.Wait()
		close(life)
		<-over
		n.eventually("all that was removed is gone", func() bool { return d.Docker("ps", "--all", "--quiet") == "" })
	}
	t.Logf("seed %d: dockerd was killed %d times while %d pods lived and died", seed, kills, pods*rounds)
}

// persist makes a pod, checks it and removes it. It repeats calls that fail, and gives
// up only after three minutes.
func (n *node) persist(pod *runtimeapi.PodSandboxConfig) {
	ctx, cancel := context.WithTimeout(n.Context(), 3*time.Minute)
	defer cancel()
	var sandbox, id string
	config := n.container("web", "sleep 1000")
	for _, step := range []struct {
		name string
		call func() error
	}{
		{"RunPodSandbox", func() error {
			a, err := n.RunPodSandbox(ctx, &runtimeapi.RunPodSandboxRequest{Config: pod})
			sandbox = a.GetPodSandboxId()
			return err
		}},
		{"CreateContainer", func() error {
			a, err := n.CreateContainer(ctx, &runtimeapi.CreateContainerRequest{PodSandboxId: sandbox, SandboxConfig: pod, Config: config})
			id = a.GetContainerId()
			return err
		}},
		{"StartContainer", func() error {
			_, err := n.StartContainer(ctx, &runtimeapi.StartContainerRequest{ContainerId: id})
			if err != nil {
				id = n.another(ctx, sandbox, id, pod, config)
			}
			return err
		}},
		{"ListContainers", func() error {
			a, err := n.ListContainers(ctx, &runtimeapi.ListContainersRequest{Filter: &runtimeapi.ContainerFilter{PodSandboxId: sandbox}})
			if err == nil && (len(a.Containers) != 1 || a.Containers[0].State != runtimeapi.ContainerState_CONTAINER_RUNNING) {
				n.Errorf("pod %s has containers %v", pod.Metadata.Name, a.Containers)
			}
			return err
		}},
		{"StopContainer", func() error {
			_, err := n.StopContainer(ctx, &runtimeapi.StopContainerRequest{ContainerId: id})
			return err
		}},
		{"RemoveContainer", func() error {
			_, err := n.RemoveContainer(ctx, &runtimeapi.RemoveContainerRequest{ContainerId: id})
			return err
		}},
		{"StopPodSandbox", func() error {
			_, err := n.StopPodSandbox(ctx, &runtimeapi.StopPodSandboxRequest{PodSandboxId: sandbox})
			return err
		}},
		{"RemovePodSandbox", func() error {
			_, err := n.RemovePodSandbox(ctx, &runtimeapi.RemovePodSandboxRequest{PodSandboxId: sandbox})
			return err
		}},
	} {
		var last error
		err := poll(ctx, func() (bool, error) { last = step.call(); return last == nil, nil })
		if err != nil {
			n.Errorf("%s of pod %s does not succeed: %v", step.name, pod.Metadata.Name, last)
			return
		}
	}
}

// another replaces a container that did not start by the next attempt, as a kubelet
// does: a dockerd that was killed while it started one may never start it ("id
// already in use"). It returns the id of the one to start next.
func (n *node) another(ctx context.Context, sandbox, id string, pod *runtimeapi.PodSandboxConfig, config *runtimeapi.ContainerConfig) string {
	if _, err := n.RemoveContainer(ctx, &runtimeapi.RemoveContainerRequest{ContainerId: id}); err != nil {
		return id
	}
	config.Metadata.Attempt++
	for {
		a, err := n.CreateContainer(ctx, &runtimeapi.CreateContainerRequest{PodSandboxId: sandbox, SandboxConfig: pod, Config: config})
		if err == nil || ctx.Err() != nil {
			return a.GetContainerId()
		}
	}
}
