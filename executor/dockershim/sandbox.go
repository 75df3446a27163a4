package dockershim

import (
	"context"
	"errors"
	"fmt"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/pause"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// sandboxes answers the calls about sandboxes.
type sandboxes struct {
	inventory *inventory
	config    Config
}

// RunPodSandbox creates and starts the sandbox of a pod: two calls of Docker.
func (s *sandboxes) RunPodSandbox(ctx context.Context, req *runtimeapi.RunPodSandboxRequest) (*runtimeapi.RunPodSandboxResponse, error) {
	if req.RuntimeHandler != "" {
		return nil, spec.Invalid("runtime handler %q: this node has only the default one", req.RuntimeHandler)
	}
	d, err := s.inventory.engine.Daemon(ctx)
	if err != nil {
		return nil, err
	}
	image, err := pauseImage(d.Arch)
	if err != nil {
		return nil, err
	}
	network, addresses, err := s.reserve(req.Config)
	if err != nil {
		return nil, err
	}
	req.Config.DnsConfig = s.dns(req.Config, network != nil)
	settings := s.config.settings(d, image.Name)
	settings.Connected, settings.Addresses = network != nil, addresses
	id, err := s.run(ctx, settings, image, req)
	if err != nil {
		if network != nil {
			network.Return(addresses)
		}
		return nil, err
	}
	if network != nil {
		if err := s.attach(ctx, network, id, req.Config, addresses); err != nil {
			return nil, errors.Join(err, s.discard(ctx, id))
		}
	}
	return &runtimeapi.RunPodSandboxResponse{PodSandboxId: id}, nil
}

// run creates and starts a sandbox.
func (s *sandboxes) run(ctx context.Context, settings spec.Settings, image pause.Image, req *runtimeapi.RunPodSandboxRequest) (string, error) {
	options, err := spec.NewSandbox(settings, req.Config, req.RuntimeHandler)
	if err != nil {
		return "", err
	}
	id, err := s.inventory.create(ctx, options)
	if errors.Is(err, docker.ErrNoSuchImage) {
		if err := s.load(ctx, image); err != nil {
			return "", err
		}
		id, err = s.inventory.create(ctx, options)
	}
	if err != nil {
		return "", err
	}
	r, _ := s.config.Owner.Read(options.Config.Labels)
	s.inventory.known.set(id, r)
	if err := s.inventory.start(ctx, id); err != nil {
		// The kubelet makes another sandbox; this one must not hold its ports.
		return "", errors.Join(fmt.Errorf("starting the %s: %w", r, err), s.discard(ctx, id))
	}
	return id, nil
}

// discard removes a sandbox that did not start, even if the caller's time is up.
func (s *sandboxes) discard(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removalTime)
	defer cancel()
	client, err := s.inventory.engine.Client(ctx)
	if err != nil {
		return err
	}
	return s.inventory.remove(ctx, client, id)
}

// StopPodSandbox ends everything in a pod at once. The kubelet has already given the
// containers their grace period.
func (s *sandboxes) StopPodSandbox(ctx context.Context, req *runtimeapi.StopPodSandboxRequest) (*runtimeapi.StopPodSandboxResponse, error) {
	_, missing := s.inventory.find(ctx, req.PodSandboxId, spec.TypeSandbox)
	if missing != nil && !gone(missing) {
		return nil, missing
	}
	inside, err := s.inventory.inside(ctx, req.PodSandboxId, "running", "paused")
	if err != nil {
		return nil, err
	}
	if err := each(inside, func(c docker.APIContainers) error { return s.inventory.kill(ctx, c.ID) }); err != nil {
		return nil, err
	}
	if err := s.detach(ctx, req.PodSandboxId); err != nil { // while there still is something to detach
		return nil, err
	}
	if missing == nil {
		err = s.inventory.kill(ctx, req.PodSandboxId)
	}
	return &runtimeapi.StopPodSandboxResponse{}, err
}

// RemovePodSandbox removes a sandbox and whatever containers it still has.
func (s *sandboxes) RemovePodSandbox(ctx context.Context, req *runtimeapi.RemovePodSandboxRequest) (*runtimeapi.RemovePodSandboxResponse, error) {
	_, missing := s.inventory.find(ctx, req.PodSandboxId, spec.TypeSandbox)
	if missing != nil && !gone(missing) {
		return nil, missing
	}
	inside, err := s.inventory.inside(ctx, req.PodSandboxId)
	if err != nil {
		return nil, err
	}
	client, err := s.inventory.engine.Client(ctx)
	if err != nil {
		return nil, err
	}
	if err := each(inside, func(c docker.APIContainers) error {
		return s.inventory.removeContainer(ctx, client, c.ID, c.Labels[spec.LabelLog])
	}); err != nil {
		return nil, err
	}
	if err := s.detach(ctx, req.PodSandboxId); err != nil {
		return nil, err
	}
	if missing == nil {
		err = s.inventory.remove(ctx, client, req.PodSandboxId)
	}
	return &runtimeapi.RemovePodSandboxResponse{}, err
}

func ignoreGone(err error) error {
	if gone(err) {
		return nil
	}
	return err
}
