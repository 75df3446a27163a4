package dockershim

import (
	"context"
	"time"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/cgroupstats"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// stats answers the calls about what containers use.
type stats struct {
	inventory *inventory
	pids      cache[int] // the first process of running containers
	layers    layers
}

// ContainerStats returns the figures of a container. A container that does not run
// uses nothing.
func (s *stats) ContainerStats(ctx context.Context, req *runtimeapi.ContainerStatsRequest) (*runtimeapi.ContainerStatsResponse, error) {
	r, err := s.inventory.find(ctx, req.ContainerId, spec.TypeContainer)
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
func (s *stats) ListContainerStats(ctx context.Context, req *runtimeapi.ListContainerStatsRequest) (*runtimeapi.ListContainerStatsResponse, error) {
	f := req.GetFilter()
	found, err := s.inventory.running(ctx, spec.TypeContainer, f.GetId(), f.GetLabelSelector(), f.GetPodSandboxId())
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

func (s *stats) containerStats(ctx context.Context, id string, r spec.Record) (*runtimeapi.ContainerStats, cgroupstats.Usage, error) {
	u, _, err := s.usage(ctx, id)
	if err != nil {
		return nil, u, err
	}
	now := time.Now().UnixNano()
	return &runtimeapi.ContainerStats{
		Attributes: &runtimeapi.ContainerAttributes{
			Id: id, Metadata: r.ContainerMetadata(),
			Labels: r.Labels, Annotations: r.Annotations,
		},
		Cpu:           cpuUsage(now, u),
		Memory:        memoryUsage(now, u),
		WritableLayer: s.layers.usage(id),
	}, u, nil
}

func cpuUsage(now int64, u cgroupstats.Usage) *runtimeapi.CpuUsage {
	return &runtimeapi.CpuUsage{Timestamp: now, UsageCoreNanoSeconds: &runtimeapi.UInt64Value{Value: u.CPU}}
}

func memoryUsage(now int64, u cgroupstats.Usage) *runtimeapi.MemoryUsage {
	m := &runtimeapi.MemoryUsage{
		Timestamp:       now,
		WorkingSetBytes: &runtimeapi.UInt64Value{Value: u.WorkingSet},
		UsageBytes:      &runtimeapi.UInt64Value{Value: u.Memory},
		RssBytes:        &runtimeapi.UInt64Value{Value: u.RSS},
		PageFaults:      &runtimeapi.UInt64Value{Value: u.Faults},
		MajorPageFaults: &runtimeapi.UInt64Value{Value: u.MajorFaults},
	}
	if u.Limit > 0 {
		m.AvailableBytes = &runtimeapi.UInt64Value{Value: u.Limit - min(u.Limit, u.WorkingSet)}
	}
	return m
}

// cgroupstats.Usage reads a container's figures through its process, and returns the process id.
// It asks Docker for that once in the container's life. A container that does not run
// has none.
func (s *stats) usage(ctx context.Context, id string) (cgroupstats.Usage, int, error) {
	if pid, ok := s.pids.get(id); ok {
		if u, err := cgroupstats.Read(pid, id); err == nil {
			return u, pid, nil
		}
		s.pids.drop(id)
	}
	c, _, err := s.inventory.inspect(ctx, id)
	if err != nil || !c.State.Running {
		return cgroupstats.Usage{}, 0, err
	}
	u, err := cgroupstats.Read(c.State.Pid, id)
	if err != nil {
		return cgroupstats.Usage{}, 0, s.ended(ctx, id, err)
	}
	s.pids.set(id, c.State.Pid)
	return u, c.State.Pid, nil
}

// ended returns nil if the container has ended meanwhile, and otherwise cause.
func (s *stats) ended(ctx context.Context, id string, cause error) error {
	c, _, err := s.inventory.inspect(ctx, id)
	if err != nil {
		return err
	}
	if !c.State.Running {
		return nil
	}
	return cause
}
