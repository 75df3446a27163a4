package scheduler

import (
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// classOf returns the class of a pod described as in transcripts.
func classOf(t *testing.T, line string) *class {
	t.Helper()
	e, err := parseEvent("pod x " + line)
	if err != nil {
		t.Fatal(err)
	}
	return newClass("", &pod{Pod: e.(PodAdded).Pod})
}

// nodeObject returns a Node described as in transcripts.
func nodeObject(t *testing.T, line string) *v1.Node {
	t.Helper()
	e, err := parseEvent("node n1 " + line)
	if err != nil {
		t.Fatal(err)
	}
	return e.(NodeChanged).Node
}

func TestKubernetesRules(t *testing.T) {
	t.Parallel()
	const affinity, schedulable, taints = excluded, excluded + 1, excluded + 2
	for _, row := range []struct {
		pod, node string
		want      verdict
	}{
		{"", "", suits},
		{"select=zone=a", "zone=a", suits},
		{"select=zone=a", "zone=b", affinity},
		{"select=zone=a", "", affinity},
		{"", "zone=b", suits},
		{"", "cordoned", schedulable},
		{"tolerate=node.kubernetes.io/unschedulable", "cordoned", suits},
		{"", "taint=gpu=yes:NoSchedule", taints},
		{"", "taint=gpu=yes:NoExecute", taints},
		{"", "taint=gpu=yes:PreferNoSchedule", suits},
		{"tolerate=gpu", "taint=gpu=yes:NoSchedule", suits},
		{"tolerate=gpu", "taint=gpu=yes:NoSchedule taint=old=yes:NoSchedule", taints},
		{"select=zone=a", "cordoned zone=b taint=gpu=yes:NoSchedule", affinity},
		{"", "cordoned taint=gpu=yes:NoSchedule", schedulable},
	} {
		c := classOf(t, row.pod)
		// Whether the quick way or the list decides must make no difference.
		x := &nodes{rules: kubernetesRules, byName: map[string]*node{}}
		n, _ := x.changed("n1", nodeObject(t, row.node))
		if got := kubernetesRules.decide(c, n.object); got != row.want {
			t.Errorf("pod %q on node %q: %d, want %d", row.pod, row.node, got, row.want)
		}
		if got := kubernetesRules.verdict(c, n); got != row.want {
			t.Errorf("pod %q on node %q: verdict %d, want %d", row.pod, row.node, got, row.want)
		}
		if got := kubernetesRules.verdict(c, &node{number: 5}); got != noObject {
			t.Errorf("pod %q without a Node: %d", row.pod, got)
		}
	}
}

// A verdict is kept until it is forgotten; of pods that ask for nothing it is not.
func TestVerdictsAreKept(t *testing.T) {
	t.Parallel()
	asked := 0
	r := rules{{allows: func(*class, *v1.Node) bool { asked++; return true }}}
	q, _ := newTestQueue()
	p := newPod(1, "", Amount{})
	p.Affinity = nodeaffinity.GetRequiredNodeAffinity(&v1.Pod{Spec: v1.PodSpec{NodeSelector: map[string]string{"zone": "a"}}})
	q.add(p)
	x := &nodes{rules: r, byName: map[string]*node{}}
	x.get("n0")
	n, _ := x.changed("n1", &v1.Node{})
	asked = 0
	for range 3 {
		r.verdict(p.class, n)
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	q.forgetVerdicts(x.get("n0"))
	r.verdict(p.class, n)
	q.forgetVerdicts(n)
	if r.verdict(p.class, n); asked != 2 {
		t.Errorf("asked %d times, after the Node has changed once", asked)
	}
}

func TestFits(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, pod, node string
		agent           string // which the pod is bound to
		change          func(*fleet, *agent)
		want            bool
	}{
		{name: "yes", pod: "port=15", want: true},
		{name: "rule", node: "cordoned"},
		{name: "bound pod, whatever the rules say", node: "cordoned", agent: "A1", want: true},
		{name: "bound elsewhere", agent: "A2"},
		{name: "no such port", pod: "port=20"},
		{name: "bound, port taken", pod: "port=15", agent: "A1", change: func(f *fleet, _ *agent) { f.book(&task{Task: Task{Agent: "A1", Ports: []uint16{15}}}) }},
		{name: "port taken", pod: "port=15", change: func(f *fleet, _ *agent) { f.book(&task{Task: Task{Agent: "A1", Ports: []uint16{15}}}) }},
		{name: "port reserved", pod: "port=15", change: func(f *fleet, _ *agent) { f.reserve(&class{agent: "A1", ports: []uint16{15}}) }},
		{name: "full", node: "pods=1", change: func(f *fleet, _ *agent) { f.book(&task{Task: Task{Agent: "A1"}}) }},
		{name: "nearly full", node: "pods=2", change: func(f *fleet, _ *agent) { f.book(&task{Task: Task{Agent: "A1"}}) }, want: true},
	} {
		f := newTestFleet(Config{})
		x := &nodes{rules: kubernetesRules, maxPods: 100, byName: map[string]*node{}}
		n, _ := x.changed("n1", nodeObject(t, row.node))
		a, _ := f.offered(Offer{ID: "o1", Agent: "A1", Ports: []PortRange{{10, 19}}}, n)
		if row.change != nil {
			row.change(f, a)
		}
		c := classOf(t, row.pod)
		c.agent = row.agent
		if got := kubernetesRules.fits(c, a); got != row.want {
			t.Errorf("%s: %v", row.name, got)
		}
	}
}

func TestNodes(t *testing.T) {
	t.Parallel()
	x := &nodes{rules: kubernetesRules, maxPods: 7, byName: map[string]*node{}}
	if n := x.get("n1"); n != x.get("n1") || n.number == x.get("n2").number || n.maxPods != 7 || n.open {
		t.Errorf("%+v", n)
	}
	old := nodeObject(t, "zone=a taint=gpu=yes:NoSchedule pods=5")
	n, differs := x.changed("n1", old)
	if !differs || n.maxPods != 5 || n.open {
		t.Errorf("%+v, differs: %v", n, differs)
	}
	for name, row := range map[string]struct {
		change  func(*v1.Node)
		differs bool
	}{
		"nothing":        {func(*v1.Node) {}, false},
		"a heartbeat":    {func(n *v1.Node) { n.Status.Conditions = []v1.NodeCondition{{Type: "Ready"}} }, false},
		"an annotation":  {func(n *v1.Node) { n.Annotations = map[string]string{"a": "b"} }, false},
		"time of taint":  {func(n *v1.Node) { n.Spec.Taints[0].TimeAdded = &metav1.Time{Time: at(1)} }, false},
		"label":          {func(n *v1.Node) { n.Labels["zone"] = "b" }, true},
		"taint's effect": {func(n *v1.Node) { n.Spec.Taints[0].Effect = v1.TaintEffectNoExecute }, true},
		"taint's value":  {func(n *v1.Node) { n.Spec.Taints[0].Value = "no" }, true},
		"no taint":       {func(n *v1.Node) { n.Spec.Taints = nil }, true},
		"cordoned":       {func(n *v1.Node) { n.Spec.Unschedulable = true }, true},
		"allocatable pods": {func(n *v1.Node) {
			n.Status.Allocatable = v1.ResourceList{v1.ResourcePods: resource.MustParse("6")}
		}, true},
	} {
		changed := old.DeepCopy()
		row.change(changed)
		if got := !sameForMatching(old, changed); got != row.differs {
			t.Errorf("%s differs: %v", name, got)
		}
	}
	if n, differs := x.changed("n1", nil); !differs || n.maxPods != 7 || n.open {
		t.Errorf("gone: %+v", n)
	}
	if _, differs := x.changed("n1", nil); differs {
		t.Error("gone twice")
	}
	if n, _ := x.changed("n1", nodeObject(t, "zone=a")); !n.open {
		t.Error("a Node without taints is not open")
	}
}
