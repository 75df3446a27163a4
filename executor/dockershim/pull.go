package dockershim

import (
	"context"
	"errors"
	"fmt"
	"time"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/pullprogress"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// Pull is a pull of an image for a pod.
type Pull struct{ Image, Namespace, Pod, UID string }

// PullImage fetches an image. It gives up if there is no progress for the configured
// time; the whole pull may take any time.
func (s *images) PullImage(ctx context.Context, req *runtimeapi.PullImageRequest) (*runtimeapi.PullImageResponse, error) {
	name := req.GetImage().GetImage()
	repository, tag, err := spec.Pull(name)
	if err != nil {
		return nil, err
	}
	auth, err := spec.Auth(req.Auth)
	if err != nil {
		return nil, err
	}
	client, err := s.engine.Client(ctx)
	if err != nil {
		return nil, err
	}
	progress := pullprogress.New(time.Now())
	if pod := req.GetSandboxConfig().GetMetadata(); pod != nil && s.pulling != nil {
		pull := Pull{Image: name, Namespace: pod.Namespace, Pod: pod.Name, UID: pod.Uid}
		defer progress.Tell(func(text string) { s.pulling(ctx, pull, text) })()
	}
	err = client.PullImage(docker.PullImageOptions{
		Repository:        repository,
		Tag:               tag,
		OutputStream:      progress,
		RawJSONStream:     true, // then errors in the stream are ours to see
		InactivityTimeout: s.pullProgress,
		Context:           ctx,
	}, auth)
	if err == nil {
		err = progress.Err()
	}
	if errors.Is(err, docker.ErrInactivityTimeout) {
		err = fmt.Errorf("no progress for %s: %w", s.pullProgress, err)
	}
	if err != nil {
		return nil, fmt.Errorf("pulling image %s: %w", name, err)
	}
	image, err := s.image(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("image %s after its pull: %w", name, err)
	}
	return &runtimeapi.PullImageResponse{ImageRef: image.ID}, nil
}

// RemoveImage removes an image with all its names. An image that any container uses,
// ours or not, stays, and the result is an error.
func (s *images) RemoveImage(ctx context.Context, req *runtimeapi.RemoveImageRequest) (*runtimeapi.RemoveImageResponse, error) {
	image, err := s.image(ctx, req.GetImage().GetImage())
	if err != nil {
		return &runtimeapi.RemoveImageResponse{}, ignoreGone(err)
	}
	client, err := s.engine.Client(ctx)
	if err != nil {
		return nil, err
	}
	names := append(spec.Named(image.RepoTags), spec.Named(image.RepoDigests)...)
	if len(names) < 2 {
		names = []string{image.ID}
	}
	for _, name := range names {
		err := client.RemoveImageExtended(name, docker.RemoveImageOptions{Context: ctx})
		if err != nil && !gone(err) {
			return nil, fmt.Errorf("removing image %s: %w", name, err)
		}
	}
	s.refs.drop(image.ID)
	return &runtimeapi.RemoveImageResponse{}, nil
}
