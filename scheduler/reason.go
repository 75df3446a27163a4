package scheduler

import (
	"fmt"
	"slices"
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
	return strings.TrimSuffix(reason, ".") + "; " + last
}

// of returns why the ready pods of a class wait, in the words of Kubernetes' own
// scheduler as far as it has any: what was wrong with each agent's latest offers,
// grouped by kind.
func (r *reasons) of(c *class) string {
	if !r.session.connected {
		return r.session.whyNot
	}
	if c.agent != "" {
		return r.ofPinned(c)
	}
	var f findings
	offers := 0
	r.measure()
	for i, a := range r.fleet.known {
		if c.node != "" && (a.node == nil || c.node != a.node.name) { // without an offer yet it is of no known Node
			continue
		}
		if !a.offered {
			f.add("node(s) made no offer")
			continue
		}
		room := &r.spare[i]
		if c.node != "" {
			room = new(r.fleet.roomForAssigned(a))
		}
		offers++
		r.look(&f, c, a, room)
	}
	if c.node != "" {
		return "it is assigned to node " + c.node + r.ofAssigned(c, &f, offers)
	}
	if offers == 0 {
		return "no offers from Mesos yet"
	}
	why := f.text()
	if c.rule != nil && c.rule.Nowhere() != "" {
		why = c.rule.Nowhere()
	}
	why = "0/" + strconv.Itoa(len(r.fleet.known)) + " nodes are available: " + why + "."
	if p := c.nominee(); p != nil {
		why += " Room is kept for it on node " + p.nomination.node.name + "."
	}
	return why
}

// ofAssigned says of the Node that others have assigned a pod to why it waits.
func (r *reasons) ofAssigned(c *class, f *findings, offers int) string {
	switch n := r.fleet.nodes.find(c.node); {
	case n == nil || n.object == nil:
		return ", which does not exist"
	case !c.amount.within(n.total):
		l := lack{}
		l.add(c.amount.exceeding(n.total))
		return ", which lacks " + l.String() + " as a whole"
	case offers == 0:
		return ", whose agent has made no offer yet"
	}
	return " and starts when that offers enough: " + f.text()
}

// measure finds out once for all classes what agents have to spare.
func (r *reasons) measure() {
	if r.measured == r.changes.version && len(r.spare) == len(r.fleet.known) {
		return
	}
	r.measured, r.spare = r.changes.version, r.spare[:0]
	for _, a := range r.fleet.known {
		var spare Amount
		if a.offered {
			spare = r.fleet.spareFor(a)
		}
		r.spare = append(r.spare, spare)
	}
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

// findings counts nodes by what is wrong with them and their offers.
type findings struct {
	all   []finding
	lacks [3]lack // of each resource
}

// finding is a reason that some nodes have in common.
type finding struct {
	nodes  int
	reason string
	detail string // of the first of them
}

// add counts one more node, and returns the finding if it is the first of its kind.
func (f *findings) add(reason string) (first *finding) {
	for i := range f.all {
		if f.all[i].reason == reason {
			f.all[i].nodes++
			return nil
		}
	}
	f.all = append(f.all, finding{nodes: 1, reason: reason})
	return &f.all[len(f.all)-1]
}

// look finds out what is wrong with the latest offers of an agent that has that much room.
func (r *reasons) look(f *findings, c *class, a *agent, room *Amount) {
	if a.backoff.active() && !c.isTied() {
		f.add("node(s) were left alone, as executors keep failing there")
		return
	}
	if v := r.rules.verdict(c, a.node); v != suits {
		r.exclude(f, v, c, a.node)
		return
	}
	if why := c.refusal(a.node); why != "" {
		f.add(why)
		return
	}
	need := c.amount.exceeding(*room)
	kept := need == Amount{} && len(a.node.nominees) > 0 && !c.isTied() &&
		(!c.amount.within(room.minus(a.node.promised(c))) || a.node.promisedByRule(c))
	switch {
	case a.isFull(c):
		f.add("Too many pods")
	case kept:
		f.add("node(s) kept their room for pods that go before it")
	case need != Amount{}:
		f.addLack(need)
	default:
		if p := a.missingPort(c); p == 0 {
			f.add("node(s) would do, and are asked for another offer")
		} else if first := f.add("node(s) didn't have free ports for the requested pod ports"); first != nil {
			first.detail = strconv.Itoa(int(p))
		}
	}
}

// exclude finds out why the rules exclude a node.
func (r *reasons) exclude(f *findings, v verdict, c *class, n *node) {
	if v == noObject {
		f.add("node(s) had no Node object")
		return
	}
	rule := &r.rules[v-excluded]
	if first := f.add(rule.reason); first != nil && rule.obstacle != nil {
		first.detail = rule.obstacle(c, n.object)
	}
}

func (f *findings) addLack(need Amount) {
	for i, of := range []Amount{{CPU: need.CPU}, {Mem: need.Mem}, {Disk: need.Disk}} {
		if of != (Amount{}) {
			f.lacks[i].add(of)
		}
	}
}

// text returns the reasons in an order that does not depend on their numbers.
func (f *findings) text() string {
	all := f.all
	for i, resource := range []string{"cpu", "memory", "ephemeral-storage"} {
		if l := &f.lacks[i]; l.offers > 0 {
			all = append(all, finding{l.offers, "Insufficient " + resource, "lacking " + l.String()})
		}
	}
	slices.SortFunc(all, func(a, b finding) int { return strings.Compare(a.reason, b.reason) })
	var parts []string
	for _, x := range all {
		part := strconv.Itoa(x.nodes) + " " + x.reason
		switch {
		case x.detail == "":
		case x.nodes == 1 || strings.HasPrefix(x.reason, "Insufficient "):
			part += " (" + x.detail + ")"
		default:
			part += " (such as " + x.detail + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}
