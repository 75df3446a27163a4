package schedulerplugins

import (
	"fmt"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// One message for each reason of a plugin, in the words of Kubernetes: what the pod is told, its
// placement, and what is said of a pod like it that does not exist yet are the same. There are two
// nodes in a region, each with room and a pod of the app web; the first also has a
// pod that wants none of the app shy in its region.
func TestMessages(t *testing.T) {
	t.Parallel()
	near := func(app, key string) []v1.PodAffinityTerm {
		return []v1.PodAffinityTerm{{TopologyKey: key, LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": app}}}}
	}
	apartFrom := func(app, key string) func(*v1.Pod) {
		return func(p *v1.Pod) {
			p.Spec.Affinity = &v1.Affinity{PodAntiAffinity: &v1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: near(app, key)}}
		}
	}
	even := func(key string) func(*v1.Pod) {
		return func(p *v1.Pod) {
			p.Spec.TopologySpreadConstraints = []v1.TopologySpreadConstraint{{MaxSkew: 1, TopologyKey: key, WhenUnsatisfiable: v1.DoNotSchedule, LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "even"}}}}
			p.Labels = map[string]string{"app": "even"}
		}
	}
	for _, row := range []struct {
		wish func(*v1.Pod)
		want string
	}{
		{apartFrom("web", v1.LabelHostname), "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules."},
		{func(p *v1.Pod) {
			p.Spec.Affinity = &v1.Affinity{PodAffinity: &v1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: near("db", v1.LabelHostname)}}
		}, "0/2 nodes are available: 2 node(s) didn't match pod affinity rules."},
		{func(p *v1.Pod) { p.Labels = map[string]string{"app": "shy"} }, "0/2 nodes are available: 2 node(s) didn't satisfy existing pods anti-affinity rules."},
		{even("rack"), "0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints (missing required label)."},
		{func(p *v1.Pod) {
			even(v1.LabelHostname)(p)
			p.Spec.NodeSelector = map[string]string{v1.LabelHostname: "n0"}
			p.Spec.TopologySpreadConstraints[0].NodeAffinityPolicy = new(v1.NodeInclusionPolicyIgnore)
		}, "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) didn't match pod topology spread constraints."},
		{func(p *v1.Pod) { p.Spec.Volumes = podWith("p", "x").Spec.Volumes }, `0/2 nodes are available: persistentvolumeclaim "x" not found.`},
	} {
		r, err := newRules(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		core, now := scheduler.New(scheduler.Config{Rules: r}), time.Unix(0, 0)
		var offers scheduler.Offered
		for i := range 2 {
			name := fmt.Sprint("n", i)
			core.Step(now, scheduler.NodeChanged{Name: name, Node: &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{v1.LabelHostname: name, v1.LabelTopologyRegion: "here"}}}})
			offers.Offers = append(offers.Offers, scheduler.Offer{ID: name, Agent: name, Node: name, Amount: scheduler.Amount{CPU: 1000, Mem: 1000}})
			core.Step(now, scheduler.PodAdded{Pod: specOf(&v1.Pod{ObjectMeta: metav1.ObjectMeta{UID: types.UID(fmt.Sprint("web-", i)), Labels: map[string]string{"app": "web"}}}), Node: name})
		}
		loner := &v1.Pod{ObjectMeta: metav1.ObjectMeta{UID: "loner"}}
		apartFrom("shy", v1.LabelTopologyRegion)(loner)
		core.Step(now, scheduler.PodAdded{Pod: specOf(loner), Node: "n0"})
		core.Step(now, scheduler.PodAdded{Pod: specOf(&v1.Pod{ObjectMeta: metav1.ObjectMeta{UID: "even", Labels: map[string]string{"app": "even"}}}), Node: "n0"})
		core.Step(now, scheduler.PodsListed{})
		core.Step(now, scheduler.Subscribed{})
		p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{UID: "p"}}
		row.wish(p)
		core.Step(now, scheduler.PodAdded{Pod: specOf(p)})
		core.Step(now, offers)
		told := ""
		for _, c := range core.Step(now.Add(2*time.Second), scheduler.Tick{}) {
			if e, is := c.(scheduler.Explain); is {
				told = e.Message
			}
		}
		placement, _ := core.Placement("p")
		like := p.DeepCopy()
		like.UID = "like it"
		_, fit := core.Fit(specOf(like), func(string) scheduler.Amount { return scheduler.Amount{} })
		if told != row.want || placement.Message != row.want || fit != row.want {
			t.Errorf("it is told %q, its placement says %q, of one like it is said %q; want %q", told, placement.Message, fit, row.want)
		}
	}
}
