package scheduler

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// clusterOf returns a core with one agent whose Node has that much.
func clusterOf(cfg Config, total Amount) *State {
	s := New(cfg)
	for _, line := range []string{"listed", "subscribed", fmt.Sprintf("node n1 cpu=%d mem=%d", total.CPU/1000, total.Mem)} {
		s.Step(at(0), mustParse(line))
	}
	return s
}

func mustParse(line string) Event {
	e, err := parseEvent(line)
	if err != nil {
		panic(err)
	}
	return e
}

// launched returns the pods that calls launch, in order.
func launched(calls []Call) (uids []string) {
	for _, c := range calls {
		if l, ok := c.(Launch); ok {
			for _, t := range l.Tasks {
				uids = append(uids, t.PodUID)
			}
		}
	}
	return uids
}

// The example of the paper on dominant resource fairness (Ghodsi et al., 2011, figure 3):
// of 9 cpus and 18 GB, one user's tasks need 1 and 4, the other's 3 and 1; the first gets
// three tasks and the second two, each two thirds of what it needs most.
func TestFairSharesDominantResources(t *testing.T) {
	t.Parallel()
	total := Amount{CPU: 9000, Mem: 18}
	s := clusterOf(Config{Order: Fair}, total)
	for i := range 9 {
		s.Step(at(0), mustParse(fmt.Sprintf("pod a%d ns=a cpu=1 mem=4", i)))
	}
	for i := range 9 {
		s.Step(at(0), mustParse(fmt.Sprintf("pod b%d ns=b cpu=3 mem=1", i)))
	}
	got := launched(s.Step(at(0), mustParse("offer o1 agent=A1 node=n1 cpu=9 mem=18 executor")))
	if want := "a0 b0 a1 b1 a2"; strings.Join(got, " ") != want {
		t.Errorf("launched %q, want %q", got, want)
	}
}

// With policy Fair, whenever a pod is placed, no namespace with a smaller dominant share has a
// pod of the same priority waiting that fits; and none of a higher priority waits that fits.
func TestFairGuarantee(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 3))
		total := Amount{CPU: 30000, Mem: 4000}
		s := clusterOf(Config{Order: Fair}, total)
		waiting := map[string]Pod{}
		for i := range 60 {
			p := Pod{
				UID: fmt.Sprint("p", i), Namespace: fmt.Sprint("team", rng.IntN(1+rng.IntN(5))), Priority: int32(rng.IntN(2)),
				Amount: Amount{CPU: int64(1+rng.IntN(4)) * 1000, Mem: int64(rng.IntN(6)) * 100},
			}
			if rng.IntN(2) == 0 {
				p.Class = fmt.Sprint(p.Amount)
			}
			waiting[p.UID] = p
			s.Step(at(0), PodAdded{Pod: p})
		}
		used, room := map[string]Amount{}, total
		dominant := func(namespace string) float64 {
			a := used[namespace]
			return max(float64(a.CPU)/float64(total.CPU), float64(a.Mem)/float64(total.Mem))
		}
		calls := s.Step(at(0), mustParse("offer o1 agent=A1 node=n1 cpu=30 mem=4000 executor"))
		for _, uid := range launched(calls) {
			p := waiting[uid]
			delete(waiting, uid)
			for _, other := range slices.Sorted(maps.Keys(waiting)) {
				q := waiting[other]
				before := q.Priority > p.Priority || q.Priority == p.Priority && dominant(q.Namespace) < dominant(p.Namespace)
				if before && q.Amount.within(room) {
					t.Fatalf("seed %d: %+v is placed before %+v, of %v", seed, p, q, used)
				}
			}
			used[p.Namespace], room = used[p.Namespace].plus(p.Amount), room.minus(p.Amount)
		}
		if len(used) == 0 {
			t.Fatalf("seed %d: nothing was placed", seed)
		}
	}
}

// Lines of namespaces without waiting pods are not kept.
func TestLinesEnd(t *testing.T) {
	t.Parallel()
	q, _ := newTestQueue()
	q.lines = lines{fair: true, shares: &shares{nodes: &nodes{}, used: map[string]Amount{}}}
	a, b := newPod(1, "same", Amount{CPU: 1}), newPod(2, "same", Amount{CPU: 1})
	a.Namespace, b.Namespace = "a", "b"
	q.add(a)
	q.add(b)
	if len(q.lines.all) != 2 || a.class == b.class || len(q.lines.classes()) < 2 {
		t.Errorf("%d lines, classes %p and %p", len(q.lines.all), a.class, b.class)
	}
	if got := drain(q); got != "p1 p2" || len(q.lines.all) != 0 || q.hasReady() {
		t.Errorf("drained %q, %d lines are left", got, len(q.lines.all))
	}
}

// With policy Binpack an agent with more left is not begun while one with less has room;
// with Spread agents take turns.
func TestChoiceOfAgents(t *testing.T) {
	t.Parallel()
	for choice, want := range map[Choice]string{
		Spread:  "A1: p0 p3 p5; A2: p1; A3: p2 p4",
		Binpack: "A1: p3 p4 p5; A2: p0; A3: p1 p2",
	} {
		s := New(Config{Choice: choice})
		lines := []string{"listed", "subscribed", "node n1 cpu=4 mem=1000", "node n2 cpu=4 mem=1000", "node n3 cpu=4 mem=1000"}
		for i := range 6 {
			lines = append(lines, fmt.Sprintf("pod p%d cpu=1 mem=10", i))
		}
		for _, line := range lines {
			s.Step(at(0), mustParse(line))
		}
		var got []string
		for _, c := range s.Step(at(0), mustParse("offer o1 agent=A1 node=n1 cpu=4 mem=900 executor + offer o2 agent=A2 node=n2 cpu=1 mem=900 executor + offer o3 agent=A3 node=n3 cpu=2 mem=900 executor")) {
			if l, ok := c.(Launch); ok {
				got = append(got, l.Agent+": "+strings.Join(launched([]Call{l}), " "))
			}
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%s: %q, want %q", choice, got, want)
		}
	}
}
