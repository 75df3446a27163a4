package scheduler

import (
	"fmt"
	"strings"
	"testing"
)

func (m *matching) reasons() *reasons {
	r := &reasons{clock: m.queue.clock, session: m.session, changes: m.changes, queue: m.queue, fleet: m.fleet, rules: m.rules}
	m.changes.report.ring = r.report
	return r
}

func TestReasons(t *testing.T) {
	t.Parallel()
	onNode := func(m *matching, agent, like string) { m.offerOf(agent, nodeObject(t, like), 1) }
	for _, row := range []struct {
		pod   string
		story func(m *matching)
		want  string
	}{
		{"cpu=2", func(m *matching) {}, "no offers from Mesos yet"},
		{"cpu=2", func(m *matching) { m.session.disconnected(nil) }, "not connected to a Mesos master"},
		{"cpu=2", func(m *matching) {
			m.offer("A1", 1500)
			m.offer("A2", 500)
			m.offer("A3", 9000)
		}, "0/3 nodes are available: 2 Insufficient cpu (lacking 0.5 to 1.5 cpu), 1 node(s) would do, and are asked for another offer."},
		{"cpu=0.5 mem=64", func(m *matching) { m.offer("A1", 1000) }, "0/1 nodes are available: 1 Insufficient memory (lacking 64 MiB memory)."},
		{"cpu=2 mem=64", func(m *matching) { m.offer("A1", 1000) }, "0/1 nodes are available: 1 Insufficient cpu (lacking 1 cpu), 1 Insufficient memory (lacking 64 MiB memory)."},
		{"port=80 port=81", func(m *matching) { m.offer("A1", 1); m.offer("A2", 1) }, "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports (such as 80)."},
		{"", func(m *matching) {
			m.offer("A1", 1)
			m.fleet.find("A1").backoff.recordFailure(m.fleet.clock, 1, 1, true)
		}, "0/1 nodes are available: 1 node(s) were left alone, as executors keep failing there."},
		{"", func(m *matching) { m.offer("A1", 1).node.maxPods = 0 }, "0/1 nodes are available: 1 Too many pods."},
		{"select=zone=a", func(m *matching) {
			onNode(m, "A1", "zone=b")
			onNode(m, "A2", "cordoned zone=a")
			onNode(m, "A3", "zone=a taint=gpu=yes:NoSchedule")
			onNode(m, "A4", "zone=a taint=old=yes:NoSchedule")
			m.offerOf("A5", nil, 1)
		}, "0/5 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had no Node object, 2 node(s) had untolerated taint(s) (such as gpu=yes:NoSchedule), 1 node(s) were unschedulable."},
	} {
		m := newMatching(kubernetesRules, Config{})
		row.story(m)
		if got := m.reasons().of(classOf(t, row.pod)); got != row.want {
			t.Errorf("pod %q: %q\nwant %q", row.pod, got, row.want)
		}
	}
}

func TestReasonOfPinned(t *testing.T) {
	t.Parallel()
	const waits = "the executor on its agent A1 has ended; it goes on when another is started there: "
	for _, row := range []struct {
		pod  string
		cpu  int64 // offered; 0: nothing is
		want string
	}{
		{"cpu=2", 0, "no offer yet"},
		{"cpu=2", 1500, "its latest offer lacks 0.5 cpu"},
		{"cpu=2 port=80", 2000, "its latest offer has no port 80"},
	} {
		m := newMatching(kubernetesRules, Config{})
		if row.cpu > 0 {
			m.offer("A1", row.cpu)
		}
		c := classOf(t, row.pod)
		c.agent = "A1"
		m.fleet.reserve(c)
		if got := m.reasons().of(c); got != waits+row.want {
			t.Errorf("pod %q: %q", row.pod, got)
		}
	}
}

func TestSentence(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		p    pod
		want string
	}{
		{pod{state: ready}, "no room"},
		{pod{state: ready, attempt: 3, failures: 2, trouble: "it burnt"}, "no room; attempt 3 came to nothing: it burnt"},
		{pod{state: backingOff, attempt: 3, failures: 2, trouble: "it burnt"}, "attempt 3 came to nothing: it burnt; the next is made after 2s"},
	} {
		if got := row.p.sentence("no room"); got != row.want {
			t.Errorf("%q, want %q", got, row.want)
		}
	}
}

// Reasons are told once, when they have changed, and at a limited rate.
func TestExplain(t *testing.T) {
	t.Parallel()
	m := newMatching(kubernetesRules, Config{})
	m.reasons()
	for range explainAtOnce + 50 {
		m.pod(1, "")
	}
	told := func(seconds int) int {
		m.session.calls = nil
		m.queue.clock.advance(at(seconds))
		m.queue.clock.ring()
		return len(m.session.calls)
	}
	for _, step := range []struct {
		at, told int
		change   func()
	}{
		{at: 1, told: explainAtOnce},
		{at: 2, told: 50},
		{at: 3, told: 0},
		{at: 4, told: 0, change: func() { m.offer("A1", 0); m.changes.reasons() }}, // marked: computed a second later
		{at: 5, told: 0},              // computed, but all have been told less than ten seconds ago
		{at: 11, told: explainAtOnce}, // the first are told
		{at: 12, told: 50},
		{at: 30, told: 0},
	} {
		if step.change != nil {
			step.change()
		}
		if got := told(step.at); got != step.told {
			t.Fatalf("%d are told after %d s, want %d", got, step.at, step.told)
		}
	}
}

// A pod that backs off is told what went wrong, and when it goes on.
func TestExplainBackoff(t *testing.T) {
	t.Parallel()
	m := newMatching(kubernetesRules, Config{})
	r := m.reasons()
	p := m.queue.take(m.pod(1, "").class)
	p.attempt, p.failures = 5, 4
	m.queue.retry(p, "it burnt", false)
	r.report()
	r.explain(p, p.explained.message)
	want := "explain p1: attempt 5 came to nothing: it burnt; the next is made after 16s"
	if got := showCalls(m.session.calls); got != want {
		t.Errorf("got %q", got)
	}
}

func TestLack(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		needs []Amount
		want  string
	}{
		{[]Amount{{CPU: 500}}, "0.5 cpu"},
		{[]Amount{{CPU: 500}, {CPU: 1500}, {CPU: 1000}}, "0.5 to 1.5 cpu"},
		{[]Amount{{Mem: 64}, {Mem: 64}}, "64 MiB memory"},
		{[]Amount{{CPU: 1, Mem: 64}, {CPU: 2, Mem: 32}}, "0.001 to 0.002 cpu and 32 to 64 MiB memory"},
		{[]Amount{{Disk: 5}, {Mem: 1, Disk: 7}}, "0 to 1 MiB memory and 5 to 7 MiB ephemeral-storage"},
	} {
		var l lack
		for _, need := range row.needs {
			l.add(need)
		}
		if got := l.String(); got != row.want || l.offers != len(row.needs) {
			t.Errorf("%v: %q", row.needs, got)
		}
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	a := Amount{3, 5, 7}
	if b := (Amount{1, 2, 3}); a.plus(b).minus(b) != a || a.least(b) != b || a.most(b) != a {
		t.Error("plus and minus do not cancel out")
	}
	for b, want := range map[Amount]bool{{3, 5, 7}: true, {4, 5, 8}: true, {2, 9, 9}: false, {9, 4, 9}: false, {9, 9, 6}: false} {
		if a.within(b) != want {
			t.Errorf("%v within %v: %v", a, b, !want)
		}
		if lack := a.exceeding(b); (lack == Amount{}) != want || !a.within(b.plus(lack)) {
			t.Errorf("%v exceeds %v by %v", a, b, lack)
		}
	}
	if none := (Amount{3, 5, 0}); !none.within(Amount{3, 5, -1}) || none.exceeding(Amount{3, 5, -1}) != (Amount{}) {
		t.Error("a pod that asks for no disk waits for disk")
	}
	ranges := []PortRange{{1, 3}, {5, 5}, {9, 65535}}
	var found []string
	for _, port := range []uint16{0, 1, 2, 3, 4, 5, 6, 8, 9, 65535} {
		if has(ranges, port) {
			found = append(found, fmt.Sprint(port))
		}
	}
	if got := strings.Join(found, " "); got != "1 2 3 5 9 65535" || has(nil, 1) {
		t.Error("found", got)
	}
}
