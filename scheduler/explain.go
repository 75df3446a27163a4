package scheduler

import "time"

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
