package resourcemetrics

import (
	"math"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// nodeUsage returns the sum over the pods of a node. The result is false if its kubelet did not answer.
func (r *round) nodeUsage(node string) (usage, bool) {
	sum := usage{at: r.ended, window: r.window}
	if r.silent[node] {
		return sum, false
	}
	for _, pod := range r.pods[node] {
		for _, u := range pod {
			sum.cpu += u.cpu
			sum.memory += u.memory
		}
	}
	return sum, true
}

// list returns the usage as kubectl and autoscalers read it. It rounds CPU up to the nanocore.
func (u usage) list() v1.ResourceList {
	return v1.ResourceList{
		v1.ResourceCPU:    *resource.NewScaledQuantity(int64(math.Ceil(u.cpu*1e9)), resource.Nano),
		v1.ResourceMemory: *resource.NewQuantity(int64(u.memory), resource.BinarySI),
	}
}
