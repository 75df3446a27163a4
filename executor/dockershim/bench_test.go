package dockershim

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"

	docker "github.com/fsouza/go-dockerclient"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

// The cost of the shim is pod/op relative to bare/op, both on Docker's bridge: the goal
// is at most 1.6 times.

func BenchmarkPodStart(b *testing.B) {
	n := benchNode(b)
	ctx := b.Context()
	client, err := docker.NewClient("unix:///var/run/docker.sock")
	if err != nil {
		b.Fatal(err)
	}
	image, err := client.InspectImage(busybox.name)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("pod", func(b *testing.B) {
		for b.Loop() {
			uid := rand.Text()
			pod := &runtimeapi.PodSandboxConfig{
				Metadata:     &runtimeapi.PodSandboxMetadata{Name: "bench", Namespace: "default", Uid: uid},
				LogDirectory: filepath.Join(n.dir, uid),
				Linux:        &runtimeapi.LinuxPodSandboxConfig{},
			}
			sandbox, err := n.RunPodSandbox(ctx, &runtimeapi.RunPodSandboxRequest{Config: pod})
			if err != nil {
				b.Fatal(err)
			}
			c, err := n.CreateContainer(ctx, &runtimeapi.CreateContainerRequest{PodSandboxId: sandbox.PodSandboxId, SandboxConfig: pod, Config: &runtimeapi.ContainerConfig{
				Metadata: &runtimeapi.ContainerMetadata{Name: "web"}, Image: imageSpec(image.ID), Command: []string{"sleep", "1000"}, LogPath: "0.log",
			}})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := n.StartContainer(ctx, &runtimeapi.StartContainerRequest{ContainerId: c.ContainerId}); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			if err := n.server.RemoveAll(ctx); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
	})
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			var ids []string
			for _, mode := range []string{"bridge", "container:"} {
				if len(ids) > 0 {
					mode += ids[0]
				}
				c, err := client.CreateContainer(docker.CreateContainerOptions{
					Config:     &docker.Config{Image: image.ID, Cmd: []string{"sleep", "1000"}},
					HostConfig: &docker.HostConfig{NetworkMode: mode},
				})
				if err != nil {
					b.Fatal(err)
				}
				ids = append(ids, c.ID)
				if err := client.StartContainer(c.ID, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			for _, id := range ids {
				if err := client.RemoveContainer(docker.RemoveContainerOptions{ID: id, Force: true}); err != nil {
					b.Fatal(err)
				}
			}
			b.StartTimer()
		}
	})
}

// BenchmarkList makes the kubelet's calls of each second: both lists, with 10 pods.
func BenchmarkList(b *testing.B) {
	n := benchNode(b)
	ctx := b.Context()
	for range 10 {
		pod := &runtimeapi.PodSandboxConfig{Metadata: &runtimeapi.PodSandboxMetadata{Name: "bench", Namespace: "default", Uid: rand.Text()},
			Linux: &runtimeapi.LinuxPodSandboxConfig{SecurityContext: &runtimeapi.LinuxSandboxSecurityContext{NamespaceOptions: &runtimeapi.NamespaceOption{Network: runtimeapi.NamespaceMode_NODE}}}}
		if _, err := n.RunPodSandbox(ctx, &runtimeapi.RunPodSandboxRequest{Config: pod}); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, err := n.ListPodSandbox(ctx, &runtimeapi.ListPodSandboxRequest{}); err != nil {
			b.Fatal(err)
		}
		if _, err := n.ListContainers(ctx, &runtimeapi.ListContainersRequest{}); err != nil {
			b.Fatal(err)
		}
	}
}

type benchmarked struct {
	runtimeapi.RuntimeServiceClient
	server *Server
	dir    string
}

func benchNode(b *testing.B) benchmarked {
	b.Helper()
	realdocker.Need(b)
	dir, err := os.MkdirTemp("", "shim")
	if err != nil {
		b.Fatal(err)
	}
	server, err := New(Config{Socket: filepath.Join(dir, "cri.sock"), Owner: Owner{Framework: "bench-" + rand.Text(), Agent: "agent"}})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	conn, err := grpc.NewClient("unix://"+server.Socket(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := server.RemoveAll(context.Background()); err != nil {
			b.Error(err)
		}
		conn.Close()
		cancel()
		<-ended
		os.RemoveAll(dir)
	})
	return benchmarked{runtimeapi.NewRuntimeServiceClient(conn), server, dir}
}
