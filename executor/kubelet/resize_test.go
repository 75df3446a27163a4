package kubelet

import (
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	upstream "k8s.io/kubernetes/pkg/kubelet"
	"k8s.io/kubernetes/pkg/kubelet/allocation"
	"k8s.io/kubernetes/pkg/kubelet/lifecycle"
)

// allocated is the kubelet's record of what it has allocated.
type allocated struct {
	allocation.Manager
	pods  map[types.UID]*v1.Pod
	asked lifecycle.PodAdmitHandlers
}

func (a *allocated) AddPodAdmitHandlers(h lifecycle.PodAdmitHandlers) {
	a.asked = append(a.asked, h...)
}

func (a *allocated) UpdatePodFromAllocation(p *v1.Pod) (*v1.Pod, bool) { return a.pods[p.UID], true }

func sized(uid, cpu, memory string) *v1.Pod {
	p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{UID: types.UID(uid)}}
	p.Spec.Containers = []v1.Container{{Resources: v1.ResourceRequirements{Requests: v1.ResourceList{
		v1.ResourceCPU: resource.MustParse(cpu), v1.ResourceMemory: resource.MustParse(memory),
	}}}}
	return p
}

// A kubelet asks about resizes. A pod may be resized to what its task holds, and beyond that
// to what the executor has for pods that grow and others have not taken.
func TestResizes(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		now, wanted, other *v1.Pod // other: what another pod, whose task holds as much as that of the first, has been allocated
		unknown            bool
		reason, says       string
	}{
		"shrinks":                   {now: sized("p", "1", "100Mi"), wanted: sized("p", "500m", "50Mi")},
		"grows back":                {now: sized("p", "500m", "50Mi"), wanted: sized("p", "1", "100Mi")},
		"grows into what is spare":  {now: sized("p", "1", "100Mi"), wanted: sized("p", "1200m", "110Mi")},
		"stays there":               {now: sized("p", "1200m", "110Mi"), wanted: sized("p", "1200m", "50Mi"), other: sized("q", "1200m", "100Mi")},
		"grows beyond it":           {now: sized("p", "1", "100Mi"), wanted: sized("p", "1300m", "100Mi"), reason: v1.PodReasonInfeasible, says: "this pod's has 1 cpus and 100 MiB, and 0.3 cpus more would be needed; the executor has 0.2 cpus and 10 MiB"},
		"grows when it is taken":    {now: sized("p", "1", "100Mi"), wanted: sized("p", "1100m", "100Mi"), other: sized("q", "1150m", "100Mi"), reason: v1.PodReasonDeferred, says: "0.05 cpus and 10 MiB left"},
		"grows, its task not known": {now: sized("p", "1", "100Mi"), wanted: sized("p", "1100m", "100Mi"), unknown: true, reason: v1.PodReasonDeferred, says: "not known yet"},
		"shrinks likewise":          {now: sized("p", "1", "100Mi"), wanted: sized("p", "900m", "100Mi"), unknown: true},
	} {
		kubelet := &allocated{pods: map[types.UID]*v1.Pod{"p": row.now}}
		var u upstream.Kubelet
		*allocations(&u) = kubelet
		r := newResizes(Amount{CPU: 200, Memory: 10 << 20})
		if !r.join(&u) || len(kubelet.asked) != 1 {
			t.Fatal("the kubelet does not ask")
		}
		r.hold("q", Amount{CPU: 1000, Memory: 100 << 20})
		r.hold("p", Amount{CPU: 1000, Memory: 100 << 20})
		if row.unknown {
			r.hold("p", Amount{})
		}
		attrs := &lifecycle.PodAdmitAttributes{Pod: row.wanted, Operation: lifecycle.ResizeOperation}
		if row.other != nil {
			attrs.OtherPods = []*v1.Pod{row.other}
		}
		got := kubelet.asked[0].Admit(attrs)
		if got.Admit != (row.reason == "") || got.Reason != row.reason || !strings.Contains(got.Message, row.says) {
			t.Errorf("a pod that %s: %+v, want %q with %q", name, got, row.reason, row.says)
		}
		if added := kubelet.asked[0].Admit(&lifecycle.PodAdmitAttributes{Pod: sized("new", "9", "1Gi"), Operation: lifecycle.AddOperation}); !added.Admit {
			t.Errorf("a new pod is refused: %+v", added)
		}
	}
}
