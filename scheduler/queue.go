package scheduler

import "time"

// Backoff of a pod whose launches fail. That of a bound pod is shorter: it can go
// nowhere else, and its containers may run on without a kubelet.
const (
	firstBackoff = time.Second
	mostBackoff  = time.Minute
	boundBackoff = 15 * time.Second
)

// queue holds the pods that wait: those that are ready, by class and in order of
// arrival, and those that wait for the end of their backoff. It owns state, class,
// place and backoff of a pod.
type queue struct {
	clock   *clock
	changes *changes
	agents  reservations
	rules   Rules // may be nil

	classes map[string]*class
	lines   lines  // the classes, by age and need
	late    []*pod // in backoff
	ruled   int    // classes with a Rule
}

// reservations keeps what a pod needs that can only run in one place until it is there.
type reservations interface {
	reserve(c *class)
	unreserve(c *class)
	// roomGrew: what was kept on the agent, if one is named, is free for other pods.
	roomGrew(agent string)
}

// oldest returns the class that is searched for, or nil.
func (q *queue) oldest(s search) *class { return q.lines.oldest(s) }

// hasReady reports whether any pod waits for nothing but an offer.
func (q *queue) hasReady() bool { return q.lines.hasReady() }

// empty reports whether no pod waits for anything.
func (q *queue) empty() bool { return len(q.classes) == 0 }

// add puts a pod at its place in the order of arrival.
func (q *queue) add(p *pod) {
	q.join(p)
	q.becomeReady(p)
}

// addAt does so at a later time.
func (q *queue) addAt(p *pod, at time.Time) {
	q.join(p)
	p.state, p.place = backingOff, len(q.late)
	q.late = append(q.late, p)
	if p.backoff.ring == nil {
		p.backoff.ring = func() { q.backoffOver(p) }
	}
	q.clock.set(&p.backoff, at)
	q.changes.reasons()
}

// retry brings a pod back to its old place after a failed attempt. Unless free, it
// backs off first.
func (q *queue) retry(p *pod, trouble string, free bool) {
	most := mostBackoff
	if p.pinned != nil {
		most = boundBackoff
	}
	wait := backoff(p.failures, firstBackoff, most)
	p.task, p.trouble = nil, trouble
	p.failures++
	if free && p.failures == 1 {
		q.add(p)
		return
	}
	q.addAt(p, q.clock.now.Add(wait))
}

// replace gives a waiting pod another content, which may be of another class. Its
// age, its backoff and the time for which it is ready stay.
func (q *queue) replace(p *pod, in Pod) {
	late, until, since := p.state == backingOff, p.backoff.at, p.since
	q.remove(p)
	p.Pod = in
	if late {
		q.addAt(p, until)
	} else {
		q.add(p)
		p.since = since
	}
}

// take removes the oldest ready pod of a class, which is placed.
func (q *queue) take(c *class) *pod {
	p := c.ready[0]
	c.delete(p)
	c.update()
	q.leave(p)
	p.state = placed
	return p
}

// remove removes a pod, if it waits.
func (q *queue) remove(p *pod) {
	switch p.state {
	case ready:
		p.class.delete(p)
		p.class.update()
	case backingOff:
		q.clock.stop(&p.backoff)
		q.removeLate(p)
	default:
		return
	}
	tied, agent := p.class.isTied(), p.class.agent
	q.leave(p)
	p.state = leftAlone
	if tied {
		q.changes.mayFit()
		q.agents.roomGrew(agent) // it does not come there any more
	}
}

// becomeReady lets a pod take part in matching. When others of its class wait
// already, nothing that we hold or have declined fits it.
func (q *queue) becomeReady(p *pod) {
	p.state, p.since = ready, q.clock.now
	if len(p.class.ready) == 0 {
		q.changes.mayFit()
	}
	p.class.push(p)
	p.class.update()
	q.changes.reasons()
}

func (q *queue) backoffOver(p *pod) {
	q.removeLate(p)
	q.becomeReady(p)
}

func (q *queue) removeLate(p *pod) {
	last := q.late[len(q.late)-1]
	q.late[p.place], last.place = last, p.place
	q.late = q.late[:len(q.late)-1]
}

// key returns the key of a pod's class.
func (q *queue) key(p *pod) string {
	own := ""
	if q.rules != nil && p.pinned == nil {
		own = q.rules.Key(p.Pod)
	}
	key := p.classKey(own)
	if q.lines.fair {
		key = p.Namespace + "/" + key
	}
	return key
}

// differs reports whether a waiting pod would be of another class as in.
func (q *queue) differs(p *pod, in Pod) bool {
	if p.class == nil {
		return false
	}
	other := *p
	other.Pod = in
	return q.key(&other) != p.class.key
}

// ruleOf returns the Rule for a pod, nil where there is none. The place of a bound
// pod was decided on when it was bound.
func (q *queue) ruleOf(p *pod) Rule {
	if q.rules == nil || p.pinned != nil || p.Node != "" || q.rules.Key(p.Pod) == "" {
		return nil
	}
	return q.rules.Rule(p.Pod)
}

// join makes a pod a member of its class.
func (q *queue) join(p *pod) {
	key := q.key(p)
	c := q.classes[key]
	if c == nil {
		c = newClass(key, p)
		if c.rule = q.ruleOf(p); c.rule != nil {
			q.ruled++
		}
		q.classes[key] = c
		q.lines.add(c, p.Namespace)
		if c.isTied() {
			q.agents.reserve(c)
		}
	}
	c.members++
	p.class = c
}

// leave takes a pod that is not ready out of its class.
func (q *queue) leave(p *pod) {
	c := p.class
	p.class = nil
	if c.members--; c.members > 0 {
		return
	}
	q.lines.remove(c)
	delete(q.classes, c.key)
	if c.rule != nil {
		q.ruled--
	}
	if c.isTied() {
		q.agents.unreserve(c)
	}
}

// renew has waiting pods whose key has changed join another class.
func (q *queue) renew() {
	waiting := append([]*pod(nil), q.late...)
	for _, c := range q.lines.classes() {
		if c != nil {
			waiting = append(waiting, c.ready...)
		}
	}
	for _, p := range waiting {
		if q.key(p) != p.class.key {
			q.replace(p, p.Pod)
		}
	}
}

// forgetVerdicts forgets what the rules have said about a node.
func (q *queue) forgetVerdicts(n *node) {
	for _, c := range q.lines.classes() {
		if c != nil && n.number < len(c.verdicts) {
			c.verdicts[n.number] = undecided
		}
	}
}
