package dockershim

import (
	"context"
	"slices"
	"time"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// ContainerStats returns the figures of a container. A container that does not run
// uses nothing.
func (s *service) ContainerStats(ctx context.Context, req *runtimeapi.ContainerStatsRequest) (*runtimeapi.ContainerStatsResponse, error) {
	r, err := s.find(ctx, req.ContainerId, typeContainer)
	if err != nil {
		return nil, err
	}
	stats, _, err := s.containerStats(ctx, req.ContainerId, r)
	if err != nil {
		return nil, err
	}
	return &runtimeapi.ContainerStatsResponse{Stats: stats}, nil
}

// ListContainerStats returns the figures of all running containers that the filter
// selects.
func (s *service) ListContainerStats(ctx context.Context, req *runtimeapi.ListContainerStatsRequest) (*runtimeapi.ListContainerStatsResponse, error) {
	f := req.GetFilter()
	found, err := s.running(ctx, typeContainer, f.GetId(), f.GetLabelSelector(), f.GetPodSandboxId())
	if err != nil {
		return nil, err
	}
	answer := &runtimeapi.ListContainerStatsResponse{}
	for _, c := range found {
		stats, _, err := s.containerStats(ctx, c.ID, c.record)
		if gone(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		answer.Stats = append(answer.Stats, stats)
	}
	return answer, nil
}

// running lists our running containers of a type that a filter selects.
func (s *service) running(ctx context.Context, kind, id string, selector map[string]string, sandbox string) ([]*listed, error) {
	found, err := s.look(ctx, kind, selection(selector, sandbox)...)
	return slices.DeleteFunc(found, func(c *listed) bool {
		return c.State != "running" || !c.selected(id, selector)
	}), err
}

func (s *service) containerStats(ctx context.Context, id string, r record) (*runtimeapi.ContainerStats, usage, error) {
	u, _, err := s.usage(ctx, id)
	if err != nil {
		return nil, u, err
	}
	now := time.Now().UnixNano()
	return &runtimeapi.ContainerStats{
		Attributes: &runtimeapi.ContainerAttributes{
			Id: id, Metadata: r.containerMetadata(),
			Labels: r.Labels, Annotations: r.Annotations,
		},
		Cpu:           cpuUsage(now, u),
		Memory:        memoryUsage(now, u),
		WritableLayer: s.layers.usage(id),
	}, u, nil
}

func cpuUsage(now int64, u usage) *runtimeapi.CpuUsage {
	return &runtimeapi.CpuUsage{Timestamp: now, UsageCoreNanoSeconds: &runtimeapi.UInt64Value{Value: u.cpu}}
}

func memoryUsage(now int64, u usage) *runtimeapi.MemoryUsage {
	m := &runtimeapi.MemoryUsage{
		Timestamp:       now,
		WorkingSetBytes: &runtimeapi.UInt64Value{Value: u.workingSet},
		UsageBytes:      &runtimeapi.UInt64Value{Value: u.memory},
		RssBytes:        &runtimeapi.UInt64Value{Value: u.rss},
		PageFaults:      &runtimeapi.UInt64Value{Value: u.faults},
		MajorPageFaults: &runtimeapi.UInt64Value{Value: u.majorFault},
	}
	if u.limit > 0 {
		m.AvailableBytes = &runtimeapi.UInt64Value{Value: u.limit - min(u.limit, u.workingSet)}
	}
	return m
}

// usage reads a container's figures through its process, and returns the process id.
// It asks Docker for that once in the container's life. A container that does not run
// has none.
func (s *service) usage(ctx context.Context, id string) (usage, int, error) {
	if pid, ok := s.pids.get(id); ok {
		if u, err := readUsage(cgroupRoot, "/proc", pid, id); err == nil {
			return u, pid, nil
		}
		s.pids.drop(id)
	}
	c, _, err := s.inspect(ctx, id)
	if err != nil || !c.State.Running {
		return usage{}, 0, err
	}
	u, err := readUsage(cgroupRoot, "/proc", c.State.Pid, id)
	if err != nil {
		return usage{}, 0, s.ended(ctx, id, err)
	}
	s.pids.set(id, c.State.Pid)
	return u, c.State.Pid, nil
}

// ended returns nil if the container has ended meanwhile, and otherwise cause.
func (s *service) ended(ctx context.Context, id string, cause error) error {
	c, _, err := s.inspect(ctx, id)
	if err != nil {
		return err
	}
	if !c.State.Running {
		return nil
	}
	return cause
}
