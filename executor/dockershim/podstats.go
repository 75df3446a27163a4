package dockershim

import (
	"context"
	"time"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/cgroupstats"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// PodSandboxStats returns the figures of a pod: its containers, their sum, and its
// network.
func (s *stats) PodSandboxStats(ctx context.Context, req *runtimeapi.PodSandboxStatsRequest) (*runtimeapi.PodSandboxStatsResponse, error) {
	r, err := s.inventory.find(ctx, req.PodSandboxId, spec.TypeSandbox)
	if err != nil {
		return nil, err
	}
	stats, err := s.podStats(ctx, req.PodSandboxId, r)
	if err != nil {
		return nil, err
	}
	return &runtimeapi.PodSandboxStatsResponse{Stats: stats}, nil
}

// ListPodSandboxStats returns the figures of all ready sandboxes that the filter
// selects.
func (s *stats) ListPodSandboxStats(ctx context.Context, req *runtimeapi.ListPodSandboxStatsRequest) (*runtimeapi.ListPodSandboxStatsResponse, error) {
	f := req.GetFilter()
	found, err := s.inventory.running(ctx, spec.TypeSandbox, f.GetId(), f.GetLabelSelector(), "")
	if err != nil {
		return nil, err
	}
	answer := &runtimeapi.ListPodSandboxStatsResponse{}
	for _, c := range found {
		stats, err := s.podStats(ctx, c.ID, c.record)
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

func (s *stats) podStats(ctx context.Context, sandbox string, r spec.Record) (*runtimeapi.PodSandboxStats, error) {
	sum, pid, err := s.usage(ctx, sandbox)
	if err != nil {
		return nil, err
	}
	inside, err := s.inventory.running(ctx, spec.TypeContainer, "", nil, sandbox)
	if err != nil {
		return nil, err
	}
	var containers []*runtimeapi.ContainerStats
	for _, c := range inside {
		stats, u, err := s.containerStats(ctx, c.ID, c.record)
		if gone(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		containers = append(containers, stats)
		sum.Add(u)
	}
	sum.Limit = 0 // limits are per container
	now := time.Now().UnixNano()
	return &runtimeapi.PodSandboxStats{
		Attributes: &runtimeapi.PodSandboxAttributes{
			Id: sandbox, Metadata: r.SandboxMetadata(),
			Labels: r.Labels, Annotations: r.Annotations,
		},
		Linux: &runtimeapi.LinuxPodSandboxStats{
			Cpu:        cpuUsage(now, sum),
			Memory:     memoryUsage(now, sum),
			Network:    networkUsage(now, pid),
			Process:    &runtimeapi.ProcessUsage{Timestamp: now, ProcessCount: &runtimeapi.UInt64Value{Value: sum.Processes}},
			Containers: containers,
		},
	}, nil
}

// networkUsage returns nil for a pod whose sandbox does not run. The first interface
// is the pod's own.
func networkUsage(now int64, pid int) *runtimeapi.NetworkUsage {
	if pid == 0 {
		return nil
	}
	all, err := cgroupstats.Interfaces(pid)
	if err != nil || len(all) == 0 {
		return nil
	}
	n := &runtimeapi.NetworkUsage{Timestamp: now}
	for _, t := range all {
		n.Interfaces = append(n.Interfaces, &runtimeapi.NetworkInterfaceUsage{
			Name:     t.Name,
			RxBytes:  &runtimeapi.UInt64Value{Value: t.RxBytes},
			RxErrors: &runtimeapi.UInt64Value{Value: t.RxErrors},
			TxBytes:  &runtimeapi.UInt64Value{Value: t.TxBytes},
			TxErrors: &runtimeapi.UInt64Value{Value: t.TxErrors},
		})
	}
	n.DefaultInterface = n.Interfaces[0]
	return n
}
