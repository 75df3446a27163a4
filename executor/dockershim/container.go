package dockershim

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// containers answers the calls about containers.
type containers struct {
	inventory *inventory
	images    *images
	config    Config
	oomKilled cache[bool] // whether an ended container was out of memory
}

// CreateContainer makes a container in a sandbox. If the kubelet passes the image by
// its id, that takes one call of Docker.
func (s *containers) CreateContainer(ctx context.Context, req *runtimeapi.CreateContainerRequest) (*runtimeapi.CreateContainerResponse, error) {
	if _, err := s.inventory.find(ctx, req.PodSandboxId, spec.TypeSandbox); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	d, err := s.inventory.engine.Daemon(ctx)
	if err != nil {
		return nil, err
	}
	request := spec.ContainerRequest{Sandbox: req.PodSandboxId, Pod: req.SandboxConfig, Config: req.Config}
	if request.ImageID, err = s.images.imageID(ctx, req.Config.GetImage().GetImage()); err != nil {
		return nil, err
	}
	if request.Seccomp, err = seccompProfile(req.Config); err != nil {
		return nil, err
	}
	if err := makeMountSources(req.Config.GetMounts()); err != nil {
		return nil, err
	}
	options, err := spec.NewContainer(s.config.settings(d, ""), request)
	if err != nil {
		return nil, err
	}
	id, err := s.inventory.create(ctx, options)
	if err != nil {
		// Docker calls a sandbox that vanished a bad request.
		if _, _, missing := s.inventory.inspect(ctx, req.PodSandboxId); gone(missing) {
			err = fmt.Errorf("sandbox: %w", missing)
		}
		return nil, err
	}
	r, _ := s.config.Owner.Read(options.Config.Labels)
	s.inventory.known.set(id, r)
	return &runtimeapi.CreateContainerResponse{ContainerId: id}, nil
}

// makeMountSources creates missing host directories, as Docker does for binds in text
// form and Kubernetes promises for a hostPath without a type.
func makeMountSources(mounts []*runtimeapi.Mount) error {
	for _, m := range mounts {
		if m.HostPath == "" {
			continue
		}
		if _, err := os.Stat(m.HostPath); !errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err := os.MkdirAll(m.HostPath, 0o755); err != nil {
			return fmt.Errorf("mount %s: %w", m.ContainerPath, err)
		}
	}
	return nil
}

// seccompProfile reads the profile that a container names by its path.
func seccompProfile(c *runtimeapi.ContainerConfig) (string, error) {
	p := c.GetLinux().GetSecurityContext().GetSeccomp()
	if p.GetProfileType() != runtimeapi.SecurityProfile_Localhost {
		return "", nil
	}
	text, err := os.ReadFile(p.LocalhostRef)
	if err != nil {
		return "", spec.Invalid("seccomp profile: %v", err)
	}
	return string(text), nil
}

// StartContainer starts a container and links its log to where the kubelet looks.
func (s *containers) StartContainer(ctx context.Context, req *runtimeapi.StartContainerRequest) (*runtimeapi.StartContainerResponse, error) {
	r, err := s.inventory.find(ctx, req.ContainerId, spec.TypeContainer)
	if err != nil {
		return nil, err
	}
	d, err := s.inventory.engine.Daemon(ctx)
	if err != nil {
		return nil, err
	}
	if err := linkLog(r.Log, d.LogFile(req.ContainerId)); err != nil {
		return nil, err
	}
	if err := s.inventory.start(ctx, req.ContainerId); err != nil {
		return nil, fmt.Errorf("starting %s: %w", r, err)
	}
	return &runtimeapi.StartContainerResponse{}, nil
}

// StopContainer asks a container to end and kills it after the timeout in seconds.
func (s *containers) StopContainer(ctx context.Context, req *runtimeapi.StopContainerRequest) (*runtimeapi.StopContainerResponse, error) {
	r, err := s.inventory.find(ctx, req.ContainerId, spec.TypeContainer)
	if err != nil {
		return &runtimeapi.StopContainerResponse{}, ignoreGone(err)
	}
	client, err := s.inventory.engine.Client(ctx)
	if err != nil {
		return nil, err
	}
	grace := uint(min(max(req.Timeout, 0), math.MaxInt32))
	err = client.StopContainerWithContext(req.ContainerId, grace, ctx)
	if err != nil && !gone(err) && !stopped(err) {
		return nil, fmt.Errorf("stopping %s: %w", r, err)
	}
	return &runtimeapi.StopContainerResponse{}, nil
}

// RemoveContainer removes a container, running or not.
func (s *containers) RemoveContainer(ctx context.Context, req *runtimeapi.RemoveContainerRequest) (*runtimeapi.RemoveContainerResponse, error) {
	r, err := s.inventory.find(ctx, req.ContainerId, spec.TypeContainer)
	if err != nil {
		return &runtimeapi.RemoveContainerResponse{}, ignoreGone(err)
	}
	client, err := s.inventory.engine.Client(ctx)
	if err != nil {
		return nil, err
	}
	return &runtimeapi.RemoveContainerResponse{}, s.inventory.removeContainer(ctx, client, req.ContainerId, r.Log)
}

// UpdateContainerResources changes the limits of a container in place.
func (s *containers) UpdateContainerResources(ctx context.Context, req *runtimeapi.UpdateContainerResourcesRequest) (*runtimeapi.UpdateContainerResourcesResponse, error) {
	r, err := s.inventory.find(ctx, req.ContainerId, spec.TypeContainer)
	if err != nil {
		return nil, err
	}
	if req.Linux == nil {
		return &runtimeapi.UpdateContainerResourcesResponse{}, nil
	}
	client, err := s.inventory.engine.Client(ctx)
	if err != nil {
		return nil, err
	}
	change := spec.Update(req.Linux)
	change.Context = ctx
	if err := client.UpdateContainer(req.ContainerId, change); err != nil {
		return nil, fmt.Errorf("changing resources of %s: %w", r, err)
	}
	return &runtimeapi.UpdateContainerResourcesResponse{}, nil
}
