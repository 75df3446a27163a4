package schedulerplugins

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// Of three agents that all offer enough, a pod goes where it is better off, whichever
// has the first turn. The second node has an ssd and the label zone=b, and runs a pod
// of the app db; the third asks pods to go elsewhere.
func TestPreferences(t *testing.T) {
	t.Parallel()
	nodes := []*v1.Node{
		{ObjectMeta: metav1.ObjectMeta{Name: "n0", Labels: map[string]string{v1.LabelTopologyZone: "a"}}},
		{ObjectMeta: metav1.ObjectMeta{Name: "n1", Labels: map[string]string{v1.LabelTopologyZone: "b", "disk": "ssd"}}},
		{ObjectMeta: metav1.ObjectMeta{Name: "n2", Labels: map[string]string{v1.LabelTopologyZone: "b"}}, Spec: v1.NodeSpec{Taints: []v1.Taint{{Key: "old", Effect: v1.TaintEffectPreferNoSchedule}}}},
	}
	db := v1.WeightedPodAffinityTerm{Weight: 50, PodAffinityTerm: v1.PodAffinityTerm{
		TopologyKey: v1.LabelTopologyZone, LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "db"}},
	}}
	for name, row := range map[string]struct {
		wish func(*v1.PodSpec)
		want []string
	}{
		"nothing, but no pod likes n2": {func(*v1.PodSpec) {}, []string{"n0", "n1"}},
		"an ssd": {func(s *v1.PodSpec) {
			s.Affinity = &v1.Affinity{NodeAffinity: &v1.NodeAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []v1.PreferredSchedulingTerm{
				{Weight: 1, Preference: selector("disk", "ssd").NodeSelectorTerms[0]},
			}}}
		}, []string{"n1"}},
		"near the db": {func(s *v1.PodSpec) {
			s.Affinity = &v1.Affinity{PodAffinity: &v1.PodAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []v1.WeightedPodAffinityTerm{db}}}
		}, []string{"n1"}},
		"far from the db": {func(s *v1.PodSpec) {
			s.Affinity = &v1.Affinity{PodAntiAffinity: &v1.PodAntiAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []v1.WeightedPodAffinityTerm{db}}}
		}, []string{"n0"}},
		"zones alike, if possible": {func(s *v1.PodSpec) {
			s.TopologySpreadConstraints = []v1.TopologySpreadConstraint{{
				MaxSkew: 1, TopologyKey: v1.LabelTopologyZone, WhenUnsatisfiable: v1.ScheduleAnyway, LabelSelector: db.PodAffinityTerm.LabelSelector,
			}}
		}, []string{"n0"}},
	} {
		for first := range nodes {
			r, err := newRules(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			core, now := scheduler.New(scheduler.Config{Rules: r}), time.Unix(0, 0)
			var offers scheduler.Offered
			for i := range nodes {
				n := nodes[(first+i)%len(nodes)]
				core.Step(now, scheduler.NodeChanged{Name: n.Name, Node: n})
				offers.Offers = append(offers.Offers, scheduler.Offer{ID: n.Name, Agent: n.Name, Node: n.Name, Amount: scheduler.Amount{CPU: 1000, Mem: 1000}})
			}
			core.Step(now, scheduler.PodAdded{Pod: specOf(&v1.Pod{ObjectMeta: metav1.ObjectMeta{UID: "db", Labels: map[string]string{"app": "db"}}}), Node: "n1"})
			core.Step(now, scheduler.PodsListed{})
			core.Step(now, scheduler.Subscribed{})
			p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{UID: "p"}}
			row.wish(&p.Spec)
			core.Step(now, scheduler.PodAdded{Pod: specOf(p)})
			if got := launchedOn(core.Step(now, offers)); !slices.Contains(row.want, got) {
				t.Errorf("a pod that wishes %s is on %q, where n%d has the first turn; want %v", name, got, first, row.want)
			}
		}
	}
}

func specOf(p *v1.Pod) scheduler.Pod {
	spec, _ := podspec.Requirements(p, scheduler.Amount{})
	return spec
}

func launchedOn(calls []scheduler.Call) string {
	for _, c := range calls {
		if l, is := c.(scheduler.Launch); is {
			return l.Tasks[0].Node
		}
	}
	return ""
}

// A pod with a claim that nothing will bind, or not yet, is told so; when the claim is
// bound, the pod may run where its volume is.
func TestClaims(t *testing.T) {
	t.Parallel()
	r, err := newRules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"n0", "n1"} {
		r.Node(name, &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{v1.LabelHostname: name}}})
	}
	r.Observe(&storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "later"}, VolumeBindingMode: new(storagev1.VolumeBindingWaitForFirstConsumer)}, false)
	p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "p", UID: "p"}}
	p.Spec.Volumes = []v1.Volume{{VolumeSource: v1.VolumeSource{PersistentVolumeClaim: &v1.PersistentVolumeClaimVolumeSource{ClaimName: "data"}}}}
	rule := r.Rule(specOf(p))
	claim := func(class, volume string) *v1.PersistentVolumeClaim {
		c := &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "data", Annotations: map[string]string{"pv.kubernetes.io/bind-completed": "yes"}}}
		c.Spec.StorageClassName, c.Spec.VolumeName = &class, volume
		return c
	}
	for _, step := range []struct {
		claim        *v1.PersistentVolumeClaim
		nowhere, one string // why no node will do; why n1 does not
		zero         string // why n0 does not
	}{
		{nil, absent, absent, absent},
		{claim("now", ""), immediate, immediate, immediate},
		{claim("later", ""), "", unavailable, unavailable},
		{claim("now", "disk"), "", "node(s) didn't match PersistentVolume's node affinity", ""},
	} {
		if step.claim != nil {
			r.Observe(&v1.PersistentVolume{
				ObjectMeta: metav1.ObjectMeta{Name: "disk"},
				Spec:       v1.PersistentVolumeSpec{NodeAffinity: &v1.VolumeNodeAffinity{Required: selector(v1.LabelHostname, "n0")}},
			}, false)
			if !r.Observe(step.claim, false) {
				t.Error("a claim makes no difference")
			}
		}
		if got := rule.Nowhere(); got != step.nowhere {
			t.Errorf("nowhere, as %q, want %q", got, step.nowhere)
		}
		if got := rule.Refuses("n1"); got != step.one {
			t.Errorf("refuses n1, as %q, want %q", got, step.one)
		}
		if got := rule.Refuses("n0"); got != step.zero {
			t.Errorf("refuses n0, as %q, want %q", got, step.zero)
		}
	}
}

const (
	absent      = `persistentvolumeclaim "data" not found`
	immediate   = "pod has unbound immediate PersistentVolumeClaims"
	unavailable = "node(s) didn't find available persistent volumes to bind"
)

// A state of another form than the one that is corrected is noticed.
func TestCorrectLeastKnowsItsLimits(t *testing.T) {
	t.Parallel()
	if correctLeast(framework.NewCycleState()) {
		t.Error("nothing is corrected")
	}
	good := []struct {
		TopologyValue string
		MatchNum      int
	}{{"x", 9}, {"x", 9}}
	pair := [2]struct {
		TopologyValue string
		MatchNum      int
	}(good)
	if !setLeast(reflect.ValueOf(&pair).Elem(), map[string]int{"a": 3, "b": 1, "c": 2}) || pair[0].TopologyValue != "b" || pair[0].MatchNum != 1 || pair[1].TopologyValue != "c" || pair[1].MatchNum != 2 {
		t.Errorf("%+v", pair)
	}
	for _, bad := range []any{&good, &[2]struct{ Topology string }{}, &[2]struct{ TopologyValue, MatchNum string }{}, &[1]int{}} {
		if setLeast(reflect.ValueOf(bad).Elem(), map[string]int{"a": 1}) {
			t.Errorf("%T is corrected", bad)
		}
	}
}
