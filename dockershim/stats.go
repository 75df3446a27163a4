package dockershim

import (
	"context"
	"time"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// ContainerStats gives the figures of a container. One that does not run has used
// nothing now.
func (s *service) ContainerStats(ctx context.Context, req *runtimeapi.ContainerStatsRequest) (*runtimeapi.ContainerStatsResponse, error) {
	r, err := s.find(ctx, req.ContainerId, typeContainer)
	if err != nil {
		return nil, err
	}
	stats, _, err := s.containerStats(ctx, entry{req.ContainerId, r})
	if err != nil {
		return nil, err
	}
	return &runtimeapi.ContainerStatsResponse{Stats: stats}, nil
}

// ListContainerStats gives the figures of all running containers that the filter
// selects.
func (s *service) ListContainerStats(ctx context.Context, req *runtimeapi.ListContainerStatsRequest) (*runtimeapi.ListContainerStatsResponse, error) {
	f := req.GetFilter()
	labels := selection(typeContainer, f.GetLabelSelector())
	if f.GetPodSandboxId() != "" {
		labels = append(labels, labelSandbox+"="+f.PodSandboxId)
	}
	found, err := s.running(ctx, f.GetId(), f.GetLabelSelector(), labels)
	if err != nil {
		return nil, err
	}
	answer := &runtimeapi.ListContainerStatsResponse{}
	for _, c := range found {
		stats, _, err := s.containerStats(ctx, c)
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

// entry is one of our containers in a list.
type entry struct {
	id     string
	record record
}

// running lists our running containers with these labels.
func (s *service) running(ctx context.Context, id string, selector map[string]string, labels []string) ([]entry, error) {
	found, err := s.list(ctx, []string{"running"}, labels...)
	if err != nil {
		return nil, err
	}
	var list []entry
	for _, c := range found {
		r, ours := s.config.Owner.read(c.Labels)
		if ours && (id == "" || id == c.ID) && selects(selector, r.Labels) {
			list = append(list, entry{c.ID, r})
		}
	}
	return list, nil
}

func (s *service) containerStats(ctx context.Context, c entry) (*runtimeapi.ContainerStats, usage, error) {
	u, _, err := s.usage(ctx, c.id)
	if err != nil {
		return nil, u, err
	}
	now := time.Now().UnixNano()
	return &runtimeapi.ContainerStats{
		Attributes: &runtimeapi.ContainerAttributes{
			Id: c.id, Metadata: c.record.containerMetadata(),
			Labels: c.record.Labels, Annotations: c.record.Annotations,
		},
		Cpu:           cpuUsage(now, u),
		Memory:        memoryUsage(now, u),
		WritableLayer: s.layers.usage(c.id),
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

// usage reads a container's figures through its process, which Docker is asked
// for once in the container's life, and gives that process. A container that does
// not run has none.
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

// ended excuses a failed look at a process that ended meanwhile.
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
