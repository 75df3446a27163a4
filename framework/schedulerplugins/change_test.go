package schedulerplugins

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// counting counts what is asked of a profile's plugins.
type counting struct {
	framework.Framework
	gathered, carried int
}

func (c *counting) RunPreFilterPlugins(ctx context.Context, s fwk.CycleState, p *v1.Pod) (*fwk.PreFilterResult, *fwk.Status, sets.Set[string]) {
	c.gathered++
	return c.Framework.RunPreFilterPlugins(ctx, s, p)
}

func (c *counting) RunPreFilterExtensionAddPod(ctx context.Context, s fwk.CycleState, p *v1.Pod, other fwk.PodInfo, n fwk.NodeInfo) *fwk.Status {
	c.carried++
	return c.Framework.RunPreFilterExtensionAddPod(ctx, s, p, other, n)
}

func (c *counting) RunPreFilterExtensionRemovePod(ctx context.Context, s fwk.CycleState, p *v1.Pod, other fwk.PodInfo, n fwk.NodeInfo) *fwk.Status {
	c.carried++
	return c.Framework.RunPreFilterExtensionRemovePod(ctx, s, p, other, n)
}

// took returns what has been asked since it was called last.
func (c *counting) took() (work [2]int) {
	work = [2]int{c.gathered, c.carried}
	c.gathered, c.carried = 0, 0
	return work
}

// However many kinds of pods wait, a pod that comes or goes costs the plugins nothing. A
// rule that is asked is carried forward over the pods that matter to it, unless these are
// more than it is worth; then it is gathered anew.
func TestRulesCatchUpWhenAsked(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		kinds, come int
		app         string
		want        [2]int // gathered, carried: when all are asked
	}{
		{3, 10, "new", [2]int{0, 30}},
		{3, 10, "other", [2]int{0, 0}},
		{3, mostMissed, "new", [2]int{0, 3 * mostMissed}},
		{3, mostMissed + 1, "new", [2]int{3, 0}},
		{1000, 4, "new", [2]int{0, 4000}},
		{1000, 5, "new", [2]int{1000, 0}},
		{1000, 100, "other", [2]int{0, 0}},
	} {
		r, err := newRules(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		plugins := &counting{Framework: r.plugins[v1.DefaultSchedulerName]}
		r.plugins[v1.DefaultSchedulerName] = plugins
		for _, n := range benchNodes()[:10] {
			r.Node(n.Name, n)
		}
		var rules []scheduler.Rule
		ask := func() [2]int {
			plugins.took()
			for _, rule := range rules {
				rule.Refuses("n1")
				rule.Refuses("n2")
			}
			return plugins.took()
		}
		for i := range row.kinds {
			rules = append(rules, r.Rule(specOf(benchPod(i, "new", func(p *v1.Pod) {
				spread(p)
				p.Labels["index"] = fmt.Sprint(i)
			}))))
		}
		if work := ask(); work != [2]int{row.kinds, 0} {
			t.Errorf("%+v: asked first, the plugins worked %v times", row, work)
		}
		for i := range row.come {
			if more := r.Settled(specOf(benchPod(i, row.app, func(*v1.Pod) {})), "n1").More; more != (row.app == "new") {
				t.Errorf("%+v: a pod allows more: %v", row, more)
			}
		}
		if work := plugins.took(); work != [2]int{} {
			t.Errorf("%+v: as pods came the plugins worked %v times", row, work)
		}
		if work := ask(); work != row.want {
			t.Errorf("%+v: as all were asked the plugins worked %v times", row, work)
		}
		if work := ask(); work != [2]int{} {
			t.Errorf("%+v: asked again, the plugins worked %v times", row, work)
		}
	}
}

func spread(p *v1.Pod) {
	p.Spec.TopologySpreadConstraints = []v1.TopologySpreadConstraint{{
		MaxSkew: 1, TopologyKey: v1.LabelHostname, WhenUnsatisfiable: v1.DoNotSchedule, LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "new"}},
	}}
}

// A pod that must be apart from another is launched once that has gone, however many
// others have come meanwhile, for which its rule was not asked.
func TestIdleRulesLoseNoPod(t *testing.T) {
	t.Parallel()
	for _, others := range []int{0, idle - 1, 2 * idle, 5 * idle} {
		r, err := newRules(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		core, now, offered := scheduler.New(scheduler.Config{Rules: r}), time.Unix(0, 0), 0
		step := func(e scheduler.Event) (revived bool, node string) {
			calls := core.Step(now, e)
			for _, c := range calls {
				_, is := c.(scheduler.Revive)
				revived = revived || is
			}
			return revived, launchedOn(calls)
		}
		offer := func() (node string) { // as Mesos does once the filters are gone
			offered++
			_, node = step(scheduler.Offered{Offers: []scheduler.Offer{{ID: fmt.Sprint(offered), Agent: "a", Node: "n0", Amount: scheduler.Amount{CPU: 1000, Mem: 1000}}}})
			return node
		}
		for _, n := range benchNodes()[:2] {
			step(scheduler.NodeChanged{Name: n.Name, Node: n})
		}
		blocks := specOf(benchPod(0, "new", func(*v1.Pod) {}))
		step(scheduler.PodAdded{Pod: blocks, Node: "n0"})
		step(scheduler.PodsListed{})
		step(scheduler.Subscribed{})
		step(scheduler.PodAdded{Pod: specOf(benchPod(0, "apart", func(p *v1.Pod) {
			p.Spec.Affinity = &v1.Affinity{PodAntiAffinity: &v1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: terms(v1.LabelHostname)}}
		}))})
		if node := offer(); node != "" {
			t.Fatalf("launched on %s, from which it must be apart", node)
		}
		for i := range others {
			if revived, _ := step(scheduler.PodAdded{Pod: specOf(benchPod(i, "other", func(*v1.Pod) {})), Node: "n1"}); revived && offer() != "" {
				t.Fatal("launched where it must be apart")
			}
		}
		if revived, _ := step(scheduler.PodRemoved{UID: blocks.UID}); !revived {
			t.Errorf("after %d others have come, no offers are asked for when the pod in the way has gone", others)
		} else if node := offer(); node != "n0" {
			t.Errorf("launched on %q", node)
		}
	}
}

// Questions about pods that do not exist, of however many kinds, leave nothing behind, and are
// answered from what is there now; a rule of pods that there are is as it was.
func TestImaginedPodsLeaveNothing(t *testing.T) {
	t.Parallel()
	r, err := newRules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.Node("n0", &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n0", Labels: map[string]string{v1.LabelHostname: "n0"}}})
	apart := func(from string) scheduler.Pod {
		p := podWith("p")
		term := v1.PodAffinityTerm{TopologyKey: v1.LabelHostname, LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": from}}}
		p.Spec.Affinity = &v1.Affinity{PodAntiAffinity: &v1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []v1.PodAffinityTerm{term}}}
		return specOf(p)
	}
	there := r.Rule(apart("0")).(*rule)
	there.Nowhere()
	for i := range 10 {
		app := fmt.Sprint(i)
		other := podWith("other")
		other.Labels = map[string]string{"app": app}
		if why := r.Imagine(apart(app)).Refuses("n0"); why != "" {
			t.Errorf("the node, which is empty, is refused as %q", why)
		}
		r.Settled(specOf(other), "n0")
		if r.Imagine(apart(app)).Refuses("n0") == "" {
			t.Error("what the pod is to be apart from is not seen")
		}
		r.Left(specOf(other), "n0")
	}
	if len(r.kinds) != 1 || len(r.carried) != 1 || r.carried[0] != there || there.asked != 0 {
		t.Errorf("%d rules are carried, the first since %d; want the one that was, not asked again", len(r.carried), r.carried[0].asked)
	}
}
