package dockershim

import (
	"context"
	"time"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// The kubelet lists everything each second, and each pod's containers at every step,
// so a list takes at most one call of Docker, and none while the last one is valid. It
// may be slightly old. Only containers that Docker calls created are inspected.

// podUIDLabel is how the kubelet selects a pod's sandboxes and containers.
const podUIDLabel = "io.kubernetes.pod.uid"

// ListPodSandbox lists sandboxes, newest first.
func (s *sandboxes) ListPodSandbox(ctx context.Context, req *runtimeapi.ListPodSandboxRequest) (*runtimeapi.ListPodSandboxResponse, error) {
	f := req.GetFilter()
	found, err := s.inventory.look(ctx, spec.TypeSandbox, selection(f.GetLabelSelector(), "")...)
	if err != nil {
		return nil, err
	}
	answer := &runtimeapi.ListPodSandboxResponse{}
	for _, c := range found {
		r := c.record
		if !c.selected(f.GetId(), f.GetLabelSelector()) {
			continue
		}
		state := runtimeapi.PodSandboxState_SANDBOX_NOTREADY
		if alive(c.State) {
			state = runtimeapi.PodSandboxState_SANDBOX_READY
		}
		if f.GetState() != nil && f.State.State != state {
			continue
		}
		answer.Items = append(answer.Items, &runtimeapi.PodSandbox{
			Id:             c.ID,
			Metadata:       r.SandboxMetadata(),
			State:          state,
			CreatedAt:      time.Unix(c.Created, 0).UnixNano(),
			Labels:         r.Labels,
			Annotations:    r.Annotations,
			RuntimeHandler: r.Handler,
		})
	}
	return answer, nil
}

// ListContainers lists containers, newest first.
func (s *containers) ListContainers(ctx context.Context, req *runtimeapi.ListContainersRequest) (*runtimeapi.ListContainersResponse, error) {
	f := req.GetFilter()
	found, err := s.inventory.look(ctx, spec.TypeContainer, selection(f.GetLabelSelector(), f.GetPodSandboxId())...)
	if err != nil {
		return nil, err
	}
	answer := &runtimeapi.ListContainersResponse{}
	for _, c := range found {
		r := c.record
		if !c.selected(f.GetId(), f.GetLabelSelector()) {
			continue
		}
		state, err := s.listedState(ctx, c)
		if gone(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if f.GetState() != nil && f.State.State != state {
			continue
		}
		answer.Containers = append(answer.Containers, &runtimeapi.Container{
			Id:           c.ID,
			PodSandboxId: r.Sandbox,
			Metadata:     r.ContainerMetadata(),
			Image:        &runtimeapi.ImageSpec{Image: r.Image, UserSpecifiedImage: r.Image},
			ImageRef:     r.ImageID,
			ImageId:      r.ImageID,
			State:        state,
			CreatedAt:    time.Unix(c.Created, 0).UnixNano(),
			Labels:       r.Labels,
			Annotations:  r.Annotations,
		})
	}
	return answer, nil
}

// listedState returns the state of a listed container. Docker also calls a container
// "created" that failed to start, which for the kubelet has ended; only these few are
// inspected.
func (s *containers) listedState(ctx context.Context, c *listed) (runtimeapi.ContainerState, error) {
	switch {
	case alive(c.State):
		return runtimeapi.ContainerState_CONTAINER_RUNNING, nil
	case c.State != "created":
		return runtimeapi.ContainerState_CONTAINER_EXITED, nil
	}
	full, _, err := s.inventory.inspect(ctx, c.ID)
	if err != nil {
		return 0, err
	}
	return spec.ContainerState(full.State), nil
}

// alive reports whether a listed state has a living process.
func alive(state string) bool {
	return state == "running" || state == "paused" || state == "restarting"
}

// selection returns the part of a filter that Docker can apply itself.
func selection(selector map[string]string, sandbox string) []string {
	var labels []string
	if uid := selector[podUIDLabel]; uid != "" {
		labels = append(labels, spec.LabelUID+"="+uid)
	}
	if sandbox != "" {
		labels = append(labels, spec.LabelSandbox+"="+sandbox)
	}
	return labels
}

// selected reports whether c matches a filter's id, any if empty, and labels.
func (c *listed) selected(id string, selector map[string]string) bool {
	if id != "" && id != c.ID {
		return false
	}
	for key, value := range selector {
		if c.record.Labels[key] != value {
			return false
		}
	}
	return true
}
