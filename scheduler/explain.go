package scheduler

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits on explaining: each Explain is a write to the API server. See also
// reportEvery.
const (
	explainAtOnce = 200              // at most this many pods are told each time
	explainAgain  = 10 * time.Second // a pod is told nothing new within this time
	// checksAtOnce bounds how many pairs of class and agent are compared each time.
	checksAtOnce = 1 << 20
	ruleChecks   = 8 // as many as one counts where a Rule is asked
)

// reasons makes sure that every waiting pod is told why it waits, at a limited
// rate: after any change that is marked in changes, and at most once a second, it
// computes the reasons, class by class, and tells the pods whose reason has
// changed. It reads queue, fleet and rules, and changes none of them.
type reasons struct {
	clock   *clock
	session *session
	changes *changes
	queue   *queue
	fleet   *fleet
	rules   rules

	at       int      // slot of the class to go on with
	spare    []Amount // of the known agents, in their order
	measured uint64   // version of the changes that spare includes
}

// report computes the reasons and tells them; what exceeds the limits is left for
// the next time.
func (r *reasons) report() {
	checks, tells, later := checksAtOnce, explainAtOnce, false
	classes := r.queue.lines.classes()
	for range classes {
		r.at = (r.at + 1) % len(classes)
		c := classes[r.at]
		if c == nil || len(c.ready) == 0 {
			continue
		}
		if c.version != r.changes.version {
			if checks <= 0 {
				later = true
				continue
			}
			checks -= r.cost(c)
			c.reason, c.version = r.of(c), r.changes.version
		}
		for _, p := range c.ready {
			later = !r.explainSoon(p, c.reason, &tells) || later
		}
	}
	for _, p := range r.queue.late {
		later = !r.explainSoon(p, "", &tells) || later
	}
	if later {
		r.clock.after(reportEvery, &r.changes.report)
	}
}

// cost returns how many checks the reason of a class is worth.
func (r *reasons) cost(c *class) int {
	if c.rule != nil {
		return ruleChecks * len(r.fleet.known)
	}
	return len(r.fleet.known)
}

// explained holds what a pod was told last, and what it was made from.
type explained struct {
	message string
	at      time.Time
	source
}

// source is what the sentence of a pod is made from.
type source struct {
	reason   string
	failures int
	state    podState
}

// explainSoon tells a pod why it waits unless it knows; false when it must wait
// for that.
func (r *reasons) explainSoon(p *pod, reason string, tells *int) bool {
	now := source{reason, p.failures, p.state}
	if p.explained.source == now {
		return true
	}
	if *tells == 0 || p.explained.message != "" && r.clock.since(p.explained.at) < explainAgain {
		return false
	}
	*tells--
	p.explained.source = now
	r.explain(p, p.sentence(reason))
	return true
}

// explain tells a pod why it waits, unless that is what it was told last.
func (r *reasons) explain(p *pod, message string) {
	if message == p.explained.message {
		return
	}
	p.explained.message, p.explained.at = message, r.clock.now
	r.session.call(Explain{PodUID: p.UID, Message: message})
}

// What follows answers questions. It changes nothing that the core decides by.

// Placement is where a pod stands.
type Placement struct {
	// State is "waiting" for an offer, "backing off" after a failed attempt, "left
	// alone", or the state of the pod's task, as in [Counts].
	State  string
	Queued bool // it waits, and its place is in the [Queue]
	// Message is why it waits or is left alone: what it would be told now.
	Message string
	// Attempt is the number of the latest attempt, 0 if there was none; Failures is
	// how many have come to nothing since a pod of it ran, and Trouble what became of the last.
	Attempt, Failures int
	Trouble           string
	Next              time.Time // when the next attempt may be made; zero: as soon as an offer fits

	Task   *Task     // while it has one
	Since  time.Time // since when
	Survey           // of a pod that waits
}

// Survey is what the agents' latest offers mean for a pod that waits.
type Survey struct {
	Nodes, Offering int      // that could run it, and those of them that have made an offer
	Fits            int      // those on which it fits
	Reasons         []Reason // what is wrong with the others
	Nearest         *Miss    // where it lacks least; nil: nowhere are amounts all that it lacks
}

// Reason is what some nodes have in common, in the words of the message. Detail, if there
// is any, is about one of them or, where it is an amount, about all.
type Reason struct {
	Nodes          int
	Reason, Detail string
}

// Miss is what a pod lacks on a node.
type Miss struct {
	Node  string
	Lacks Amount
}

// Placement returns where a pod stands, in time proportional to the agents; false when the
// pod is not known.
func (s *State) Placement(uid string) (p Placement, known bool) {
	x := s.pods.get(uid)
	if x == nil {
		return p, false
	}
	p = Placement{State: "left alone", Attempt: x.attempt, Failures: x.failures, Trouble: x.trouble}
	switch {
	case x.waits():
		s.placeWaiting(&p, x)
	case x.task != nil:
		t := x.task.Task
		p.State, p.Task, p.Since = x.task.state.String(), &t, x.task.since
	case x.node == "":
		p.Message = x.explained.message
	}
	return p, true
}

func (s *State) placeWaiting(p *Placement, x *pod) {
	r := s.reasons.apart()
	p.Queued, p.Survey = true, r.survey(x.class)
	if x.state == backingOff {
		p.State, p.Next, p.Message = "backing off", x.backoff.at, x.sentence("")
		return
	}
	why := x.class.reason
	if x.class.version != r.changes.version {
		why = r.of(x.class)
	}
	p.State, p.Message = "waiting", x.sentence(why)
}

// Fit returns what the offers mean for a pod that does not exist: as a sentence, which is
// what such a pod would be told if it fits nowhere. freed is what has become free
// on an agent since its latest offer: while no pod waits, no offers come.
func (s *State) Fit(in Pod, freed func(agent string) Amount) (Survey, string) {
	p := &pod{Pod: in, seq: inOrder(in.Priority, s.pods.arrivals+1)}
	c := newClass(s.queue.key(p), p)
	c.ready = byAge{p}
	if rules := s.queue.rules; rules != nil && in.Node == "" && rules.Key(in) != "" {
		c.rule = rules.Imagine(in)
	}
	r := s.reasons.apart()
	r.measure()
	r.spare = slices.Clone(r.spare)
	for i, a := range r.fleet.known {
		r.spare[i] = r.spare[i].plus(freed(a.id))
	}
	found := r.survey(c)
	if found.Fits == 0 {
		return found, r.of(c)
	}
	return found, "it would fit now on " + strconv.Itoa(found.Fits) + " of " + strconv.Itoa(found.Nodes) + " nodes"
}

// apart returns reasons that measure for themselves, unless the measures are those of now.
func (r *reasons) apart() *reasons {
	own := *r
	if own.measured != r.changes.version || len(own.spare) != len(r.fleet.known) {
		own.measured, own.spare = 0, nil
	}
	return &own
}

// survey looks at the agents' latest offers for pods of a class.
func (r *reasons) survey(c *class) (s Survey) {
	var f findings
	closest := 0.0
	r.measure()
	for i, a := range r.fleet.known {
		if c.agent != "" && c.agent != a.id || c.node != "" && (a.node == nil || c.node != a.node.name) {
			continue
		}
		s.Nodes++
		if !a.offered {
			f.add("node(s) made no offer")
			continue
		}
		s.Offering++
		room := r.spare[i]
		if c.isTied() {
			room = r.fleet.roomForClass(a, c)
		}
		need := c.amount.exceeding(room)
		free := c.isTied() || !a.backoff.active() && c.amount.within(room.minus(a.node.promised(c)))
		if need == (Amount{}) && free && r.rules.fits(c, a) {
			s.Fits++
			continue
		}
		short := f.short()
		if r.look(&f, c, a, &room); f.short() == short {
			continue // something else is wrong
		}
		if part := c.amount.missing(need); s.Nearest == nil || part < closest {
			s.Nearest, closest = &Miss{a.node.name, need}, part
		}
	}
	s.Reasons = f.reasons()
	if c.rule != nil && c.rule.Nowhere() != "" {
		s.Reasons = []Reason{{Nodes: s.Nodes, Reason: c.rule.Nowhere()}}
	}
	return s
}

// short returns how often a resource has been found lacking.
func (f *findings) short() int { return f.lacks[0].offers + f.lacks[1].offers + f.lacks[2].offers }

// missing returns the largest part of what is asked for that is lacking.
func (a Amount) missing(need Amount) float64 {
	return max(fraction(need.CPU, a.CPU), fraction(need.Mem, a.Mem), fraction(need.Disk, a.Disk))
}

// reasons returns the findings in the order in which they are told.
func (f *findings) reasons() (all []Reason) {
	for _, x := range f.all {
		all = append(all, Reason{x.nodes, x.reason, x.detail})
	}
	for i, resource := range []string{"cpu", "memory", "ephemeral-storage"} {
		if l := &f.lacks[i]; l.offers > 0 {
			all = append(all, Reason{l.offers, "Insufficient " + resource, "lacking " + l.String()})
		}
	}
	slices.SortFunc(all, func(a, b Reason) int { return strings.Compare(a.Reason, b.Reason) })
	return all
}

// Queue is the pods that wait, in no order until Sort.
type Queue []Waiting

// Waiting is a pod that waits, and what it was told last.
type Waiting struct {
	UID, Namespace, Name string
	Priority             int32
	Next                 time.Time // when its next attempt may be made; zero: as soon as an offer fits
	Message              string

	seq   uint64
	share float64 // of its namespace; 0 where that does not matter
}

// Queue returns the pods that wait, in time proportional to their number.
func (s *State) Queue() Queue {
	lines, late := &s.queue.lines, s.queue.late
	shares := map[string]float64{}
	length := len(late)
	for _, c := range lines.classes() {
		if c != nil {
			length += len(c.ready)
		}
	}
	all := make(Queue, 0, length)
	add := func(p *pod, next time.Time) {
		share, known := shares[p.Namespace]
		if lines.fair && !known {
			share = lines.shares.dominant(p.Namespace)
			shares[p.Namespace] = share
		}
		all = append(all, Waiting{p.UID, p.Namespace, p.Name, p.Priority, next, p.explained.message, p.seq, share})
	}
	for _, c := range lines.classes() {
		for i := 0; c != nil && i < len(c.ready); i++ {
			add(c.ready[i], time.Time{})
		}
	}
	for _, p := range late {
		add(p, p.backoff.at)
	}
	return all
}

// Sort puts the pods into the order in which they are served as things stand: it takes
// a while, which need not be the core's. A pod that can only run on one node does not wait for those
// before it.
func (q Queue) Sort() {
	slices.SortFunc(q, func(a, b Waiting) int {
		if goesBefore(a.seq, a.share, b.seq, b.share) {
			return -1
		}
		return 1
	})
}
