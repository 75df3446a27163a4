package dockershim

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/pause"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

func imageSpec(image string) *runtimeapi.ImageSpec { return &runtimeapi.ImageSpec{Image: image} }

// A local image is found by every spelling of its name, and by its id; another name
// finds none, even if it is the beginning of an id.
func TestImageNames(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	ctx := t.Context()
	repository := "shimtest" + strings.ToLower(rand.Text()[:10])
	own, _, err := realdocker.MakeBusybox(ctx)
	if err != nil {
		t.Fatal(err)
	}
	realdocker.Docker(t, "tag", own, repository+":latest")
	id := realdocker.Docker(t, "inspect", "--format", "{{.Id}}", own)
	for _, name := range []string{repository, repository + ":latest", "docker.io/library/" + repository, "docker.io/library/" + repository + ":latest", id, own, "docker.io/" + own} {
		got := must[*runtimeapi.ImageStatusResponse](n)(n.images.ImageStatus(ctx, &runtimeapi.ImageStatusRequest{Image: imageSpec(name)})).Image
		if got.GetId() != id || got.GetSize() == 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, name := range []string{repository + ":other", "other/" + repository, strings.TrimPrefix(id, "sha256:")[:12], "nowhere.example/" + repository} {
		if got := must[*runtimeapi.ImageStatusResponse](n)(n.images.ImageStatus(ctx, &runtimeapi.ImageStatusRequest{Image: imageSpec(name)})).Image; got != nil {
			t.Errorf("%s: found %v", name, got)
		}
	}
	_, err = n.images.ImageStatus(ctx, &runtimeapi.ImageStatusRequest{Image: imageSpec("Not An Image")})
	n.wantCode(err, codes.InvalidArgument)

	// Removing an image removes all its names.
	for range 2 {
		must[*runtimeapi.RemoveImageResponse](n)(n.images.RemoveImage(ctx, &runtimeapi.RemoveImageRequest{Image: imageSpec(repository)}))
	}
	if got := must[*runtimeapi.ImageStatusResponse](n)(n.images.ImageStatus(ctx, &runtimeapi.ImageStatusRequest{Image: imageSpec(own)})).Image; got != nil {
		t.Errorf("removed, and still here: %v", got)
	}
}

func TestImageLists(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	ctx := t.Context()
	n.runSandbox(n.pod("php")) // loads the pause image
	var ours, pinned bool
	for _, i := range must[*runtimeapi.ListImagesResponse](n)(n.images.ListImages(ctx, &runtimeapi.ListImagesRequest{})).Images {
		for _, tag := range i.RepoTags {
			ours = ours || tag == busybox.name && !i.Pinned
			pinned = pinned || strings.HasPrefix(tag, pause.Repository) && i.Pinned
		}
	}
	if !ours || !pinned {
		t.Errorf("busybox listed: %v, pause image listed and pinned: %v", ours, pinned)
	}
	one := must[*runtimeapi.ListImagesResponse](n)(n.images.ListImages(ctx, &runtimeapi.ListImagesRequest{Filter: &runtimeapi.ImageFilter{Image: imageSpec(busybox.name)}})).Images
	if len(one) != 1 {
		t.Errorf("filtered: %v", one)
	}
	none := must[*runtimeapi.ListImagesResponse](n)(n.images.ListImages(ctx, &runtimeapi.ListImagesRequest{Filter: &runtimeapi.ImageFilter{Image: imageSpec("no/such")}})).Images
	if len(none) != 0 {
		t.Errorf("filtered: %v", none)
	}
	fs := must[*runtimeapi.ImageFsInfoResponse](n)(n.images.ImageFsInfo(ctx, &runtimeapi.ImageFsInfoRequest{})).ImageFilesystems
	if len(fs) != 1 || fs[0].UsedBytes.Value == 0 || fs[0].FsId.Mountpoint != realdocker.Docker(t, "info", "--format", "{{.DockerRootDir}}") {
		t.Errorf("file systems %v", fs)
	}
}

// An image in use stays. If one cannot be pulled, the error says why, and a pull without
// progress is told of and aborted.
func TestImageFailures(t *testing.T) {
	t.Parallel()
	said := make(chan string, 10)
	n := newNode(t, func(c *Config) {
		c.PullProgress = 2 * time.Second
		c.Pulling = func(_ context.Context, p Pull, progress string) { said <- p.Pod + ": " + progress }
	})
	ctx := t.Context()
	n.run("sleep 1000")
	id := realdocker.Docker(t, "inspect", "--format", "{{.Id}}", busybox.name)
	_, err := n.images.RemoveImage(ctx, &runtimeapi.RemoveImageRequest{Image: imageSpec(id)})
	n.wantCode(err, codes.FailedPrecondition)

	registry := httptest.NewServer(http.NotFoundHandler())
	defer registry.Close()
	address := strings.TrimPrefix(registry.URL, "http://")
	_, err = n.images.PullImage(ctx, &runtimeapi.PullImageRequest{Image: imageSpec(address + "/some/image")})
	if err == nil || !strings.Contains(err.Error(), "some/image") {
		t.Errorf("pull: %v", err)
	}

	stalled := newRegistry(t, "", "")
	stalled.stall.Store(true)
	started := time.Now()
	_, err = n.images.PullImage(ctx, &runtimeapi.PullImageRequest{Image: imageSpec(stalled.address + "/some/image"), SandboxConfig: n.pod("stalled")})
	if err == nil || !strings.Contains(err.Error(), "no progress for 2s") || time.Since(started) > 15*time.Second {
		t.Errorf("pull from a stalled registry took %v: %v", time.Since(started), err)
	}
	select {
	case got := <-said:
		if !strings.HasPrefix(got, "stalled: 0 of 1 layers") {
			t.Errorf("told of the pull: %s", got)
		}
	default:
		t.Error("nobody was told of the pull")
	}
	pod := n.pod("db")
	_, err = n.CreateContainer(ctx, &runtimeapi.CreateContainerRequest{
		PodSandboxId: n.runSandbox(pod), SandboxConfig: pod,
		Config: n.container("web", "true", func(c *runtimeapi.ContainerConfig) { c.Image = imageSpec("no/such") }),
	})
	n.wantCode(err, codes.NotFound)
}

// An image is pulled from a registry, with the kubelet's credentials, by tag and by
// digest.
func TestPull(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	ctx := t.Context()
	r := newRegistry(t, "user", "secret")
	name := r.address + "/team/app"
	pull := func(image string, auth *runtimeapi.AuthConfig) (string, error) {
		answer, err := n.images.PullImage(ctx, &runtimeapi.PullImageRequest{Image: imageSpec(image), Auth: auth})
		return answer.GetImageRef(), err
	}
	if _, err := pull(name, nil); err == nil {
		t.Error("pulled without credentials")
	}
	id, err := pull(name, &runtimeapi.AuthConfig{Username: "user", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := pull(name+"@"+r.digest, &runtimeapi.AuthConfig{Auth: "dXNlcjpzZWNyZXQ="})
	if err != nil || again != id {
		t.Errorf("by digest: %s %v, by tag %s", again, err, id)
	}
	got := must[*runtimeapi.ImageStatusResponse](n)(n.images.ImageStatus(ctx, &runtimeapi.ImageStatusRequest{Image: imageSpec(name + ":latest@" + r.digest)})).Image
	if got.GetId() != id || len(got.RepoDigests) == 0 || got.Uid.GetValue() != 1234 {
		t.Errorf("status %v", got)
	}
	for range 2 {
		must[*runtimeapi.RemoveImageResponse](n)(n.images.RemoveImage(ctx, &runtimeapi.RemoveImageRequest{Image: imageSpec(id)}))
	}
	if got := must[*runtimeapi.ImageStatusResponse](n)(n.images.ImageStatus(ctx, &runtimeapi.ImageStatusRequest{Image: imageSpec(id)})).Image; got != nil {
		t.Errorf("removed, and still here: %v", got)
	}
}
