package scheduler

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// sentence returns why a pod waits, including how its last attempt ended.
func (p *pod) sentence(reason string) string {
	if p.failures == 0 {
		return reason
	}
	last := fmt.Sprintf("attempt %d came to nothing: %s", p.attempt, p.trouble)
	if p.state == backingOff {
		return last + "; the next is made after " + backoff(p.failures-1, firstBackoff, mostBackoff).Round(time.Second).String()
	}
	return reason + "; " + last
}

// of returns why the ready pods of a class wait: what each agent's latest offers
// lacked, grouped by kind.
func (r *reasons) of(c *class) string {
	if !r.session.connected {
		return r.session.whyNot
	}
	if c.agent != "" {
		return r.ofPinned(c)
	}
	f := findings{excluded: make([]exclusion, len(r.rules))}
	for _, a := range r.fleet.known {
		if a.offered && (c.node == "" || c.node == a.node.name) {
			f.offers++
			r.look(&f, c, a)
		}
	}
	switch {
	case c.node != "":
		return "it is assigned to node " + c.node + r.ofAssigned(c, &f)
	case f.offers == 0:
		return "no offers from Mesos yet"
	}
	return f.text(r.rules)
}

// ofAssigned says of the Node that others have assigned a pod to why it waits.
func (r *reasons) ofAssigned(c *class, f *findings) string {
	switch n := r.fleet.nodes.find(c.node); {
	case n == nil || n.object == nil:
		return ", which does not exist"
	case !c.amount.within(n.total):
		l := lack{}
		l.add(c.amount.exceeding(n.total))
		return ", which lacks " + l.String() + " as a whole"
	case f.offers == 0:
		return ", whose agent has made no offer yet"
	}
	return " and starts when that offers enough: " + f.text(r.rules)
}

// ofPinned returns why a bound pod waits for its agent.
func (r *reasons) ofPinned(c *class) string {
	a := r.fleet.agent(c.agent)
	why := "no offer yet"
	if need := c.amount.exceeding(r.fleet.roomFor(a)); a.offered && need != (Amount{}) {
		l := lack{}
		l.add(need)
		why = "its latest offer lacks " + l.String()
	} else if p := a.lacksPort(c); a.offered && p != 0 {
		why = "its latest offer has no port " + strconv.Itoa(int(p))
	}
	return "the executor on its agent " + a.id + " has ended; it goes on when another is started there: " + why
}

// findings counts what is wrong with offers.
type findings struct {
	offers    int
	excluded  []exclusion // by rule
	noObject  int
	inBackoff int
	full      int
	lacks     [8]lack // by what is missing, see missing
	ports     []portLack
	refused   []refusal
	fit       int
}

// exclusion counts the offers that a rule excludes.
type exclusion struct {
	offers   int
	obstacle string // the first one met
}

// refusal counts the offers of nodes that the Rules refuse for the same reason.
type refusal struct {
	why    string
	offers int
}

// portLack counts the offers that lack a port.
type portLack struct {
	port   uint16
	offers int
}

// look finds out what is wrong with the latest offers of an agent.
func (r *reasons) look(f *findings, c *class, a *agent) {
	if a.backoff.active() && !c.isTied() {
		f.inBackoff++
		return
	}
	if v := r.rules.verdict(c, a.node); v != suits {
		f.exclude(v, r.rules, c, a.node)
		return
	}
	if why := c.refusal(a.node); why != "" {
		f.refuse(why)
		return
	}
	need := c.amount.exceeding(r.fleet.roomForClass(a, c))
	switch {
	case a.isFull(c):
		f.full++
	case need != Amount{}:
		f.lacks[missing(need)].add(need)
	default:
		if p := a.missingPort(c); p != 0 {
			f.addPort(p)
		} else {
			f.fit++
		}
	}
}

// missing numbers the sets of resources that an offer may lack: cpu alone first.
func missing(need Amount) (set int) {
	for i, lacks := range []bool{need.CPU > 0, need.Mem > 0, need.Disk > 0} {
		if lacks {
			set |= 1 << i
		}
	}
	return set
}

// exclude counts an offer that is excluded by its Node.
func (f *findings) exclude(v verdict, r rules, c *class, n *node) {
	if v == noObject {
		f.noObject++
		return
	}
	rule, e := &r[v-excluded], &f.excluded[v-excluded]
	if e.offers++; e.offers == 1 && rule.obstacle != nil {
		e.obstacle = rule.obstacle(c, n.object)
	}
}

func (f *findings) refuse(why string) {
	for i := range f.refused {
		if f.refused[i].why == why {
			f.refused[i].offers++
			return
		}
	}
	f.refused = append(f.refused, refusal{why, 1})
}

func (f *findings) addPort(port uint16) {
	for i := range f.ports {
		if f.ports[i].port == port {
			f.ports[i].offers++
			return
		}
	}
	f.ports = append(f.ports, portLack{port, 1})
}

func (f *findings) text(r rules) string {
	var parts []string
	say := func(n int, one, many string) {
		switch {
		case n == 1:
			parts = append(parts, "1 "+one)
		case n > 1:
			parts = append(parts, strconv.Itoa(n)+" "+many)
		}
	}
	for i, e := range f.excluded {
		one, many := r[i].one, r[i].many
		if e.obstacle != "" {
			one, many = one+" ("+e.obstacle+")", many+" (such as "+e.obstacle+")"
		}
		say(e.offers, one, many)
	}
	for _, r := range f.refused {
		say(r.offers, r.why, r.why)
	}
	say(f.noObject, "is of an agent without a Node", "are of agents without a Node")
	say(f.inBackoff, "is of an agent where executors keep failing", "are of agents where executors keep failing")
	say(f.full, "is of a node with as many pods as it may have", "are of nodes with as many pods as they may have")
	for i := range f.lacks {
		l := &f.lacks[i]
		say(l.offers, "lacks "+l.String(), "lack "+l.String())
	}
	for _, p := range f.ports {
		port := strconv.Itoa(int(p.port))
		say(p.offers, "has no port "+port, "have no port "+port)
	}
	say(f.fit, "would do and is asked for again", "would do and are asked for again")
	offers := "1 offer: "
	if f.offers > 1 {
		offers = strconv.Itoa(f.offers) + " offers: "
	}
	return offers + strings.Join(parts, ", ")
}
