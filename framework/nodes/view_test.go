package nodes

import (
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func node(change ...func(*v1.Node)) *v1.Node {
	n := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1", Labels: map[string]string{"disk": "ssd"}}}
	for _, c := range change {
		c(n)
	}
	return n
}

// The core hears of what matters to a pod's placement, and of nothing else.
func TestViewTellsNews(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*v1.Node)
		news   bool
	}{
		"nothing":            {func(*v1.Node) {}, false},
		"heartbeat":          {func(n *v1.Node) { n.Status.Conditions = []v1.NodeCondition{{Type: v1.NodeReady}} }, false},
		"annotation":         {func(n *v1.Node) { n.Annotations = map[string]string{"a": "b"} }, false},
		"taint of lifecycle": {func(n *v1.Node) { n.Spec.Taints = []v1.Taint{{Key: v1.TaintNodeNotReady}} }, false},
		"taint":              {func(n *v1.Node) { n.Spec.Taints = []v1.Taint{{Key: "mine"}} }, true},
		"label":              {func(n *v1.Node) { n.Labels = nil }, true},
		"cordon":             {func(n *v1.Node) { n.Spec.Unschedulable = true }, true},
		"allocatable":        {func(n *v1.Node) { n.Status.Allocatable = v1.ResourceList{"cpu": resource.MustParse("1")} }, true},
	} {
		v := NewView()
		if _, news := v.Seen(node()); !news {
			t.Errorf("%s: the first sight of a Node is no news", name)
		}
		changed := node(c.change)
		tell, news := v.Seen(changed)
		if news != c.news || news != (tell != nil) {
			t.Errorf("%s: news is %t, want %t", name, news, c.news)
		}
		if v.Node("n1") != changed {
			t.Errorf("%s: the Node is not as the API server has it", name)
		}
	}
}

// What is desired counts for the core before it is written; what others wrote on the
// Node counts too, and the Node itself is not changed.
func TestViewTellsWhatIsDesired(t *testing.T) {
	t.Parallel()
	v := NewView()
	if n, news := v.Tell(Desired{Name: "n1", Capacity: scheduler.Amount{CPU: 2000}, MaxPods: 5}); !news || n.Status.Allocatable.Cpu().Value() != 2 || n.Status.Allocatable.Pods().Value() != 5 {
		t.Errorf("before the API server has it: %v, news %t", n, news)
	}
	api := node(func(n *v1.Node) { n.Spec.Taints = []v1.Taint{{Key: "mine"}} })
	v.Seen(api)
	n, news := v.Tell(Desired{Name: "n1", Labels: map[string]string{LabelAttribute + "rack": "r1"}, MaintenanceNear: true})
	if !news || n.Labels["disk"] != "ssd" || n.Labels[LabelAttribute+"rack"] != "r1" {
		t.Errorf("labels %v, news %t", n.Labels, news)
	}
	if len(n.Spec.Taints) != 2 || n.Spec.Taints[0].Key != "mine" || n.Spec.Taints[1].Key != TaintMaintenance {
		t.Errorf("taints %v", n.Spec.Taints)
	}
	if len(api.Spec.Taints) != 1 || len(api.Labels) != 1 {
		t.Errorf("the API server's Node was changed: %v", api)
	}
	v.Deleted("n1")
	if _, news := v.Tell(Desired{Name: "n1"}); !news || v.Node("n1") != nil {
		t.Error("a Node that is made again is no news")
	}
}
