package recording

import (
	"fmt"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// offerEvery is how often agents with something to offer do so, as Mesos' allocator does by
// default.
const offerEvery = time.Second

// simulatedMesos offers what agents have that no task has. There is no other framework,
// nothing fails, and an executor that has started stays.
type simulatedMesos struct {
	machines   []*simulatedMachine
	byID       map[string]*simulatedMachine
	offers     map[string]*simulatedMachine // outstanding, one for a machine at most
	count      int                          // of offers ever made
	connected  bool
	suppressed bool
}

// simulatedMachine is an agent.
type simulatedMachine struct {
	*machine
	free     scheduler.Amount
	taken    []uint16 // ports
	executor bool
	offer    string // outstanding; "": none

	// Nothing that is within refused is offered until then.
	refused scheduler.Amount
	until   time.Time
}

func newSimulatedMesos(t *Trace) *simulatedMesos {
	m := &simulatedMesos{byID: map[string]*simulatedMachine{}, offers: map[string]*simulatedMachine{}}
	for _, from := range t.machines {
		a := &simulatedMachine{machine: from, free: from.size}
		m.machines = append(m.machines, a)
		m.byID[a.id] = a
	}
	return m
}

// offersDue returns the offers that are made now.
func (m *simulatedMesos) offersDue(now time.Time) (due []scheduler.Offer) {
	if !m.connected || m.suppressed {
		return nil
	}
	for _, a := range m.machines {
		if a.since.After(now) || a.offer != "" || a.free.CPU <= 0 && a.free.Mem <= 0 || now.Before(a.until) && within(a.free, a.refused) {
			continue
		}
		m.count++
		a.offer = fmt.Sprint("simulated-", m.count)
		m.offers[a.offer] = a
		due = append(due, scheduler.Offer{ID: a.offer, Agent: a.id, Node: a.node, Amount: a.free, Ports: without(a.ports, a.taken), Executor: a.executor})
	}
	return due
}

// void takes all offers back.
func (m *simulatedMesos) void() {
	for id, a := range m.offers {
		a.offer = ""
		delete(m.offers, id)
	}
}

// refuse gives offers back with a filter.
func (m *simulatedMesos) refuse(ids []string, now time.Time, d time.Duration) {
	for _, id := range ids {
		if a := m.offers[id]; a != nil {
			delete(m.offers, id)
			a.offer, a.refused, a.until = "", a.free, now.Add(d)
		}
	}
}

// revive removes all filters.
func (m *simulatedMesos) revive() {
	m.suppressed = false
	for _, a := range m.machines {
		a.until = time.Time{}
	}
}

// take gives a task what it needs.
func (m *simulatedMesos) take(t scheduler.Task) {
	if a := m.byID[t.Agent]; a != nil {
		a.free = minus(a.free, t.Amount)
		a.taken = append(a.taken, t.Ports...)
	}
}

// release takes it back.
func (m *simulatedMesos) release(t scheduler.Task) {
	if a := m.byID[t.Agent]; a != nil {
		a.free = plus(a.free, t.Amount)
		a.taken = slices.DeleteFunc(a.taken, func(p uint16) bool { return slices.Contains(t.Ports, p) })
	}
}

// startExecutor pays for an agent's executor.
func (m *simulatedMesos) startExecutor(agent string, cost scheduler.Amount) {
	if a := m.byID[agent]; a != nil && !a.executor {
		a.executor = true
		a.free = minus(a.free, cost)
	}
}

func within(a, b scheduler.Amount) bool { return a.CPU <= b.CPU && a.Mem <= b.Mem && a.Disk <= b.Disk }

// without returns ranges without some ports.
func without(ranges []scheduler.PortRange, taken []uint16) (left []scheduler.PortRange) {
	left = slices.Clone(ranges)
	for _, p := range taken {
		i := slices.IndexFunc(left, func(r scheduler.PortRange) bool { return r.Begin <= p && p <= r.End })
		if i < 0 {
			continue
		}
		var parts []scheduler.PortRange
		if r := left[i]; r.Begin < p {
			parts = append(parts, scheduler.PortRange{Begin: r.Begin, End: p - 1})
		}
		if r := left[i]; p < r.End {
			parts = append(parts, scheduler.PortRange{Begin: p + 1, End: r.End})
		}
		left = slices.Replace(left, i, i+1, parts...)
	}
	return left
}
