package dockershim

import (
	"context"
	"time"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// PodSandboxStats returns the figures of a pod: its containers, their sum, and its
// network.
func (s *service) PodSandboxStats(ctx context.Context, req *runtimeapi.PodSandboxStatsRequest) (*runtimeapi.PodSandboxStatsResponse, error) {
	r, err := s.find(ctx, req.PodSandboxId, typeSandbox)
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
func (s *service) ListPodSandboxStats(ctx context.Context, req *runtimeapi.ListPodSandboxStatsRequest) (*runtimeapi.ListPodSandboxStatsResponse, error) {
	f := req.GetFilter()
	found, err := s.running(ctx, typeSandbox, f.GetId(), f.GetLabelSelector(), "")
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

func (s *service) podStats(ctx context.Context, sandbox string, r record) (*runtimeapi.PodSandboxStats, error) {
	sum, pid, err := s.usage(ctx, sandbox)
	if err != nil {
		return nil, err
	}
	inside, err := s.running(ctx, typeContainer, "", nil, sandbox)
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
		sum.add(u)
	}
	sum.limit = 0 // limits are per container
	now := time.Now().UnixNano()
	return &runtimeapi.PodSandboxStats{
		Attributes: &runtimeapi.PodSandboxAttributes{
			Id: sandbox, Metadata: r.sandboxMetadata(),
			Labels: r.Labels, Annotations: r.Annotations,
		},
		Linux: &runtimeapi.LinuxPodSandboxStats{
			Cpu:        cpuUsage(now, sum),
			Memory:     memoryUsage(now, sum),
			Network:    networkUsage(now, pid),
			Process:    &runtimeapi.ProcessUsage{Timestamp: now, ProcessCount: &runtimeapi.UInt64Value{Value: sum.processes}},
			Containers: containers,
		},
	}, nil
}

// add adds a container's figures to its pod's.
func (u *usage) add(c usage) {
	u.cpu += c.cpu
	u.memory += c.memory
	u.workingSet += c.workingSet
	u.rss += c.rss
	u.faults += c.faults
	u.majorFault += c.majorFault
	u.processes += c.processes
}

// networkUsage returns nil for a pod whose sandbox does not run. The first interface
// is the pod's own.
func networkUsage(now int64, pid int) *runtimeapi.NetworkUsage {
	if pid == 0 {
		return nil
	}
	all, err := readTraffic("/proc", pid)
	if err != nil || len(all) == 0 {
		return nil
	}
	n := &runtimeapi.NetworkUsage{Timestamp: now}
	for _, t := range all {
		n.Interfaces = append(n.Interfaces, &runtimeapi.NetworkInterfaceUsage{
			Name:     t.name,
			RxBytes:  &runtimeapi.UInt64Value{Value: t.rxBytes},
			RxErrors: &runtimeapi.UInt64Value{Value: t.rxErrors},
			TxBytes:  &runtimeapi.UInt64Value{Value: t.txBytes},
			TxErrors: &runtimeapi.UInt64Value{Value: t.txErrors},
		})
	}
	n.DefaultInterface = n.Interfaces[0]
	return n
}
