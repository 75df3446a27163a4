package kubelet

import (
	"context"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/kubernetes"
	"k8s.io/kubernetes/cmd/kubelet/app/options"
	upstream "k8s.io/kubernetes/pkg/kubelet"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
	"k8s.io/kubernetes/pkg/kubelet/cm"
	"k8s.io/kubernetes/pkg/kubelet/eviction"
)

// newContainerManager returns what the kubelet would make of these settings, for pods
// that have no cgroups of their own.
func newContainerManager(ctx context.Context, node string, s *options.KubeletServer, deps *upstream.Dependencies, client kubernetes.Interface) (cm.ContainerManager, error) {
	kube, err := quantities(s.KubeReserved)
	if err != nil {
		return nil, err
	}
	system, err := quantities(s.SystemReserved)
	if err != nil {
		return nil, err
	}
	evictions, err := eviction.ParseThresholdConfig(nil, s.EvictionHard, nil, nil, nil)
	if err != nil {
		return nil, err
	}
	m, err := cm.NewContainerManager(ctx, deps.Mounter, deps.CAdvisorInterface, cm.NodeConfig{
		NodeName:              types.NodeName(node),
		KubeletOOMScoreAdj:    s.OOMScoreAdj,
		CgroupsPerQOS:         s.CgroupsPerQOS,
		CgroupDriver:          s.CgroupDriver,
		KubeletRootDir:        s.RootDirectory,
		ProtectKernelDefaults: s.ProtectKernelDefaults,
		NodeAllocatableConfig: cm.NodeAllocatableConfig{
			EnforceNodeAllocatable: sets.New(s.EnforceNodeAllocatable...),
			KubeReserved:           kube,
			SystemReserved:         system,
			HardEvictionThresholds: evictions,
		},
		CPUManagerPolicy:          s.CPUManagerPolicy,
		CPUManagerReconcilePeriod: s.CPUManagerReconcilePeriod.Duration,
		MemoryManagerPolicy:       s.MemoryManagerPolicy,
		MemoryReservationPolicy:   s.MemoryReservationPolicy,
		PodPidsLimit:              s.PodPidsLimit,
		EnforceCPULimits:          s.CPUCFSQuota,
		CPUCFSQuotaPeriod:         s.CPUCFSQuotaPeriod.Duration,
		TopologyManagerPolicy:     s.TopologyManagerPolicy,
		TopologyManagerScope:      s.TopologyManagerScope,
	}, s.FailSwapOn, deps.Recorder, client)
	if err != nil {
		return nil, fmt.Errorf("kubelet: container manager: %w", err)
	}
	return withoutPodCgroups{m}, nil
}

func quantities(texts map[string]string) (v1.ResourceList, error) {
	all := v1.ResourceList{}
	for name, text := range texts {
		q, err := resource.ParseQuantity(text)
		if err != nil {
			return nil, fmt.Errorf("kubelet: %s reserved: %w", name, err)
		}
		all[v1.ResourceName(name)] = q
	}
	return all, nil
}

// withoutPodCgroups is a container manager that can resize pods without cgroups: the
// kubelet's own says nothing about these, and to that the kubelet is not prepared.
type withoutPodCgroups struct{ cm.ContainerManager }

func (m withoutPodCgroups) NewPodContainerManager() cm.PodContainerManager {
	return noPodCgroups{m.ContainerManager.NewPodContainerManager(), m.GetNodeConfig().CPUCFSQuotaPeriod}
}

type noPodCgroups struct {
	cm.PodContainerManager
	period time.Duration
}

// GetPodCgroupConfig says that the cgroup of the pod has what the pod is to have, so that
// only containers are changed. A value below zero is no limit.
func (m noPodCgroups) GetPodCgroupConfig(p *v1.Pod, _ v1.ResourceName) (*cm.ResourceConfig, error) {
	period := uint64(m.period / time.Microsecond)
	c := cm.ResourceConfigForPod(p, true, period, false, kubeletconfig.NoneMemoryReservationPolicy)
	if c.Memory == nil {
		c.Memory = new(int64(-1))
	}
	if c.CPUQuota == nil {
		c.CPUQuota, c.CPUPeriod = new(int64(-1)), &period
	}
	return c, nil
}
