package scheduler

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// after returns the core once events, written as in transcripts, have happened, and what pods
// were told last.
func after(t *testing.T, cfg Config, events ...string) (*State, map[string]string) {
	t.Helper()
	cfg.Rules = newFakeRules()
	s, told, now := New(cfg), map[string]string{}, time.Unix(0, 0)
	note := func(calls []Call) {
		for _, c := range calls {
			if e, is := c.(Explain); is {
				told[e.PodUID] = e.Message
			}
		}
	}
	for _, line := range events {
		if d, is := strings.CutPrefix(line, "wait "); is {
			until, err := time.ParseDuration(d)
			if err != nil {
				t.Fatal(err)
			}
			end := now.Add(until)
			for next := s.Next(); !next.IsZero() && !next.After(end); next = s.Next() {
				now = next
				note(s.Step(now, Tick{}))
			}
			now = end
			continue
		}
		e, err := parseEvent(line)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if added, is := e.(PodAdded); is {
			added.Pod.Name = added.Pod.UID
			e = added
		}
		note(s.Step(now, e))
	}
	return s, told
}

func nothingFreed(string) Amount { return Amount{} }

// One message for each reason. What the pod is told, its placement, and what is said of a
// pod like it that does not exist yet are the same.
func TestMessages(t *testing.T) {
	t.Parallel()
	four := "offer o1 agent=A1 node=n1 cpu=4 mem=1024 ports=31000-31999 executor"
	for _, row := range []struct {
		pod  string
		then string // after the pod, separated by semicolons
		want string
		own  bool // it is about what has happened to the pod itself
	}{
		{"cpu=1", "", "not connected to a Mesos master", false},
		{"cpu=1", "subscribed", "no offers from Mesos yet", false},
		{"cpu=5", "subscribed; " + four, "0/1 nodes are available: 1 Insufficient cpu (lacking 1 cpu).", false},
		{"mem=2048", "subscribed; " + four, "0/1 nodes are available: 1 Insufficient memory (lacking 1024 MiB memory).", false},
		{"disk=64", "subscribed; " + four, "0/1 nodes are available: 1 Insufficient ephemeral-storage (lacking 64 MiB ephemeral-storage).", false},
		{"port=80", "subscribed; " + four, "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports (80).", false},
		{"select=zone=b", "subscribed; " + four, "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.", false},
		{"cpu=1", "node n1 cordoned; subscribed; " + four, "0/1 nodes are available: 1 node(s) were unschedulable.", false},
		{"cpu=1", "node n1 taint=gpu=yes:NoSchedule; subscribed; " + four, "0/1 nodes are available: 1 node(s) had untolerated taint(s) (gpu=yes:NoSchedule).", false},
		{"cpu=1", "node-gone n1; subscribed; " + four, "0/1 nodes are available: 1 node(s) had no Node object.", false},
		{"cpu=1", "node n1 pods=1; subscribed; pod y cpu=1 priority=1; " + four, "0/1 nodes are available: 1 Too many pods.", false},
		{"near=db", "subscribed; " + four, "0/1 nodes are available: 1 node(s) ran nothing that it wants to be near.", false},
		{"cpu=9", "subscribed; " + four + "; node n2; offer o2 agent=A2 node=n2 cpu=8 mem=64 executor", "0/2 nodes are available: 2 Insufficient cpu (lacking 1 to 5 cpu).", false},
		{"assigned=n3", "subscribed; " + four, "it is assigned to node n3, which does not exist", false},
		{"assigned=n1 cpu=8", "node n1 cpu=4; subscribed; " + four, "it is assigned to node n1, which lacks 4 cpu as a whole", false},
		{"assigned=n2", "node n2 cpu=4; subscribed; " + four, "it is assigned to node n2, whose agent has made no offer yet", false},
		{"assigned=n1 cpu=5", "subscribed; " + four, "it is assigned to node n1 and starts when that offers enough: 1 Insufficient cpu (lacking 1 cpu)", false},
		{"cpu=1", "subscribed; " + four + "; update x.1 FAILED agent=A1 from=agent says=no_disk",
			"attempt 1 came to nothing: TASK_FAILED: no disk; the next is made after 1s", true},
		{"cpu=4", "subscribed; " + four + "; update x.1 FAILED agent=A1 from=agent says=no_disk; wait 10s; offer o2 agent=A1 node=n1 cpu=3 mem=64 executor; wait 10s",
			"0/1 nodes are available: 1 Insufficient cpu (lacking 1 cpu); attempt 1 came to nothing: TASK_FAILED: no disk", true},
	} {
		events := []string{"listed", "node n1", "pod x " + row.pod}
		if row.then != "" {
			events = append(events, strings.Split(row.then, "; ")...)
		}
		s, told := after(t, Config{}, append(events, "wait 2s")...)
		if row.own && strings.Contains(row.want, "after 1s") {
			s, told = after(t, Config{}, append(events, "wait 999ms")...) // its back-off has not ended
			told["x"] = row.want
		}
		if told["x"] != row.want {
			t.Errorf("pod %q %s: it is told %q\nwant %q", row.pod, row.then, told["x"], row.want)
		}
		p, _ := s.Placement("x")
		if p.Message != row.want {
			t.Errorf("pod %q %s: its placement says %q\nwant %q", row.pod, row.then, p.Message, row.want)
		}
		if row.own {
			continue
		}
		like := s.pods.get("x").Pod
		like.UID = "not there"
		if found, message := s.Fit(like, nothingFreed); message != row.want || !reflect.DeepEqual(found, p.Survey) {
			t.Errorf("pod %q %s: of one like it is said %q, %+v\nwant %q, %+v", row.pod, row.then, message, found, row.want, p.Survey)
		}
	}
}

// Where others make room for a pod, it and the pods from which the room is kept are told so, too.
func TestMessagesOfPreemption(t *testing.T) {
	t.Parallel()
	s, told := after(t, Config{}, "listed", "node n1 cpu=4 mem=4096", "subscribed", "pod low cpu=3",
		"offer o1 agent=A1 node=n1 cpu=4 mem=1024 executor", "update low.1 STARTING agent=A1", "bound low.1", "started low at=1s",
		"pod high cpu=3 priority=10", "offer o2 agent=A1 node=n1 cpu=1 mem=1024 executor", "wait 4s",
		"pod x cpu=1", "offer o3 agent=A1 node=n1 cpu=1 mem=1024 executor", "wait 10s")
	for _, row := range []struct{ pod, want string }{
		{"high", "0/1 nodes are available: 1 Insufficient cpu (lacking 2 cpu). Room is kept for it on node n1."},
		{"x", "0/1 nodes are available: 1 node(s) kept their room for pods that go before it."},
	} {
		if p, _ := s.Placement(row.pod); told[row.pod] != row.want || p.Message != row.want || p.Fits != 0 {
			t.Errorf("%s is told %q, its placement is %+v; want %q", row.pod, told[row.pod], p, row.want)
		}
	}
	for priority, want := range map[int32]string{0: told["x"], 20: "it would fit now on 1 of 1 nodes"} {
		if _, got := s.Fit(Pod{UID: "not there", Amount: Amount{CPU: 1000}, Priority: priority}, nothingFreed); got != want {
			t.Errorf("of one like x of priority %d is said %q, want %q", priority, got, want)
		}
	}
}

// The reasons of the message, apart, and what is nearest to enough.
func TestSurvey(t *testing.T) {
	t.Parallel()
	s, _ := after(t, Config{}, "restored y.1 agent=A4 node=n4", "listed", "node n1", "node n2", "node n3 taint=gpu=yes:NoSchedule", "subscribed", "pod x cpu=2 mem=512",
		"offer o1 agent=A1 node=n1 cpu=1 mem=512 executor + offer o2 agent=A2 node=n2 cpu=1.5 mem=448 executor + offer o3 agent=A3 node=n3 cpu=8 mem=4096 executor",
		"wait 1s")
	p, _ := s.Placement("x")
	want := Survey{
		Nodes: 4, Offering: 3,
		Reasons: []Reason{
			{2, "Insufficient cpu", "lacking 0.5 to 1 cpu"}, {1, "Insufficient memory", "lacking 64 MiB memory"},
			{1, "node(s) had untolerated taint(s)", "gpu=yes:NoSchedule"}, {1, "node(s) made no offer", ""},
		},
		Nearest: &Miss{"n2", Amount{CPU: 500, Mem: 64}}, // a quarter of what it asks for; on n1 it is half
	}
	if !reflect.DeepEqual(p.Survey, want) {
		t.Errorf("%+v\nwant %+v", p.Survey, want)
	}
}

// Of a pod that does not exist the core says where it would fit, counting what was freed
// since offers ceased to come.
func TestFit(t *testing.T) {
	t.Parallel()
	s, _ := after(t, Config{}, "listed", "node n1", "node n2", "subscribed",
		"offer o1 agent=A1 node=n1 cpu=1 mem=512 executor + offer o2 agent=A2 node=n2 cpu=4 mem=512 executor")
	for _, row := range []struct {
		cpu, freed int64 // of A1
		want       string
	}{
		{1000, 0, "it would fit now on 2 of 2 nodes"},
		{3000, 0, "it would fit now on 1 of 2 nodes"},
		{5000, 0, "0/2 nodes are available: 2 Insufficient cpu (lacking 1 to 4 cpu)."},
		{5000, 3500, "0/2 nodes are available: 2 Insufficient cpu (lacking 0.5 to 1 cpu)."},
		{5000, 4000, "it would fit now on 1 of 2 nodes"},
	} {
		_, got := s.Fit(Pod{UID: "x", Amount: Amount{CPU: row.cpu}}, func(agent string) (free Amount) {
			if agent == "A1" {
				free.CPU = row.freed
			}
			return free
		})
		if got != row.want {
			t.Errorf("%d, %d freed: %q, want %q", row.cpu, row.freed, got, row.want)
		}
	}
}

// The queue is ordered by priority, then by arrival or by the shares of namespaces;
// pods in back-off keep theirs.
func TestQueue(t *testing.T) {
	t.Parallel()
	events := []string{"listed", "node n1 cpu=10 mem=1000", "subscribed", "pod r ns=a cpu=1"}
	events = append(events, "offer o1 agent=A1 node=n1 cpu=1 mem=10 executor") // a has something
	for i := range 6 {
		events = append(events, fmt.Sprintf("pod a%d ns=a cpu=9", i), fmt.Sprintf("pod b%d ns=b cpu=9", i))
	}
	events = append(events, "pod c ns=a cpu=9 priority=1", "pod late ns=b cpu=1", "offer o2 agent=A1 node=n1 cpu=1 mem=10 executor", "update late.1 FAILED agent=A1 from=agent")
	for _, row := range []struct {
		order Order
		want  string
	}{
		{FirstCome, "c a0 b0 a1 b1 a2 b2 a3 b3 a4 b4 a5 b5 late"},
		{Fair, "c b0 b1 b2 b3 b4 b5 late a0 a1 a2 a3 a4 a5"},
	} {
		s, _ := after(t, Config{Order: row.order}, events...)
		q := s.Queue()
		q.Sort()
		var got []string
		for _, w := range q {
			got = append(got, w.Name)
		}
		if !slices.Equal(got, strings.Fields(row.want)) {
			t.Errorf("%s: %v, want %s", row.order, got, row.want)
		}
		if p, _ := s.Placement("late"); p.State != "backing off" || p.Failures != 1 || !p.Next.After(time.Unix(0, 0)) {
			t.Errorf("%+v", p)
		}
		if p, _ := s.Placement("r"); p.State != "launching" || p.Task == nil || p.Task.ID != "r.1" {
			t.Errorf("%+v", p)
		}
	}
	if _, known := New(Config{}).Placement("x"); known {
		t.Error("a pod is known that nobody has announced")
	}
}

// Questions change nothing: a core that is asked after each step of a life makes the same
// calls at the same times as its twin, which is not.
func TestQuestionsChangeNothing(t *testing.T) {
	t.Parallel()
	asked := 0
	for seed := range uint64(8) {
		sim := newSimulation(t, seed)
		for range 200 {
			sim.live() // compares the twins
			for _, w := range sim.core.Queue() {
				p, known := sim.core.Placement(w.UID)
				x := sim.core.pods.get(w.UID)
				told := x.state == ready && x.class.version == sim.core.changes.version && x.explained.source == source{x.class.reason, x.failures, x.state}
				if !known || told && p.Message != w.Message {
					t.Fatalf("seed %d: %+v, told %q", seed, p, w.Message)
				}
				sim.core.Fit(sim.core.pods.get(w.UID).Pod, nothingFreed)
				asked++
			}
		}
	}
	if asked < 1000 {
		t.Errorf("asked %d times only", asked)
	}
}

// BenchmarkPlacement measures an answer about the last of 5,000 pods that wait, and that
// about the whole queue.
func BenchmarkPlacement(b *testing.B) {
	for _, agents := range []int{100, 1000, 5000} {
		now := time.Unix(0, 0)
		nodes, offers := manyAgents(agents, 1)
		s := New(Config{})
		for _, n := range nodes {
			s.Step(now, n)
		}
		s.Step(now, PodsListed{})
		s.Step(now, Subscribed{})
		for i := range 5000 {
			s.Step(now, PodAdded{Pod: Pod{UID: fmt.Sprint(i), Class: fmt.Sprint(i % 10), Amount: Amount{CPU: 64000 + int64(i%10)}}})
		}
		s.Step(now, offers)
		s.Step(now.Add(time.Minute), Tick{})
		b.Run(fmt.Sprintf("agents=%d/pod", agents), func(b *testing.B) {
			for b.Loop() {
				s.Placement("4999")
			}
		})
		b.Run(fmt.Sprintf("agents=%d/queue", agents), func(b *testing.B) {
			for b.Loop() {
				s.Queue()
			}
		})
	}
}
