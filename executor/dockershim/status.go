package dockershim

import (
	"context"
	"time"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// PodSandboxStatus returns the state and the addresses of a sandbox.
func (s *sandboxes) PodSandboxStatus(ctx context.Context, req *runtimeapi.PodSandboxStatusRequest) (*runtimeapi.PodSandboxStatusResponse, error) {
	c, r, err := s.inventory.inspect(ctx, req.PodSandboxId)
	if err != nil {
		return nil, err
	}
	if r.Type != spec.TypeSandbox {
		return nil, &notOurs{req.PodSandboxId}
	}
	r.Addresses = s.addresses(c, r) // the kubelet makes another sandbox if there is none
	return &runtimeapi.PodSandboxStatusResponse{Status: spec.SandboxStatus(c, r), Timestamp: time.Now().UnixNano()}, nil
}

// ContainerStatus describes a container.
func (s *containers) ContainerStatus(ctx context.Context, req *runtimeapi.ContainerStatusRequest) (*runtimeapi.ContainerStatusResponse, error) {
	c, r, err := s.inventory.inspect(ctx, req.ContainerId)
	if err != nil {
		return nil, err
	}
	if r.Type != spec.TypeContainer {
		return nil, &notOurs{req.ContainerId}
	}
	c.State.OOMKilled = s.outOfMemory(c)
	status := spec.ContainerStatus(c, r)
	status.ImageRef = s.images.imageRef(ctx, c.Image)
	return &runtimeapi.ContainerStatusResponse{Status: status}, nil
}
