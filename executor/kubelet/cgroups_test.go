package kubelet

import (
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/kubernetes/pkg/kubelet/cm"
)

// Whatever a pod states, the kubelet finds in the cgroup that it does not have each value
// that it compares when it resizes the pod: what the pod is to have, or no limit.
func TestPodsWithoutCgroups(t *testing.T) {
	t.Parallel()
	amounts := func(cpu, memory string) v1.ResourceList {
		l := v1.ResourceList{}
		for name, text := range map[v1.ResourceName]string{v1.ResourceCPU: cpu, v1.ResourceMemory: memory} {
			if text != "" {
				l[name] = resource.MustParse(text)
			}
		}
		return l
	}
	for name, c := range map[string]struct {
		requests, limits v1.ResourceList
		memory, quota    int64
		shares           uint64
	}{
		"nothing stated": {memory: -1, quota: -1, shares: 2},
		"no limits":      {requests: amounts("500m", "40Mi"), memory: -1, quota: -1, shares: 512},
		"no cpu limit":   {requests: amounts("500m", "40Mi"), limits: amounts("", "50Mi"), memory: 50 << 20, quota: -1, shares: 512},
		"all limited":    {requests: amounts("1", "40Mi"), limits: amounts("1", "40Mi"), memory: 40 << 20, quota: 100000, shares: 1024},
	} {
		p := &v1.Pod{Spec: v1.PodSpec{Containers: []v1.Container{{Name: "c", Resources: v1.ResourceRequirements{Requests: c.requests, Limits: c.limits}}}}}
		m := noPodCgroups{cm.NewStubContainerManager().NewPodContainerManager(), 100 * time.Millisecond}
		for _, resource := range []v1.ResourceName{v1.ResourceCPU, v1.ResourceMemory} {
			got, err := m.GetPodCgroupConfig(p, resource)
			if err != nil {
				t.Fatal(err)
			}
			if *got.Memory != c.memory || *got.CPUQuota != c.quota || *got.CPUShares != c.shares || *got.CPUPeriod != 100000 {
				t.Errorf("%s: memory %d, quota %d of %d, shares %d; want %d, %d of 100000, %d", name, *got.Memory, *got.CPUQuota, *got.CPUPeriod, *got.CPUShares, c.memory, c.quota, c.shares)
			}
		}
	}
}
