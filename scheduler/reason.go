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

// reason returns why the ready pods of a class wait: what each agent's latest
// offers lacked, grouped by kind.
func (s *State) reason(c *class) string {
	if !s.connected {
		return s.apart
	}
	if c.home != "" {
		return s.homeReason(c)
	}
	var f findings
	for _, a := range s.known {
		if a.offered {
			f.add(s, a, c)
		}
	}
	if f.offers == 0 {
		return "no offers from Mesos yet"
	}
	return f.String()
}

// findings counts what is wrong with offers.
type findings struct {
	offers         int
	kinds          [tainted + 1]int // by verdict
	taint          string           // the first one met
	full, shunned  int
	cpu, mem, both lack
	ports          []portLack
	fit            int
}

func (f *findings) add(s *State, a *agent, c *class) {
	f.offers++
	if a.shunned() {
		f.shunned++
		return
	}
	if v := c.judge(a.node); v != suits {
		f.kinds[v]++
		if v == tainted && f.taint == "" {
			t, _ := untolerated(c, a.node.object.Spec.Taints)
			f.taint = t.ToString()
		}
		return
	}
	need := c.amount.minus(s.spareFor(a))
	switch {
	case len(a.tasks) >= a.node.maxPods:
		f.full++
	case need.CPU > 0 && need.Mem > 0:
		f.both.add(need)
	case need.CPU > 0:
		f.cpu.add(Amount{CPU: need.CPU})
	case need.Mem > 0:
		f.mem.add(Amount{Mem: need.Mem})
	default:
		if p := a.lacksPort(c); p != 0 {
			f.addPort(p)
		} else {
			f.fit++
		}
	}
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

func (f *findings) String() string {
	var parts []string
	say := func(n int, one, many string) {
		switch {
		case n == 1:
			parts = append(parts, "1 "+one)
		case n > 1:
			parts = append(parts, strconv.Itoa(n)+" "+many)
		}
	}
	say(f.kinds[wrongLabels], "does not match the pod's node selector", "do not match the pod's node selector")
	say(f.kinds[unschedulable], "is of an unschedulable node", "are of unschedulable nodes")
	say(f.kinds[tainted], "has a taint that the pod does not tolerate ("+f.taint+")", "have taints that the pod does not tolerate (such as "+f.taint+")")
	say(f.kinds[noObject], "is of an agent without a Node", "are of agents without a Node")
	say(f.shunned, "is of an agent where executors keep failing", "are of agents where executors keep failing")
	say(f.full, "is of a node with as many pods as it may have", "are of nodes with as many pods as they may have")
	for _, l := range []*lack{&f.cpu, &f.mem, &f.both} {
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
