package scheduler

import (
	"fmt"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// BenchmarkPlace measures placements per second, from the pods' arrival to the
// Launch calls: 10 pods for each of 100, 1,000 and 5,000 agents. The cost of a
// placement must not grow with agents times pods.
//
//   - alike: all pods are of one class.
//   - different: each pod is a class of its own, which is the worst there is.
//   - behind10k: as alike, behind 10,000 older pods of 10,000 classes that fit nowhere.
func BenchmarkPlace(b *testing.B) {
	for _, agents := range []int{100, 1000, 5000} {
		for _, kind := range []string{"alike", "different", "behind10k"} {
			b.Run(fmt.Sprintf("agents=%d/%s", agents, kind), func(b *testing.B) { place(b, agents, kind) })
		}
	}
}

func place(b *testing.B, agents int, kind string) {
	const perAgent = 10
	now := time.Unix(0, 0)
	nodes, offers := manyAgents(agents, perAgent)
	var pods []PodAdded
	for i := range agents * perAgent {
		p := Pod{UID: fmt.Sprint("pod-", i), Amount: Amount{CPU: 1000, Mem: 512}, Class: "web"}
		if kind == "different" {
			p.Amount.Mem -= int64(i % 100)
			p.Class = p.UID
		}
		pods = append(pods, PodAdded{Pod: p})
	}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		s := New(Config{})
		for _, n := range nodes {
			s.Step(now, n)
		}
		s.Step(now, PodsListed{})
		s.Step(now, Subscribed{})
		if kind == "behind10k" {
			addUnfit(s, now, 10000)
		}
		b.StartTimer()

		for _, p := range pods {
			s.Step(now, p)
		}
		placed := 0
		for _, c := range s.Step(now, offers) {
			if l, ok := c.(Launch); ok {
				placed += len(l.Tasks)
			}
		}
		if placed != len(pods) {
			b.Fatalf("placed %d of %d pods", placed, len(pods))
		}
	}
	n := float64(b.N * len(pods))
	b.ReportMetric(n/b.Elapsed().Seconds(), "placements/s")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/n, "ns/placement")
	b.ReportMetric(0, "ns/op") // a whole cluster is no unit of anything
}

// BenchmarkStepUnderLoad measures one status update and one small offer while
// 10,000 pods of as many classes wait that fit nowhere, on 5,000 agents.
func BenchmarkStepUnderLoad(b *testing.B) {
	now := time.Unix(0, 0)
	nodes, offers := manyAgents(5000, 1)
	s := New(Config{})
	for _, n := range nodes {
		s.Step(now, n)
	}
	s.Step(now, PodsListed{})
	s.Step(now, Subscribed{})
	addUnfit(s, now, 10000)
	s.Step(now, offers)
	b.Run("update", func(b *testing.B) {
		for b.Loop() {
			s.Step(now, Updated{Update{Task: "unknown.1", State: 2, UUID: "0123456789abcdef"}})
		}
	})
	b.Run("offer", func(b *testing.B) {
		n := 0
		for b.Loop() {
			n++
			o := offers.Offers[n%len(offers.Offers)]
			o.ID = fmt.Sprint("again-", n)
			if calls := s.Step(now, Offered{[]Offer{o}}); len(calls) != 1 {
				b.Fatalf("got %v", calls)
			}
		}
	})
	b.Run("reasons", func(b *testing.B) {
		for b.Loop() {
			s.changes.reasons()
			now = now.Add(reportEvery)
			s.Step(now, Tick{})
		}
	})
}

func manyAgents(agents, perAgent int) (nodes []NodeChanged, offers Offered) {
	for i := range agents {
		name := fmt.Sprint("node-", i)
		nodes = append(nodes, NodeChanged{name, &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}})
		offers.Offers = append(offers.Offers, Offer{
			ID: fmt.Sprint("offer-", i), Agent: fmt.Sprint("agent-", i), Node: name,
			Amount: Amount{CPU: int64(perAgent) * 1000, Mem: int64(perAgent) * 512},
			Ports:  []PortRange{{31000, 32000}},
		})
	}
	return nodes, offers
}

// addUnfit adds pods that no agent has room for: some lack cpu,
// some memory, some a port.
func addUnfit(s *State, now time.Time, n int) {
	for i := range n {
		p := Pod{UID: fmt.Sprint("unfit-", i), Class: fmt.Sprint("unfit-", i), Amount: Amount{CPU: 1000, Mem: 512}}
		switch i % 3 {
		case 0:
			p.Amount.CPU = 64000 + int64(i)
		case 1:
			p.Amount.Mem = 1<<20 + int64(i)
		case 2:
			p.Ports = []uint16{uint16(1 + i)}
		}
		s.Step(now, PodAdded{Pod: p})
	}
}

// BenchmarkPreempt measures victims found per second: agents are full of four pods each, of
// which two make room for each of as many pods of a higher priority as there are agents, but
// 500 at most: they do not go all at once.
func BenchmarkPreempt(b *testing.B) {
	for _, agents := range []int{100, 1000, 5000} {
		b.Run(fmt.Sprint("agents=", agents), func(b *testing.B) { preempt(b, agents) })
	}
}

func preempt(b *testing.B, agents int) {
	now := time.Unix(0, 0)
	nodes, offers := manyAgents(agents, 4)
	victims, pods := 0, min(agents, 500)
	for b.Loop() {
		b.StopTimer()
		s := New(Config{})
		for _, n := range nodes {
			s.Step(now, n)
		}
		s.Step(now, PodsListed{})
		s.Step(now, Subscribed{})
		for i := range 4 * agents {
			s.Step(now, PodAdded{Pod: Pod{UID: fmt.Sprint("low-", i), Amount: Amount{CPU: 1000, Mem: 512}, Class: "low"}})
		}
		s.Step(now, offers)
		for i := range pods {
			s.Step(now, PodAdded{Pod: Pod{UID: fmt.Sprint("high-", i), Amount: Amount{CPU: 2000, Mem: 512}, Class: "high", Priority: 1}})
		}
		b.StartTimer()

		end := now.Add(time.Minute)
		found := 0
		for next := s.Next(); next.Before(end) && found < 2*pods; next = s.Next() {
			for _, c := range s.Step(next, Tick{}) {
				if _, is := c.(Preempt); is {
					found++
				}
			}
		}
		if found != 2*pods {
			b.Fatalf("%d pods make room, want %d", found, 2*pods)
		}
		victims += found
	}
	b.ReportMetric(float64(victims)/b.Elapsed().Seconds(), "victims/s")
	b.ReportMetric(0, "ns/op")
}
