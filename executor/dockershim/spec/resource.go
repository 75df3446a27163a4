package spec

import (
	"math"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// resourceSpec sets limits. Docker's API has no huge pages; the kubelet sends zeros for
// them unless a pod requests some. Nor does it have raw cgroup v2 values; the kubelet
// only uses these as hints for reclaiming memory.
func resourceSpec(host *docker.HostConfig, oomFloor int, r *runtimeapi.LinuxContainerResources) error {
	if r == nil {
		return nil
	}
	for _, h := range r.HugepageLimits {
		if h.Limit > 0 {
			return Invalid("huge pages of %s: Docker cannot hand them out", h.PageSize)
		}
	}
	host.CPUShares = r.CpuShares
	host.CPUPeriod = r.CpuPeriod
	host.CPUQuota = r.CpuQuota
	host.CPUSetCPUs = r.CpusetCpus
	host.CPUSetMEMs = r.CpusetMems
	host.Memory = r.MemoryLimitInBytes
	host.MemorySwap = swapLimit(r)
	host.OomScoreAdj = max(int(r.OomScoreAdj), oomFloor)
	return nil
}

// swapLimit returns the limit of memory and swap together. Without one, Docker would
// allow as much swap as memory; Kubernetes means none.
func swapLimit(r *runtimeapi.LinuxContainerResources) int64 {
	if r.MemorySwapLimitInBytes == 0 {
		return r.MemoryLimitInBytes
	}
	return r.MemorySwapLimitInBytes
}

// Update is resourceSpec for an existing container. Docker leaves values unchanged
// that are zero.
func Update(r *runtimeapi.LinuxContainerResources) docker.UpdateContainerOptions {
	return docker.UpdateContainerOptions{
		CPUShares:  clampInt(r.CpuShares),
		CPUPeriod:  clampInt(r.CpuPeriod),
		CPUQuota:   clampInt(r.CpuQuota),
		CpusetCpus: r.CpusetCpus,
		CpusetMems: r.CpusetMems,
		Memory:     clampInt(r.MemoryLimitInBytes),
		MemorySwap: clampInt(swapLimit(r)),
	}
}

func clampInt(n int64) int { return int(min(n, math.MaxInt)) }

// resources is the reverse of resourceSpec, for a container's status.
func resources(h *docker.HostConfig) *runtimeapi.ContainerResources {
	if h == nil {
		return nil
	}
	return &runtimeapi.ContainerResources{Linux: &runtimeapi.LinuxContainerResources{
		CpuShares:              h.CPUShares,
		CpuPeriod:              h.CPUPeriod,
		CpuQuota:               h.CPUQuota,
		CpusetCpus:             h.CPUSetCPUs,
		CpusetMems:             h.CPUSetMEMs,
		MemoryLimitInBytes:     h.Memory,
		MemorySwapLimitInBytes: h.MemorySwap,
		OomScoreAdj:            int64(h.OomScoreAdj),
	}}
}
