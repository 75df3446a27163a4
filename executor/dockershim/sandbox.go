package dockershim

import (
	"context"
	"errors"
	"fmt"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// RunPodSandbox creates and starts the sandbox of a pod: two calls of Docker.
func (s *service) RunPodSandbox(ctx context.Context, req *runtimeapi.RunPodSandboxRequest) (*runtimeapi.RunPodSandboxResponse, error) {
	if req.RuntimeHandler != "" {
		return nil, refuse("runtime handler %q: this node has only the default one", req.RuntimeHandler)
	}
	l, err := s.engine.dial(ctx)
	if err != nil {
		return nil, err
	}
	image, err := pauseImage(l.arch)
	if err != nil {
		return nil, err
	}
	spec, err := sandboxSpec(s.settings(l, image.Name), req.Config, req.RuntimeHandler)
	if err != nil {
		return nil, err
	}
	id, err := s.create(ctx, spec)
	if errors.Is(err, docker.ErrNoSuchImage) {
		if err := s.load(ctx, image); err != nil {
			return nil, err
		}
		id, err = s.create(ctx, spec)
	}
	if err != nil {
		return nil, err
	}
	r, _ := s.config.Owner.read(spec.Config.Labels)
	s.known.set(id, r)
	if err := s.start(ctx, id); err != nil {
		// The kubelet makes another sandbox; this one must not hold its ports.
		return nil, errors.Join(fmt.Errorf("starting the %s: %w", r, err), s.discard(ctx, id))
	}
	return &runtimeapi.RunPodSandboxResponse{PodSandboxId: id}, nil
}

// start starts a container, unless it already runs.
func (s *service) start(ctx context.Context, id string) error {
	client, err := s.engine.in(ctx)
	if err != nil {
		return err
	}
	if err := client.StartContainerWithContext(id, nil, ctx); err != nil && !running(err) {
		return err
	}
	return nil
}

// discard removes a sandbox that did not start, even if the caller's time is up.
func (s *service) discard(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removalTime)
	defer cancel()
	client, err := s.engine.in(ctx)
	if err != nil {
		return err
	}
	return s.remove(ctx, client, id)
}

// StopPodSandbox ends everything in a pod at once. The kubelet has already given the
// containers their grace period.
func (s *service) StopPodSandbox(ctx context.Context, req *runtimeapi.StopPodSandboxRequest) (*runtimeapi.StopPodSandboxResponse, error) {
	_, missing := s.find(ctx, req.PodSandboxId, typeSandbox)
	if missing != nil && !gone(missing) {
		return nil, missing
	}
	inside, err := s.list(ctx, []string{"running", "paused"}, labelType+"="+typeContainer, labelSandbox+"="+req.PodSandboxId)
	if err != nil {
		return nil, err
	}
	if err := each(inside, func(c docker.APIContainers) error { return s.kill(ctx, c.ID) }); err != nil {
		return nil, err
	}
	if missing == nil {
		err = s.kill(ctx, req.PodSandboxId)
	}
	return &runtimeapi.StopPodSandboxResponse{}, err
}

// kill ends a container without a grace period. It succeeds if the container does not
// run or does not exist.
func (s *service) kill(ctx context.Context, id string) error {
	client, err := s.engine.in(ctx)
	if err != nil {
		return err
	}
	err = client.KillContainer(docker.KillContainerOptions{ID: id, Context: ctx})
	if err == nil || gone(err) || stopped(err) {
		return nil
	}
	return fmt.Errorf("ending container %s: %w", id, err)
}

// RemovePodSandbox removes a sandbox and whatever containers it still has.
func (s *service) RemovePodSandbox(ctx context.Context, req *runtimeapi.RemovePodSandboxRequest) (*runtimeapi.RemovePodSandboxResponse, error) {
	_, missing := s.find(ctx, req.PodSandboxId, typeSandbox)
	if missing != nil && !gone(missing) {
		return nil, missing
	}
	inside, err := s.list(ctx, nil, labelType+"="+typeContainer, labelSandbox+"="+req.PodSandboxId)
	if err != nil {
		return nil, err
	}
	client, err := s.engine.in(ctx)
	if err != nil {
		return nil, err
	}
	if err := each(inside, func(c docker.APIContainers) error { return s.removeContainer(ctx, client, c.ID, c.Labels[labelLog]) }); err != nil {
		return nil, err
	}
	if missing == nil {
		err = s.remove(ctx, client, req.PodSandboxId)
	}
	return &runtimeapi.RemovePodSandboxResponse{}, err
}

func ignoreGone(err error) error {
	if gone(err) {
		return nil
	}
	return err
}
