package scheduler

import (
	"fmt"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// matching is a matcher with queue, fleet and demand, but without anything that
// happens to tasks.
type matching struct {
	*matcher
	nodes nodes
	seq   uint64
}

func newMatching(r rules, cfg Config) *matching {
	q, _ := newTestQueue()
	f := newTestFleet(cfg)
	f.clock, f.changes, q.agents = q.clock, q.changes, f
	s := &session{connected: true, listed: true}
	d := &offerDemand{}
	d.init(q.clock, s)
	m := &matching{nodes: nodes{rules: r, maxPods: 100, byName: map[string]*node{}}}
	m.matcher = &matcher{session: s, changes: q.changes, queue: q, fleet: f, rules: r, demand: d, refuse: f.cfg.Refuse}
	m.start = func(p *pod, a *agent) Task {
		t := &task{Task: Task{ID: p.UID, Agent: a.id, Ports: p.Ports}}
		f.book(t)
		return t.Task
	}
	return m
}

// pod adds the next pod, of a class of its own.
func (m *matching) pod(cpu int64, pinnedTo string) *pod {
	m.seq++
	p := newPod(m.seq, "", Amount{CPU: cpu})
	if pinnedTo != "" {
		p.pinned = &pinned{last: Task{Agent: pinnedTo}}
	}
	m.queue.add(p)
	return p
}

// offer offers cpu of an agent, whose only offer it is.
func (m *matching) offer(id string, cpu int64) *agent {
	return m.offerOf(id, &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-" + id}}, cpu)
}

// offerOf does so for an agent with a certain Node. An executor that costs nothing
// runs there.
func (m *matching) offerOf(id string, object *v1.Node, cpu int64) *agent {
	n, _ := m.nodes.changed("node-"+id, object)
	free := m.fleet.cfg.Executor == Amount{}
	a, _ := m.fleet.offered(Offer{ID: "offer-" + id, Agent: id, Amount: Amount{CPU: cpu}, Executor: free}, n)
	return a
}

// match returns which pods are launched where, or what is declined.
func (m *matching) match() string {
	m.session.calls, m.changes.fit = nil, false
	m.run()
	m.decline()
	var lines []string
	for _, c := range m.session.calls {
		switch c := c.(type) {
		case Launch:
			line := taskIDs(c.Tasks) + " on " + c.Agent
			if c.Executor {
				line += " and executor"
			}
			lines = append(lines, line)
		case Decline:
			lines = append(lines, "decline "+strings.Join(c.Offers, ","))
		}
	}
	return strings.Join(lines, "; ")
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		story func(m *matching)
		want  string
	}{
		{"pods spread over the agents", func(m *matching) {
			for range 4 {
				m.pod(1, "")
			}
			m.offer("A1", 10)
			m.offer("A2", 10)
		}, "p1,p3 on A1; p2,p4 on A2"},
		{"a pod that fits nowhere holds no other up", func(m *matching) {
			m.pod(5, "")
			m.pod(2, "")
			m.pod(2, "")
			m.offer("A1", 3)
		}, "p2 on A1"},
		{"the oldest that fits goes first", func(m *matching) {
			m.pod(3, "")
			m.pod(2, "")
			m.pod(3, "")
			m.offer("A1", 4)
		}, "p1 on A1"},
		{"a bound pod goes before an older one, and to its agent", func(m *matching) {
			m.pod(3, "")
			m.pod(3, "A2")
			m.offer("A1", 1)
			m.offer("A2", 4)
		}, "p2 on A2; decline offer-A1"},
		{"room is kept for a bound pod in backoff", func(m *matching) {
			m.queue.retry(m.queue.take(m.pod(3, "A1").class), "", false)
			m.pod(2, "")
			m.pod(1, "")
			m.offer("A1", 4)
		}, "p3 on A1"},
		{"an agent in backoff gets its bound pods only", func(m *matching) {
			m.fleet.agent("A1").backoff.recordFailure(m.fleet.clock, 1, 1, true)
			m.pod(1, "")
			m.pod(1, "A1")
			m.offer("A1", 9)
		}, "p2 on A1"},
		{"the first pod pays for the executor", func(m *matching) {
			m.fleet.cfg.Executor = Amount{CPU: 2}
			m.pod(2, "")
			m.pod(1, "")
			m.pod(1, "")
			m.offer("A1", 4)
		}, "p1 on A1 and executor"},
		{"an offer is of no use", func(m *matching) {
			m.pod(5, "")
			m.offer("A1", 4)
			m.offer("A2", 4)
		}, "decline offer-A1,offer-A2"},
		{"nothing waits", func(m *matching) { m.offer("A1", 4) }, "decline offer-A1"},
		{"an offer is held for a pod in backoff", func(m *matching) {
			m.queue.retry(m.queue.take(m.pod(3, "").class), "", false)
			m.offer("A1", 3)
			m.offer("A2", 2)
		}, "decline offer-A2"},
		{"or for a bound pod, though the agent is in backoff", func(m *matching) {
			m.fleet.agent("A1").backoff.recordFailure(m.fleet.clock, 1, 1, true)
			m.queue.retry(m.queue.take(m.pod(3, "A1").class), "", false)
			m.queue.retry(m.queue.take(m.pod(1, "").class), "", false)
			m.offer("A1", 3)
		}, ""},
		{"but not for one that may not go there", func(m *matching) {
			m.fleet.agent("A1").backoff.recordFailure(m.fleet.clock, 1, 1, true)
			m.queue.retry(m.queue.take(m.pod(1, "").class), "", false)
			m.offer("A1", 3)
		}, "decline offer-A1"},
		{"but not for one whose backoff is longer than offers are held", func(m *matching) {
			p := m.queue.take(m.pod(3, "").class)
			p.failures = 4
			m.queue.retry(p, "", false)
			m.offer("A1", 3)
		}, "decline offer-A1"},
		{"a pod keeps off an agent where an earlier attempt may live", func(m *matching) {
			p := newPod(9, "", Amount{CPU: 1})
			p.superseded = 1
			m.queue.add(p)
			m.fleet.book(&task{Task: Task{Agent: "A1"}, supersededBy: p})
			m.offer("A1", 9)
			m.offer("A2", 9)
		}, "p9 on A2; decline offer-A1"},
		{"not before the pods are listed", func(m *matching) {
			m.session.listed = false
			m.pod(1, "")
			m.offer("A1", 3)
		}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			m := newMatching(kubernetesRules, Config{})
			row.story(m)
			if got := m.match(); got != row.want {
				t.Errorf("got  %q\nwant %q", got, row.want)
			}
		})
	}
}

// An offer that is held is looked at again when a pod may fit it.
func TestMatchLooksAgain(t *testing.T) {
	t.Parallel()
	m := newMatching(kubernetesRules, Config{})
	m.queue.retry(m.queue.take(m.pod(1, "").class), "", false)
	m.offer("A1", 1)
	if got := m.match(); got != "" {
		t.Errorf("got %q", got)
	}
	m.queue.clock.advance(at(1))
	m.queue.clock.ring()
	m.session.calls = nil
	if m.run(); showCalls(m.session.calls) != "launch p1 on A1 with offer-A1, rest refused for 1h0m0s" {
		t.Errorf("got %q", showCalls(m.session.calls))
	}
	if !m.demand.filtered {
		t.Error("what is left of the offer is filtered, which the demand must know")
	}
}

// lastIsBest prefers whichever agent is the last of those that it compares.
type lastIsBest struct {
	Rule
	asked int             // about agents
	seen  map[string]bool // those that were compared
}

func (l *lastIsBest) Refuses(string) string { l.asked++; return "" }
func (l *lastIsBest) Nowhere() string       { return "" }
func (l *lastIsBest) Prefers() bool         { return true }

func (l *lastIsBest) Scores(nodes []string) (scores []int64) {
	for i, name := range nodes {
		scores = append(scores, int64(i))
		l.seen[name] = true
	}
	return scores
}

// However many agents offer, to place a pod that prefers some the rule is asked about a
// hundred; the next time about others.
func TestBestOfAHundred(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ agents, asked, seen int }{
		{3, 20 * (3 + 1), 3}, // that has the turn, the others, and the best again
		{1000, 20 * (mostScored + 1), 1000},
	} {
		m := newMatching(kubernetesRules, Config{})
		rule := &lastIsBest{seen: map[string]bool{}}
		for i := range 20 {
			m.queue.add(newPod(uint64(i+1), "alike", Amount{CPU: 1}))
		}
		for _, c := range m.queue.classes {
			c.rule = rule
		}
		for i := range row.agents {
			m.offer(fmt.Sprint(i), 1000)
		}
		if m.match(); !m.queue.empty() || rule.asked != row.asked || len(rule.seen) != row.seen {
			t.Errorf("of %d agents %d were compared, and the rule asked %d times; want %d, %d", row.agents, len(rule.seen), rule.asked, row.seen, row.asked)
		}
	}
}

// A rule that is added is obeyed by matching and told as a reason.
func TestRulesPlugIn(t *testing.T) {
	t.Parallel()
	even := nodeRule{
		allows:   func(_ *class, n *v1.Node) bool { return n.Name != "node-A1" },
		reason:   "node(s) were odd",
		obstacle: func(_ *class, n *v1.Node) string { return n.Name },
	}
	r := append(append(rules{}, kubernetesRules...), even)
	m := newMatching(r, Config{})
	p := m.pod(1, "")
	m.offer("A1", 9)
	if got := m.match(); got != "decline offer-A1" {
		t.Errorf("got %q", got)
	}
	why := &reasons{clock: m.queue.clock, session: m.session, changes: m.changes, queue: m.queue, fleet: m.fleet, rules: r}
	if got := why.of(p.class); got != "0/1 nodes are available: 1 node(s) were odd (node-A1)." {
		t.Errorf("reason %q", got)
	}
	m.offer("A2", 9)
	if got := m.match(); got != "p1 on A2" {
		t.Errorf("got %q", got)
	}
}

func TestDemand(t *testing.T) {
	t.Parallel()
	type step struct {
		at                     int // seconds
		mayFit, ready, waiting bool
		do                     func(*offerDemand)
		want                   string
	}
	ready := func(seconds int, want string) step { return step{at: seconds, ready: true, waiting: true, want: want} }
	fits := func(seconds int, want string) step {
		return step{at: seconds, mayFit: true, ready: true, waiting: true, want: want}
	}
	do := func(seconds int, f func(*offerDemand)) step { return step{at: seconds, do: f} }
	idle := func(seconds int, want string) step { return step{at: seconds, want: want} }
	burst := []step{idle(0, "suppress")}
	for range reviveBurst {
		burst = append(burst, do(0, (*offerDemand).declined), fits(0, "revive"))
	}
	for name, story := range map[string][]step{
		"no pod, then one":      {idle(0, "suppress"), idle(0, ""), ready(1, "revive"), ready(1, "")},
		"only a pod in backoff": {{at: 0, waiting: true}, idle(1, "suppress")},
		"offers are filtered":   {fits(0, ""), do(0, (*offerDemand).declined), ready(0, ""), fits(0, "revive"), fits(0, "")},
		"a launch filters, too": {do(0, (*offerDemand).launched), fits(0, "revive")},
		"a Revive may get lost": {ready(0, ""), ready(4, ""), ready(5, "revive"), ready(9, ""), ready(10, "revive"), ready(19, ""), ready(20, "revive")},
		"not too many at once":  append(burst, do(0, (*offerDemand).declined), fits(0, ""), ready(1, "revive"), ready(1, "")),
		"a new stream":          {idle(0, "suppress"), do(0, (*offerDemand).reset), ready(0, ""), do(0, (*offerDemand).reset), idle(1, "suppress")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, s, d := &clock{now: at(0)}, &session{connected: true, listed: true}, &offerDemand{}
			d.init(c, s)
			for i, x := range story {
				c.advance(at(x.at))
				c.ring()
				if x.do != nil {
					x.do(d)
					continue
				}
				s.calls = nil
				if d.update(x.mayFit, x.ready, x.waiting); showCalls(s.calls) != x.want {
					t.Fatalf("step %d: %q, want %q", i, showCalls(s.calls), x.want)
				}
			}
		})
	}
}

// What changes while there is no connection is made up for afterwards.
func TestDemandWithoutConnection(t *testing.T) {
	t.Parallel()
	c, s, d := &clock{now: at(0)}, &session{listed: true}, &offerDemand{}
	d.init(c, s)
	d.declined()
	if d.update(true, true, true); len(s.calls) > 0 {
		t.Error(showCalls(s.calls))
	}
	s.connected = true
	if d.update(false, true, true); showCalls(s.calls) != "revive" {
		t.Error(fmt.Sprint(s.calls))
	}
}
