package schedulerplugins

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/latest"
	"k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// newRules returns rules with the default profile.
func newRules(ctx context.Context) (*Rules, error) {
	profiles, err := Default(v1.DefaultSchedulerName)
	if err != nil {
		return nil, err
	}
	return New(ctx, profiles)
}

// unmodified has a profile's plugins look at a snapshot of Kubernetes' scheduler, each
// time as if for the first time.
type unmodified struct {
	framework framework.Framework
	lister    struct{ fwk.SharedLister }
}

func newUnmodified(ctx context.Context, t *testing.T, r *Rules, profile *config.KubeSchedulerProfile, err error) *unmodified {
	t.Helper()
	u := &unmodified{}
	if err == nil {
		u.framework, err = newFramework(ctx, profile, nil, &u.lister, r.objects)
	}
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// wholeProfile is the default profile with the filters that the core is itself.
func wholeProfile() (*config.KubeSchedulerProfile, error) {
	all, err := latest.Default()
	if err != nil {
		return nil, err
	}
	set := &all.Profiles[0].Plugins.MultiPoint
	set.Enabled = slices.DeleteFunc(set.Enabled, func(p config.Plugin) bool { return !slices.Contains(kept, p.Name) })
	return &all.Profiles[0], nil
}

// accepts returns the nodes on which the pod may run.
func (u *unmodified) accepts(t *testing.T, p *v1.Pod, nodes []*v1.Node, pods []*v1.Pod) (names []string) {
	t.Helper()
	u.lister.SharedLister = cache.NewSnapshot(pods, nodes)
	state := framework.NewCycleState()
	only, status, _ := u.framework.RunPreFilterPlugins(context.Background(), state, p)
	if !status.IsSuccess() {
		if !status.IsRejected() {
			t.Fatal(status.AsError())
		}
		return nil
	}
	for _, n := range nodes {
		info, err := u.lister.NodeInfos().Get(n.Name)
		if err != nil {
			t.Fatal(err)
		}
		if !only.AllNodes() && !only.NodeNames.Has(n.Name) {
			continue
		}
		if s := u.framework.RunFilterPlugins(context.Background(), state, p, info); s.IsSuccess() {
			names = append(names, n.Name)
		} else if !s.IsRejected() {
			t.Fatal(s.AsError())
		}
	}
	return names
}

// cluster is one whose pods, nodes, volumes and namespaces a seed decides.
type cluster struct {
	t     *testing.T
	rng   *rand.Rand
	rules *Rules
	core  *scheduler.State
	whole *unmodified // Kubernetes' default profile
	ours  *unmodified // what of it the rules use

	nodes  []*v1.Node
	placed map[types.UID]*v1.Pod
	order  []types.UID // of those placed
	count  int
}

// TestSameAsUnmodified lets random pods come and go in 1,000 random clusters. Each
// agent offers plenty, so what the core decides with these rules must be what
// Kubernetes' unmodified plugins say about the same cluster, seen for the first time.
func TestSameAsUnmodified(t *testing.T) {
	t.Parallel()
	launched, refused, differed := 0, 0, 0
	for seed := range uint64(1000) {
		ctx, cancel := context.WithCancel(t.Context())
		c := newCluster(ctx, t, seed)
		for range 14 {
			switch n, all := c.step(fmt.Sprint("seed ", seed)); {
			case n == 0:
				refused++
			case n < all:
				differed++
				launched++
			default:
				launched++
			}
		}
		cancel()
	}
	t.Logf("of pods, %d could run on some nodes only, %d on all, %d on none", differed, launched-differed, refused)
	if differed < 2000 || refused < 1000 || launched < 4000 {
		t.Error("too few pods had constraints that mattered")
	}
}

func newCluster(ctx context.Context, t *testing.T, seed uint64) *cluster {
	t.Helper()
	r, err := newRules(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{t: t, rng: rand.New(rand.NewPCG(seed, 3)), rules: r, placed: map[types.UID]*v1.Pod{}}
	whole, err := wholeProfile()
	c.whole = newUnmodified(ctx, t, r, whole, err)
	ours, err := Default(v1.DefaultSchedulerName)
	if err != nil {
		t.Fatal(err)
	}
	c.ours = newUnmodified(ctx, t, r, ours.byName[v1.DefaultSchedulerName], nil)
	c.core = scheduler.New(scheduler.Config{Rules: r})
	for _, ns := range []string{"red", "blue"} {
		r.Observe(&v1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns, Labels: map[string]string{"team": ns}}}, false)
	}
	for i := range 2 + c.rng.IntN(5) {
		n := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("n", i)}}
		n.Status.Allocatable = v1.ResourceList{"cpu": resource.MustParse("100"), "memory": resource.MustParse("100Gi"), "pods": resource.MustParse("100")}
		c.nodes = append(c.nodes, n)
		c.dress(i)
	}
	c.volumes()
	c.do(scheduler.PodsListed{})
	c.do(scheduler.Subscribed{})
	return c
}

const device v1.ResourceName = "example.com/device"

// dress gives a node other labels, devices and taints.
func (c *cluster) dress(i int) {
	n := c.nodes[i].DeepCopy()
	n.Labels = map[string]string{v1.LabelHostname: n.Name}
	if c.rng.IntN(8) > 0 {
		n.Labels[v1.LabelTopologyZone] = pick(c.rng, "a", "b", "c")
	}
	if c.rng.IntN(2) == 0 {
		n.Labels["disk"] = pick(c.rng, "ssd", "hdd")
	}
	n.Status.Allocatable[device] = *resource.NewQuantity(c.rng.Int64N(4), resource.DecimalSI)
	n.Spec.Taints, n.Spec.Unschedulable = nil, c.rng.IntN(20) == 0
	if c.rng.IntN(8) == 0 {
		n.Spec.Taints = []v1.Taint{{Key: "k", Effect: pick(c.rng, v1.TaintEffectNoSchedule, v1.TaintEffectPreferNoSchedule)}}
	}
	c.nodes[i] = n
	c.do(scheduler.NodeChanged{Name: n.Name, Node: n})
}

// volumes makes a claim for each kind of trouble.
func (c *cluster) volumes() {
	for name, mode := range map[string]v1.PersistentVolumeAccessMode{"shared": v1.ReadWriteMany, "once": v1.ReadWriteOncePod} {
		pv := &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name}}
		pv.Spec.ClaimRef = &v1.ObjectReference{Namespace: "red", Name: name}
		pv.Spec.NodeAffinity = &v1.VolumeNodeAffinity{Required: selector(v1.LabelHostname, "n0", "n1")}
		if name == "once" {
			pv.Labels = map[string]string{v1.LabelTopologyZone: "a"}
			pv.Spec.NodeAffinity = nil
		}
		claim := &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "red", Name: name, Annotations: map[string]string{"pv.kubernetes.io/bind-completed": "yes"}}}
		claim.Spec.VolumeName, claim.Spec.AccessModes = name, []v1.PersistentVolumeAccessMode{mode}
		claim.Status.Phase = v1.ClaimBound
		c.rules.Observe(pv, false)
		c.rules.Observe(claim, false)
	}
	class := "immediate"
	c.rules.Observe(&v1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: "red", Name: "unbound"}, Spec: v1.PersistentVolumeClaimSpec{StorageClassName: &class},
	}, false)
}

func selector(key string, values ...string) *v1.NodeSelector {
	return &v1.NodeSelector{NodeSelectorTerms: []v1.NodeSelectorTerm{{MatchExpressions: []v1.NodeSelectorRequirement{
		{Key: key, Operator: v1.NodeSelectorOpIn, Values: values},
	}}}}
}

func pick[T any](rng *rand.Rand, all ...T) T { return all[rng.IntN(len(all))] }

// pod makes a pod with random constraints.
func (c *cluster) pod() *v1.Pod {
	c.count++
	rng := c.rng
	p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{
		Namespace: pick(rng, "red", "red", "blue"), Name: fmt.Sprint("p", c.count), UID: types.UID(fmt.Sprint("p", c.count)),
		Labels: map[string]string{"app": pick(rng, "web", "db")},
	}}
	p.Spec.Containers = []v1.Container{{Name: "c", Resources: v1.ResourceRequirements{Requests: v1.ResourceList{"cpu": resource.MustParse("10m"), "memory": resource.MustParse("1Mi")}}}}
	if rng.IntN(8) == 0 {
		p.Spec.Containers[0].Resources.Requests[device] = *resource.NewQuantity(1+rng.Int64N(2), resource.DecimalSI)
	}
	term := func() v1.PodAffinityTerm {
		t := v1.PodAffinityTerm{
			LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": pick(rng, "web", "db")}},
			TopologyKey:   pick(rng, v1.LabelHostname, v1.LabelTopologyZone),
		}
		switch rng.IntN(4) {
		case 0:
			t.Namespaces = []string{"blue"}
		case 1:
			t.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"team": pick(rng, "red", "blue")}}
		}
		return t
	}
	p.Spec.Affinity = &v1.Affinity{}
	if rng.IntN(5) == 0 {
		p.Spec.Affinity.PodAffinity = &v1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []v1.PodAffinityTerm{term()}}
	}
	if rng.IntN(4) == 0 {
		p.Spec.Affinity.PodAntiAffinity = &v1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []v1.PodAffinityTerm{term()}}
	}
	if rng.IntN(6) == 0 {
		p.Spec.Affinity.NodeAffinity = &v1.NodeAffinity{
			PreferredDuringSchedulingIgnoredDuringExecution: []v1.PreferredSchedulingTerm{{Weight: 5, Preference: selector("disk", "ssd").NodeSelectorTerms[0]}},
		}
	}
	if rng.IntN(10) == 0 {
		p.Spec.NodeSelector = map[string]string{"disk": "ssd"}
	}
	if rng.IntN(3) == 0 {
		p.Spec.Tolerations = []v1.Toleration{{Key: "k", Operator: v1.TolerationOpExists}}
	}
	for range rng.IntN(5) / 3 * (1 + rng.IntN(2)) {
		s := v1.TopologySpreadConstraint{
			MaxSkew: int32(1 + rng.IntN(2)), TopologyKey: pick(rng, v1.LabelHostname, v1.LabelTopologyZone),
			WhenUnsatisfiable: pick(rng, v1.DoNotSchedule, v1.DoNotSchedule, v1.ScheduleAnyway),
			LabelSelector:     &metav1.LabelSelector{MatchLabels: map[string]string{"app": pick(rng, "web", "db")}},
		}
		if rng.IntN(3) == 0 {
			s.NodeTaintsPolicy = new(v1.NodeInclusionPolicyHonor)
		}
		if slices.ContainsFunc(p.Spec.TopologySpreadConstraints, func(o v1.TopologySpreadConstraint) bool { return o.TopologyKey == s.TopologyKey }) {
			continue
		}
		p.Spec.TopologySpreadConstraints = append(p.Spec.TopologySpreadConstraints, s)
	}
	if rng.IntN(6) == 0 {
		claim := v1.PersistentVolumeClaimVolumeSource{ClaimName: pick(rng, "shared", "shared", "once", "once", "unbound", "absent")}
		p.Spec.Volumes = []v1.Volume{{Name: "v", VolumeSource: v1.VolumeSource{PersistentVolumeClaim: &claim}}}
	}
	return p
}

func (c *cluster) do(e scheduler.Event) []scheduler.Call { return c.core.Step(time.Unix(0, 0), e) }

// change has a pod begin to end, or gives it another label.
func (c *cluster) change(uid types.UID) {
	p := c.placed[uid].DeepCopy()
	if c.rng.IntN(2) == 0 {
		p.DeletionTimestamp = &metav1.Time{}
	} else {
		p.Labels["app"] = pick(c.rng, "web", "db")
	}
	c.placed[uid] = p
	spec, _ := podspec.Requirements(p, scheduler.Amount{})
	c.do(scheduler.PodAdded{Pod: spec, Node: p.Spec.NodeName})
}

// step has one more pod come, perhaps after another has gone or a node has changed. It
// returns on how many of how many nodes it may run.
func (c *cluster) step(life string) (accepted, all int) {
	c.t.Helper()
	switch c.rng.IntN(8) {
	case 0:
		c.dress(c.rng.IntN(len(c.nodes)))
	case 1, 2:
		if len(c.order) > 0 {
			i := c.rng.IntN(len(c.order))
			c.do(scheduler.PodRemoved{UID: string(c.order[i])})
			delete(c.placed, c.order[i])
			c.order = slices.Delete(c.order, i, i+1)
		}
	case 3:
		if len(c.order) > 0 {
			c.change(c.order[c.rng.IntN(len(c.order))])
		}
	}
	p := c.pod()
	var others []*v1.Pod
	for _, uid := range c.order {
		others = append(others, c.placed[uid])
	}
	may := c.whole.accepts(c.t, p, c.nodes, others)
	spec, _ := podspec.Requirements(p, scheduler.Amount{})
	if c.rules.Key(spec) != "" {
		c.rules.Rule(spec).Nowhere()
	}
	c.rulesAgree(life, others)

	c.do(scheduler.PodAdded{Pod: spec})
	var offers scheduler.Offered
	for _, n := range c.nodes {
		c.count++
		offers.Offers = append(offers.Offers, scheduler.Offer{ID: fmt.Sprint("o", c.count), Agent: "agent of " + n.Name, Node: n.Name, Amount: scheduler.Amount{CPU: 1000, Mem: 1000}})
	}
	node := ""
	for _, call := range c.do(offers) {
		if l, is := call.(scheduler.Launch); is {
			node = l.Tasks[0].Node
		}
	}
	if node == "" && len(may) > 0 || node != "" && !slices.Contains(may, node) {
		c.t.Fatalf("%s: pod %s is launched on %q, may run on %v", life, p.Name, node, may)
	}
	if node == "" {
		c.do(scheduler.PodRemoved{UID: spec.UID})
		return 0, len(c.nodes)
	}
	p.Spec.NodeName = node
	c.placed[p.UID] = p
	c.order = append(c.order, p.UID)
	return len(may), len(c.nodes)
}

// rulesAgree: what a rule says, after all that has been carried forward, is what the same
// plugins say that have carried nothing. Each is asked every third time.
func (c *cluster) rulesAgree(life string, pods []*v1.Pod) {
	c.t.Helper()
	for i, r := range slices.Clone(c.rules.carried) {
		if (i+c.count)%3 > 0 {
			continue
		}
		var allowed []string
		for _, n := range c.nodes {
			switch why := r.Refuses(n.Name); {
			case why == "":
				allowed = append(allowed, n.Name)
			case strings.TrimSpace(why) != why:
				c.t.Fatalf("%s: %q is no reason", life, why)
			}
		}
		if want := c.ours.accepts(c.t, r.pod, c.nodes, pods); !slices.Equal(allowed, want) {
			c.t.Fatalf("%s: pods like %s may run on %v, want %v", life, r.pod.Name, allowed, want)
		}
	}
}
