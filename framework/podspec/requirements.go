package podspec

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	resourcehelper "k8s.io/component-helpers/resource"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// Requirements returns what a pod requires of an agent. Its requests are the
// effective ones of Kubernetes: the larger of init containers and containers,
// sidecars and overhead added; limits are not counted, nor is what a bound pod has not been
// given when it is resized. A container that states
// neither cpu nor memory counts as def, and likewise one that states no
// ephemeral-storage. The string names what no Mesos agent of
// ours can provide, if anything.
func Requirements(p *v1.Pod, def scheduler.Amount) (scheduler.Pod, string) {
	p = allocated(p)
	requests := resourcehelper.PodRequests(withDefaultRequests(p, def), resourcehelper.PodResourcesOptions{})
	s := scheduler.Pod{
		UID:       string(p.UID),
		Namespace: p.Namespace,
		Name:      p.Name,
		Amount: scheduler.Amount{
			CPU:  requests.Cpu().MilliValue(),
			Mem:  mebibytes(requests.Memory()),
			Disk: mebibytes(requests.StorageEphemeral()),
		},
		Ports:       hostPorts(p),
		Affinity:    nodeaffinity.GetRequiredNodeAffinity(p),
		Tolerations: p.Spec.Tolerations,
		Object:      forRules(p),
	}
	if s.Amount == (scheduler.Amount{}) {
		s.Amount.CPU = 10 // a Mesos task without resources is invalid
	}
	if Assigned(p) {
		s.Node = p.Spec.NodeName
	}
	if p.Spec.Priority != nil {
		s.Priority = *p.Spec.Priority
	}
	s.Class = class(p, s)
	return s, unsupported(p, requests)
}

// mebibytes rounds up.
func mebibytes(q *resource.Quantity) int64 { return (q.Value() + 1<<20 - 1) >> 20 }

// forRules returns what rules and the core may look at of a pod. The core keeps it, so it must not
// keep the rest of an older version alive.
func forRules(p *v1.Pod) *v1.Pod {
	slim := func(cs []v1.Container) []v1.Container {
		out := make([]v1.Container, len(cs))
		for i, c := range cs {
			out[i] = v1.Container{Name: c.Name, Image: c.Image, Resources: c.Resources, Ports: c.Ports, RestartPolicy: c.RestartPolicy}
		}
		return out
	}
	return &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: p.Name, Namespace: p.Namespace, UID: p.UID, Labels: p.Labels,
			CreationTimestamp: p.CreationTimestamp, DeletionTimestamp: p.DeletionTimestamp, OwnerReferences: p.OwnerReferences,
		},
		Spec: v1.PodSpec{
			InitContainers: slim(p.Spec.InitContainers), Containers: slim(p.Spec.Containers), Volumes: p.Spec.Volumes,
			NodeName: p.Spec.NodeName, NodeSelector: p.Spec.NodeSelector, Affinity: p.Spec.Affinity, Tolerations: p.Spec.Tolerations,
			TopologySpreadConstraints: p.Spec.TopologySpreadConstraints, SchedulerName: cmp.Or(p.Spec.SchedulerName, v1.DefaultSchedulerName),
			Priority: p.Spec.Priority, PreemptionPolicy: p.Spec.PreemptionPolicy, Overhead: p.Spec.Overhead, HostNetwork: p.Spec.HostNetwork,
		},
		Status: v1.PodStatus{StartTime: p.Status.StartTime, NominatedNodeName: p.Status.NominatedNodeName},
	}
}

// withDefaultRequests returns p, or a copy whose containers without requests
// have those of def.
func withDefaultRequests(p *v1.Pod, def scheduler.Amount) *v1.Pod {
	silent := func(c v1.Container) bool { return len(defaultsFor(c, def)) > 0 }
	if !slices.ContainsFunc(p.Spec.Containers, silent) && !slices.ContainsFunc(p.Spec.InitContainers, silent) {
		return p
	}
	fill := func(cs []v1.Container) []v1.Container {
		cs = slices.Clone(cs)
		for i := range cs {
			requests := defaultsFor(cs[i], def)
			maps.Copy(requests, cs[i].Resources.Requests)
			cs[i].Resources.Requests = requests
		}
		return cs
	}
	filled := *p
	filled.Spec.Containers, filled.Spec.InitContainers = fill(p.Spec.Containers), fill(p.Spec.InitContainers)
	return &filled
}

// defaultsFor returns the requests that def has for a container.
func defaultsFor(c v1.Container, def scheduler.Amount) v1.ResourceList {
	add := v1.ResourceList{}
	_, cpu := c.Resources.Requests[v1.ResourceCPU]
	_, mem := c.Resources.Requests[v1.ResourceMemory]
	_, disk := c.Resources.Requests[v1.ResourceEphemeralStorage]
	if !cpu && !mem {
		add[v1.ResourceCPU] = *resource.NewMilliQuantity(def.CPU, resource.DecimalSI)
		add[v1.ResourceMemory] = *resource.NewQuantity(def.Mem<<20, resource.BinarySI)
	}
	if !disk && def.Disk > 0 {
		add[v1.ResourceEphemeralStorage] = *resource.NewQuantity(def.Disk<<20, resource.BinarySI)
	}
	return add
}

// hostPorts returns the ports of the host that a pod will listen on, ascending:
// the fixed ones, and on the host's own network the containers' too, whether or
// not the API server has copied them.
func hostPorts(p *v1.Pod) []uint16 {
	var ports []uint16
	add := func(cs []v1.Container) {
		for _, c := range cs {
			for _, port := range c.Ports {
				n := port.HostPort
				if n == 0 && p.Spec.HostNetwork {
					n = port.ContainerPort
				}
				if n > 0 && n <= 65535 {
					ports = append(ports, uint16(n))
				}
			}
		}
	}
	add(p.Spec.Containers)
	for _, c := range p.Spec.InitContainers {
		if c.RestartPolicy != nil && *c.RestartPolicy == v1.ContainerRestartPolicyAlways {
			add([]v1.Container{c}) // a sidecar: it stays
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

// class is equal for pods that are interchangeable in matching.
func class(p *v1.Pod, s scheduler.Pod) string {
	var required *v1.NodeSelector
	if a := p.Spec.Affinity; a != nil && a.NodeAffinity != nil {
		required = a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	}
	b, err := json.Marshal([]any{s.Amount, s.Ports, p.Spec.NodeSelector, required, p.Spec.Tolerations})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return string(sum[:16])
}

// unsupported names requested resources and features that Mesos agents do not
// provide through this framework: a pod that needs one must wait with that
// reason rather than run without.
func unsupported(p *v1.Pod, requests v1.ResourceList) string {
	var missing []string
	for name, q := range requests {
		switch name {
		case v1.ResourceCPU, v1.ResourceMemory, v1.ResourceEphemeralStorage, v1.ResourceStorage:
		default:
			if !q.IsZero() && !Extended(name) {
				missing = append(missing, fmt.Sprintf("%s %s", q.String(), name))
			}
		}
	}
	slices.Sort(missing)
	if len(p.Spec.ResourceClaims) > 0 {
		missing = append(missing, "a resource claim")
	}
	if len(missing) == 0 {
		return ""
	}
	return "No agent can give " + strings.Join(missing, ", ") +
		": of what Mesos offers, only cpus, mem, disk and ports are used. Remove the request, or run this pod elsewhere."
}
