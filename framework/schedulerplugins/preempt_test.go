package schedulerplugins

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/defaultpreemption"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/feature"
	"k8s.io/kubernetes/pkg/scheduler/framework/runtime"
	"k8s.io/kubernetes/pkg/scheduler/metrics"
)

// TestPreemptsAsUnmodified fills 1,000 random clusters with pods of random priorities, some
// with disruption budgets. For a pod that fits nowhere the core must choose the node and the
// victims that the unmodified plugin DefaultPreemption chooses for the same cluster.
func TestPreemptsAsUnmodified(t *testing.T) {
	t.Parallel()
	outcomes := map[string]int{}
	for seed := range uint64(1000) {
		ctx, cancel := context.WithCancel(t.Context())
		c := newCrowd(newCluster(ctx, t, seed))
		want := c.unmodified(ctx)
		if got := c.decide(); got.String() != want.String() {
			t.Errorf("seed %d: %s, want %s", seed, got, want)
		}
		outcomes[want.kind()]++
		cancel()
	}
	t.Log(outcomes)
	for _, kind := range []string{"", "launched", "one victim", "several victims", "against budgets"} {
		if outcomes[kind] < 50 {
			t.Errorf("of outcome %q there are too few: %v", kind, outcomes)
		}
	}
}

// crowd is a cluster with more pods than fit.
type crowd struct {
	*cluster
	pods    []*v1.Pod // on nodes
	budgets []*policyv1.PodDisruptionBudget
	next    *v1.Pod // that comes
}

// outcome is what becomes of the pod that comes.
type outcome struct {
	launched   bool
	node       string
	victims    string // by name
	count      int
	violations int // as far as it is known
}

func (o outcome) kind() string {
	switch {
	case o.launched:
		return "launched"
	case o.violations > 0:
		return "against budgets"
	case o.count > 1:
		return "several victims"
	case o.count == 1:
		return "one victim"
	}
	return ""
}

// String leaves out what the core does not tell.
func (o outcome) String() string {
	if o.launched {
		return "it is launched"
	}
	return fmt.Sprintf("on %q instead of %s", o.node, o.victims)
}

func newCrowd(base *cluster) *crowd {
	c := &crowd{cluster: base}
	for _, n := range c.nodes {
		n.Status.Allocatable["pods"] = *resource.NewQuantity(3+c.rng.Int64N(6), resource.DecimalSI)
	}
	started := c.rng.Perm(60)
	for range 12 + c.rng.IntN(40) {
		p := c.priced()
		n := pick(c.rng, c.nodes...)
		if !c.fits(p, n) {
			continue
		}
		p.Spec.NodeName = n.Name
		p.Status.StartTime = new(metav1.Unix(int64(1000+started[len(c.pods)]), 0))
		c.pods = append(c.pods, p)
	}
	for i := range c.rng.IntN(6) {
		b := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: pick(c.rng, "red", "blue"), Name: fmt.Sprint("budget", i)}}
		b.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": pick(c.rng, "web", "db")}}
		b.Status.DisruptionsAllowed = int32(c.rng.IntN(2))
		if len(c.pods) > 0 && c.rng.IntN(3) == 0 {
			b.Status.DisruptedPods = map[string]metav1.Time{pick(c.rng, c.pods...).Name: {}}
		}
		c.budgets = append(c.budgets, b)
	}
	c.next = c.priced()
	c.next.Spec.Priority = new(int32(1 + c.rng.IntN(3)))
	return c
}

// priced makes a pod that has a priority, and of which few fit on a node.
func (c *crowd) priced() *v1.Pod {
	p := c.pod()
	p.Spec.SchedulerName, p.Spec.Priority = v1.DefaultSchedulerName, new(int32(c.rng.IntN(3)))
	p.Spec.Containers[0].Resources.Requests["cpu"] = *resource.NewQuantity(int64(10+10*c.rng.IntN(5)), resource.DecimalSI)
	p.Spec.Containers[0].Resources.Requests["memory"] = *resource.NewQuantity(int64(10+10*c.rng.IntN(5))<<30, resource.BinarySI)
	if c.rng.IntN(5) == 0 {
		p.Spec.Containers[0].Ports = []v1.ContainerPort{{HostPort: int32(31000 + c.rng.IntN(2)), ContainerPort: 80, Protocol: v1.ProtocolTCP}}
	}
	return p
}

// fits reports whether there is room for one more pod on a node.
func (c *crowd) fits(p *v1.Pod, n *v1.Node) bool {
	spec, _ := podspec.Requirements(p, scheduler.Amount{})
	left, ports, pods := c.left(n)
	return spec.Amount.CPU <= left.CPU && spec.Amount.Mem <= left.Mem && pods > 0 &&
		!slices.ContainsFunc(spec.Ports, func(port uint16) bool { return ports[port] })
}

// left returns what is left on a node, and which ports are taken.
func (c *crowd) left(n *v1.Node) (left scheduler.Amount, ports map[uint16]bool, pods int64) {
	left, ports, pods = scheduler.Amount{CPU: 100000, Mem: 100 << 10}, map[uint16]bool{}, n.Status.Allocatable.Pods().Value()
	for _, other := range c.pods {
		if other.Spec.NodeName == n.Name {
			uses, _ := podspec.Requirements(other, scheduler.Amount{})
			left.CPU, left.Mem, pods = left.CPU-uses.Amount.CPU, left.Mem-uses.Amount.Mem, pods-1
			for _, port := range uses.Ports {
				ports[port] = true
			}
		}
	}
	return left, ports, pods
}

// decide returns what the core does with the pod that comes.
func (c *crowd) decide() (o outcome) {
	now := time.Unix(10000, 0)
	core := scheduler.New(scheduler.Config{Rules: c.rules})
	var restored scheduler.Restored
	for _, p := range c.pods {
		spec, _ := podspec.Requirements(p, scheduler.Amount{})
		restored.Tasks = append(restored.Tasks, scheduler.Task{
			ID: spec.UID + ".1", PodUID: spec.UID, Attempt: 1, Agent: "agent of " + p.Spec.NodeName, Node: p.Spec.NodeName, Amount: spec.Amount, Ports: spec.Ports,
		})
	}
	core.Step(now, restored)
	for _, n := range c.nodes {
		core.Step(now, scheduler.NodeChanged{Name: n.Name, Node: n})
	}
	for _, b := range c.budgets {
		core.Step(now, scheduler.BudgetChanged{Namespace: b.Namespace, Name: b.Name, Budget: b})
	}
	for _, p := range c.pods {
		spec, _ := podspec.Requirements(p, scheduler.Amount{})
		spec.Node = "" // its task is known
		core.Step(now, scheduler.PodAdded{Pod: spec, Node: p.Spec.NodeName})
	}
	core.Step(now, scheduler.PodsListed{})
	core.Step(now, scheduler.Subscribed{})
	spec, _ := podspec.Requirements(c.next, scheduler.Amount{})
	core.Step(now, scheduler.PodAdded{Pod: spec})
	var offers scheduler.Offered
	for _, n := range c.nodes {
		left, ports, _ := c.left(n)
		offer := scheduler.Offer{ID: n.Name, Agent: "agent of " + n.Name, Node: n.Name, Amount: left, Executor: true}
		for port := range uint16(2) {
			if !ports[31000+port] {
				offer.Ports = append(offer.Ports, scheduler.PortRange{Begin: 31000 + port, End: 31000 + port})
			}
		}
		offers.Offers = append(offers.Offers, offer)
	}
	calls := core.Step(now, offers)
	for range 5 {
		now = now.Add(time.Second)
		calls = append(calls, core.Step(now, scheduler.Tick{})...)
	}
	var victims []string
	for _, call := range calls {
		switch call := call.(type) {
		case scheduler.Launch:
			return outcome{launched: true}
		case scheduler.Nominate:
			o.node = call.Node
		case scheduler.Preempt:
			victims = append(victims, call.PodUID)
		}
	}
	slices.Sort(victims)
	o.victims, o.count = fmt.Sprint(victims), len(victims)
	return o
}

// nobody is nominated.
type nobody struct{ fwk.PodNominator }

func (nobody) NominatedPodsForNode(string) []fwk.PodInfo { return nil }

// unmodified returns what Kubernetes' scheduler does with the pod that comes.
func (c *crowd) unmodified(ctx context.Context) (o outcome) {
	c.t.Helper()
	profile, err := wholeProfile()
	if err != nil {
		c.t.Fatal(err)
	}
	metrics.Register()
	snapshot := cache.NewSnapshot(c.pods, c.nodes)
	f, err := runtime.NewFramework(klog.NewContext(ctx, klog.Background()), plugins.NewInTreeRegistry(), profile,
		runtime.WithSnapshotSharedLister(snapshot), runtime.WithInformerFactory(c.rules.objects), runtime.WithClientSet(c.whole.framework.ClientSet()),
		runtime.WithSharedCSIManager(c.whole.framework.SharedCSIManager()), runtime.WithPodNominator(nobody{}), runtime.WithParallelism(1))
	if err != nil {
		c.t.Fatal(err)
	}
	plugin, err := defaultpreemption.New(ctx, &config.DefaultPreemptionArgs{MinCandidateNodesPercentage: 100, MinCandidateNodesAbsolute: 100}, f, feature.Features{})
	if err != nil {
		c.t.Fatal(err)
	}
	state := framework.NewCycleState()
	only, status, _ := f.RunPreFilterPlugins(ctx, state, c.next)
	var nodes []fwk.NodeInfo
	for _, n := range c.nodes {
		info, err := snapshot.NodeInfos().Get(n.Name)
		if err != nil {
			c.t.Fatal(err)
		}
		if !status.IsSuccess() || !only.AllNodes() && !only.NodeNames.Has(n.Name) {
			continue
		}
		switch s := f.RunFilterPlugins(ctx, state, c.next, info); {
		case s.IsSuccess():
			return outcome{launched: true}
		case s.Code() == fwk.Unschedulable:
			nodes = append(nodes, info)
		}
	}
	if len(nodes) == 0 {
		return outcome{victims: "[]"}
	}
	candidates, _, err := plugin.Evaluator.DryRunPreemption(ctx, state, c.next, nodes, c.budgets, 0, int32(len(nodes)))
	if err != nil {
		c.t.Fatal(err)
	}
	best := plugin.Evaluator.SelectCandidate(ctx, candidates)
	if best == nil {
		return outcome{victims: "[]"}
	}
	names := map[types.UID]bool{}
	for _, p := range best.Victims().Pods {
		names[p.UID] = true
	}
	return outcome{node: best.Name(), victims: fmt.Sprint(slices.Sorted(maps.Keys(names))), count: len(names), violations: int(best.Victims().NumPDBViolations)}
}
