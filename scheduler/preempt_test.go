package scheduler

import (
	"fmt"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// crowded returns a State of so many agents, each full of a pod of priority 0, and the time.
// The Nodes are four times as large as what was offered: others have the rest.
func crowded(agents int, rules Rules) (*State, time.Time) {
	s, now := New(Config{Rules: rules}), time.Unix(0, 0)
	nodes, offers := manyAgents(agents, 1)
	for _, n := range nodes {
		n.Node.Status.Allocatable = v1.ResourceList{v1.ResourceCPU: resource.MustParse("4")}
		s.Step(now, n)
	}
	s.Step(now, PodsListed{})
	s.Step(now, Subscribed{})
	for i := range agents {
		s.Step(now, PodAdded{Pod: Pod{UID: fmt.Sprint("low-", i), Amount: Amount{CPU: 1000}, Class: "low", Object: &v1.Pod{}}})
	}
	s.Step(now, offers)
	return s, now
}

// TestPreemptBehindHopeless: pods for which nobody can make room hold up none behind them,
// although they are tried again whenever anything changes.
func TestPreemptBehindHopeless(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		why    string
		needs  int64
		within time.Duration
	}{
		{"no node is large enough", 64000, patience + time.Second},
		{"what others have would have to go, too", 3000, patience + 10*time.Second},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			s, start := crowded(1000, nil)
			for i := range 500 {
				name := fmt.Sprint("hopeless-", i)
				s.Step(start, PodAdded{Pod: Pod{UID: name, Class: name, Amount: Amount{CPU: row.needs}, Priority: 10}})
			}
			s.Step(start, PodAdded{Pod: Pod{UID: "last", Class: "last", Amount: Amount{CPU: 1000}, Priority: 5}})
			for now := start; now.Sub(start) <= row.within; now = now.Add(time.Second / 2) {
				for _, c := range s.Step(now, BudgetChanged{Name: "of others"}) {
					if p, is := c.(Preempt); is && p.For == "last" {
						return
					}
				}
			}
			t.Errorf("nobody makes room for the last pod in %v", row.within)
		})
	}
}

// countedRules count how often they are asked what would be if others went.
type countedRules struct {
	*fakeRules
	tries int
}

func (c *countedRules) Rule(p Pod) Rule { return countedRule{c.fakeRules.Rule(p), c} }

type countedRule struct {
	Rule
	all *countedRules
}

func (c countedRule) Try(node string) Trial {
	c.all.tries++
	return c.Rule.Try(node)
}

// TestPreemptRuleSeldomAsked: a Rule is not asked about all agents for each of many pods.
func TestPreemptRuleSeldomAsked(t *testing.T) {
	t.Parallel()
	const agents, replicas = 1000, 20
	rules := &countedRules{fakeRules: newFakeRules()}
	s, start := crowded(agents, rules)
	for i := range replicas {
		s.Step(start, PodAdded{Pod: apart(fmt.Sprint("high-", i))})
	}
	nodes := map[string]bool{}
	for now := start; now.Sub(start) <= patience; now = now.Add(time.Second) {
		for _, c := range s.Step(now, Tick{}) {
			if p, is := c.(Preempt); is {
				nodes[p.Node] = true
			}
		}
	}
	if len(nodes) != replicas {
		t.Errorf("pods make room on %d nodes for %d pods", len(nodes), replicas)
	}
	if most := agents/candidatesPart + 3*replicas; rules.tries == 0 || rules.tries > most {
		t.Errorf("the Rule was asked for %d trials, want %d at most", rules.tries, most)
	}
}

// TestPreemptNobodyInVain: although a Rule is not asked about all agents, none has to go where
// a pod ends anyway on one of the others.
func TestPreemptNobodyInVain(t *testing.T) {
	t.Parallel()
	s, start := crowded(1000, newFakeRules())
	ends := s.fleet.find("agent-999").tasks[0].pod.Pod
	ends.Object = &v1.Pod{}
	ends.Object.DeletionTimestamp = &metav1.Time{Time: start.Add(time.Minute)}
	s.Step(start, PodAdded{Pod: ends})
	s.Step(start, PodAdded{Pod: apart("high")})
	for now := start; now.Sub(start) <= 2*patience; now = now.Add(time.Second) {
		for _, c := range s.Step(now, Tick{}) {
			if p, is := c.(Preempt); is {
				t.Errorf("pod %s has to go", p.PodUID)
			}
		}
	}
	if n := s.pods.get("high").nomination; n == nil || n.node.name != "node-999" {
		t.Errorf("the pod is nominated %+v, not to the node where one ends", n)
	}
}

// apart returns a pod of a high priority, of a class with a Rule.
func apart(uid string) Pod {
	p := Pod{UID: uid, Class: "high", Amount: Amount{CPU: 1000}, Priority: 10, Object: &v1.Pod{}}
	p.Object.UID, p.Object.Labels = types.UID(uid), map[string]string{"in": "x", "apart": "x"}
	return p
}
