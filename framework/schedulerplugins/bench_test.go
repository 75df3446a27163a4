package schedulerplugins

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// BenchmarkPlace places 500 pods one after another on 1,000 agents in ten zones, on
// which 20,000 pods run, by the core with these rules, and by Kubernetes' framework
// alone: PreFilter, Filter on all nodes and the snapshot brought up to date, without
// scores, queue, cache, API or parallelism.
func BenchmarkPlace(b *testing.B) {
	for name, dress := range map[string]func(*v1.Pod){
		"plain": func(*v1.Pod) {},
		"anti-affinity": func(p *v1.Pod) {
			p.Spec.Affinity = &v1.Affinity{PodAntiAffinity: &v1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: terms(v1.LabelHostname)}}
		},
		"affinity": func(p *v1.Pod) {
			p.Spec.Affinity = &v1.Affinity{PodAffinity: &v1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: terms(v1.LabelTopologyZone)}}
		},
		"spread": func(p *v1.Pod) {
			p.Spec.TopologySpreadConstraints = []v1.TopologySpreadConstraint{{
				MaxSkew: 1, TopologyKey: v1.LabelTopologyZone, WhenUnsatisfiable: v1.DoNotSchedule, LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "new"}},
			}}
		},
	} {
		b.Run(name+"/core", func(b *testing.B) { placeByCore(b, dress) })
		b.Run(name+"/framework", func(b *testing.B) { placeByFramework(b, dress) })
	}
}

const benchPods = 500

func terms(key string) []v1.PodAffinityTerm {
	return []v1.PodAffinityTerm{{LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "new"}}, TopologyKey: key}}
}

func benchPod(i int, app string, dress func(*v1.Pod)) *v1.Pod {
	p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprint(app, i), UID: types.UID(fmt.Sprint(app, i)), Labels: map[string]string{"app": app}}}
	p.Spec.Containers = []v1.Container{{Resources: v1.ResourceRequirements{Requests: v1.ResourceList{"cpu": resource.MustParse("10m")}}}}
	dress(p)
	return p
}

func benchNodes() (nodes []*v1.Node) {
	for i := range 1000 {
		name := fmt.Sprint("n", i)
		nodes = append(nodes, &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{v1.LabelHostname: name, v1.LabelTopologyZone: fmt.Sprint("z", i%10)}}})
	}
	return nodes
}

func placeByCore(b *testing.B, dress func(*v1.Pod)) {
	for b.Loop() {
		b.StopTimer()
		ctx, cancel := context.WithCancel(b.Context())
		r, err := newRules(ctx)
		if err != nil {
			b.Fatal(err)
		}
		core, now := scheduler.New(scheduler.Config{Rules: r}), time.Unix(0, 0)
		var offers scheduler.Offered
		for i, n := range benchNodes() {
			core.Step(now, scheduler.NodeChanged{Name: n.Name, Node: n})
			offers.Offers = append(offers.Offers, scheduler.Offer{ID: fmt.Sprint("o", i), Agent: fmt.Sprint("a", i), Node: n.Name, Amount: scheduler.Amount{CPU: 1000, Mem: 1000}})
		}
		for i := range 20000 {
			p, _ := podspec.Requirements(benchPod(i, "old", func(*v1.Pod) {}), scheduler.Amount{})
			core.Step(now, scheduler.PodAdded{Pod: p, Node: fmt.Sprint("n", i%1000)})
		}
		core.Step(now, scheduler.PodsListed{})
		core.Step(now, scheduler.Subscribed{})
		var pods []scheduler.Pod
		for i := range benchPods {
			p, _ := podspec.Requirements(benchPod(i, "new", dress), scheduler.Amount{})
			pods = append(pods, p)
		}
		if r.Key(pods[0]) != "" {
			r.wake() // once in a cluster's life
		}
		b.StartTimer()
		for _, p := range pods {
			core.Step(now, scheduler.PodAdded{Pod: p})
		}
		placed := 0
		for _, c := range core.Step(now, offers) {
			if l, is := c.(scheduler.Launch); is {
				placed += len(l.Tasks)
			}
		}
		if placed != benchPods {
			b.Fatalf("placed %d", placed)
		}
		cancel()
	}
	report(b)
}

func placeByFramework(b *testing.B, dress func(*v1.Pod)) {
	profiles, err := Default(v1.DefaultSchedulerName)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		ctx, cancel := context.WithCancel(b.Context())
		r, err := newRules(ctx)
		if err != nil {
			b.Fatal(err)
		}
		f, err := newFramework(ctx, profiles.byName[v1.DefaultSchedulerName], nil, r.snapshot, r.objects)
		if err != nil {
			b.Fatal(err)
		}
		for _, n := range benchNodes() {
			r.Node(n.Name, n)
		}
		r.wake()
		for i := range 20000 {
			p := benchPod(i, "old", func(*v1.Pod) {})
			r.Settled(scheduler.Pod{Object: p}, fmt.Sprint("n", i%1000))
		}
		b.StartTimer()
		for i := range benchPods {
			p := benchPod(i, "new", dress)
			state := framework.NewCycleState()
			if _, s, _ := f.RunPreFilterPlugins(ctx, state, p); !s.IsSuccess() {
				b.Fatal(s.AsError())
			}
			node := ""
			for _, n := range r.snapshot.nodes {
				if f.RunFilterPlugins(ctx, state, p, n).IsSuccess() && (node == "" || n.Node().Name == fmt.Sprint("n", i)) {
					node = n.Node().Name
				}
			}
			r.Settled(scheduler.Pod{Object: p}, node)
		}
		cancel()
	}
	report(b)
}

func report(b *testing.B) {
	n := float64(b.N * benchPods)
	b.ReportMetric(n/b.Elapsed().Seconds(), "placements/s")
	b.ReportMetric(0, "ns/op") // 500 pods are no unit of anything
}
