package podspec

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func quantity(s string) resource.Quantity { return resource.MustParse(s) }

func makePod(name string, change ...func(*v1.Pod)) *v1.Pod {
	p := &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID("uid-" + name)},
		Spec:       v1.PodSpec{Containers: []v1.Container{container("500m", "64Mi")}},
	}
	for _, c := range change {
		c(p)
	}
	return p
}

func container(cpu, mem string) v1.Container {
	c := v1.Container{Resources: v1.ResourceRequirements{Requests: v1.ResourceList{}}}
	if cpu != "" {
		c.Resources.Requests[v1.ResourceCPU] = quantity(cpu)
	}
	if mem != "" {
		c.Resources.Requests[v1.ResourceMemory] = quantity(mem)
	}
	return c
}

func storage(amount string) v1.Container {
	return v1.Container{Resources: v1.ResourceRequirements{Requests: v1.ResourceList{
		"cpu": quantity("0"), "ephemeral-storage": quantity(amount),
	}}}
}

func port(host, container int32) []v1.ContainerPort {
	return []v1.ContainerPort{{HostPort: host, ContainerPort: container}}
}

func TestRequirements(t *testing.T) {
	t.Parallel()
	always := v1.ContainerRestartPolicyAlways
	sidecar := container("200m", "10Mi")
	sidecar.RestartPolicy, sidecar.Ports = &always, port(31005, 80)
	init := container("2", "8Mi")
	init.Ports = port(31009, 80)
	limits := container("", "")
	limits.Resources.Limits = v1.ResourceList{v1.ResourceCPU: quantity("8")}
	with := func(c v1.Container, ports []v1.ContainerPort) v1.Container { c.Ports = ports; return c }

	for name, c := range map[string]struct {
		spec    v1.PodSpec
		def     scheduler.Amount // default: 250 CPU, 64 Mem
		want    scheduler.Amount
		ports   []uint16
		missing string
	}{
		"requests add up": {
			spec: v1.PodSpec{Containers: []v1.Container{container("500m", "64Mi"), container("1500m", "1")}},
			want: scheduler.Amount{CPU: 2000, Mem: 65}, // a byte more than 64 MiB needs another MiB
		},
		"silent containers count the default": {
			spec: v1.PodSpec{Containers: []v1.Container{container("", ""), container("1", "")}},
			want: scheduler.Amount{CPU: 1250, Mem: 64},
		},
		"limits are not counted": {
			spec: v1.PodSpec{Containers: []v1.Container{limits}},
			want: scheduler.Amount{CPU: 250, Mem: 64},
		},
		"the largest init container, sidecars and overhead": {
			spec: v1.PodSpec{
				InitContainers: []v1.Container{sidecar, init},
				Containers:     []v1.Container{container("500m", "64Mi")},
				Overhead:       v1.ResourceList{v1.ResourceCPU: quantity("100m"), v1.ResourceMemory: quantity("6Mi")},
			},
			want:  scheduler.Amount{CPU: 2300, Mem: 80},
			ports: []uint16{31005}, // an init container's port is free again before the pod serves
		},
		"ephemeral-storage, of the containers that state none, too": {
			spec: v1.PodSpec{Containers: []v1.Container{storage("1500Ki"), container("1", "1Mi")}},
			def:  scheduler.Amount{Disk: 8},
			want: scheduler.Amount{CPU: 1000, Mem: 1, Disk: 10},
		},
		"nothing at all": {
			spec: v1.PodSpec{Containers: []v1.Container{container("0", "0")}},
			want: scheduler.Amount{CPU: 10},
		},
		"fixed host ports, ascending, once each": {
			spec: v1.PodSpec{Containers: []v1.Container{
				with(container("1", "1Mi"), port(31002, 80)), with(container("1", "1Mi"), append(port(31001, 81), port(31002, 82)...)),
				with(container("1", "1Mi"), port(0, 83)),
			}},
			want:  scheduler.Amount{CPU: 3000, Mem: 3},
			ports: []uint16{31001, 31002},
		},
		"the host's network": {
			spec: v1.PodSpec{HostNetwork: true, Containers: []v1.Container{with(container("1", "1Mi"), port(0, 8080))}},
			want: scheduler.Amount{CPU: 1000, Mem: 1}, ports: []uint16{8080},
		},
		"what agents cannot give": {
			spec: v1.PodSpec{
				Containers: []v1.Container{{Resources: v1.ResourceRequirements{Requests: v1.ResourceList{
					"cpu": quantity("1"), "ephemeral-storage": quantity("1Gi"), "nvidia.com/gpu": quantity("2"), "hugepages-2Mi": quantity("4Mi"),
				}}}},
				ResourceClaims: []v1.PodResourceClaim{{Name: "device"}},
			},
			want:    scheduler.Amount{CPU: 1000, Disk: 1024},
			missing: "4Mi hugepages-2Mi, a resource claim",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, missing := Requirements(&v1.Pod{Spec: c.spec}, cmp.Or(c.def, scheduler.Amount{CPU: 250, Mem: 64}))
			if got.Amount != c.want || !slices.Equal(got.Ports, c.ports) {
				t.Errorf("asks for %+v and ports %v, want %+v and %v", got.Amount, got.Ports, c.want, c.ports)
			}
			if !strings.Contains(missing, c.missing) || (missing == "") != (c.missing == "") {
				t.Errorf("missing %q, want %q", missing, c.missing)
			}
		})
	}
}

// What others have decided about a pod is what they wrote, or were allowed to write.
func TestDecidedByOthers(t *testing.T) {
	t.Parallel()
	got, _ := Requirements(makePod("p", func(p *v1.Pod) { p.Spec.NodeName, p.Spec.Priority = "n", new(int32(7)) }), scheduler.Amount{})
	if got.Node != "n" || got.Priority != 7 {
		t.Errorf("node %q, priority %d", got.Node, got.Priority)
	}
	then := metav1.Unix(1000, 0)
	got, _ = Requirements(makePod("p", func(p *v1.Pod) {
		p.Spec.PreemptionPolicy, p.Status.NominatedNodeName = new(v1.PreemptNever), "n"
		p.Status.StartTime, p.DeletionTimestamp = &then, &then
	}), scheduler.Amount{})
	if o := got.Object; *o.Spec.PreemptionPolicy != v1.PreemptNever || o.Status.NominatedNodeName != "n" || *o.Status.StartTime != then || *o.DeletionTimestamp != then {
		t.Errorf("%+v", o)
	}
	if got, _ = Requirements(makePod("p", bind), scheduler.Amount{}); got.Node != "" || got.Priority != 0 {
		t.Errorf("bound by the framework: node %q, priority %d", got.Node, got.Priority)
	}
}

func TestClass(t *testing.T) {
	t.Parallel()
	base := func() *v1.Pod {
		return makePod("a", func(p *v1.Pod) { p.Spec.NodeSelector = map[string]string{"rack": "1", "disk": "ssd"} })
	}
	classOf := func(p *v1.Pod) string {
		s, _ := Requirements(p, scheduler.Amount{})
		return s.Class
	}
	twin := base()
	twin.Name, twin.UID, twin.Labels = "b", "uid-b", map[string]string{"app": "x"}
	if classOf(base()) != classOf(twin) || classOf(twin) == "" {
		t.Error("pods that ask for the same are of different classes")
	}
	for name, change := range map[string]func(*v1.Pod){
		"amount":      func(p *v1.Pod) { p.Spec.Containers[0].Resources.Requests["cpu"] = quantity("501m") },
		"ports":       func(p *v1.Pod) { p.Spec.Containers[0].Ports = port(31000, 80) },
		"selector":    func(p *v1.Pod) { p.Spec.NodeSelector["rack"] = "2" },
		"tolerations": func(p *v1.Pod) { p.Spec.Tolerations = []v1.Toleration{{Key: "k", Operator: v1.TolerationOpExists}} },
		"affinity": func(p *v1.Pod) {
			p.Spec.Affinity = &v1.Affinity{NodeAffinity: &v1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &v1.NodeSelector{
				NodeSelectorTerms: []v1.NodeSelectorTerm{{MatchExpressions: []v1.NodeSelectorRequirement{{Key: "k", Operator: v1.NodeSelectorOpExists}}}},
			}}}
		},
	} {
		p := base()
		change(p)
		if classOf(p) == classOf(base()) {
			t.Errorf("%s makes no difference", name)
		}
	}
}
