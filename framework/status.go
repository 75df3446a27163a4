package framework

import (
	"context"
	"maps"
	"net/netip"
	"slices"
)

// Status is a summary of what the framework is doing, for people.
type Status struct {
	Framework string // its id, empty before Mesos gave one
	Connected bool   // there is a subscription
	Agents    []AgentStatus
	Waiting   []WaitingPod
}

// AgentStatus holds what is known about one agent.
type AgentStatus struct {
	ID, Node string
	Lost     bool
	Executor bool     // ours runs there
	Offers   int      // outstanding
	Tasks    []string // ids
}

// WaitingPod is a pod that waits, and why.
type WaitingPod struct{ Namespace, Name, Reason string }

// ask returns what the loop finds. It fails when ctx ends before the loop
// answers, which it does only while it runs.
func ask[T any](ctx context.Context, to inbox, look func(*loop) T) (found T, err error) {
	answer := make(chan T, 1)
	to.Put(question(func(l *loop) { answer <- look(l) }))
	select {
	case found = <-answer:
		return found, nil
	case <-ctx.Done():
		return found, context.Cause(ctx)
	}
}

// Status asks the loop. It fails when ctx ends before there is an answer.
func (f *Framework) Status(ctx context.Context) (Status, error) {
	return ask(ctx, f.inbox, (*loop).status)
}

// AgentAddresses returns the address of each Node's agent, as Mesos has it, where it is known.
// It fails when ctx ends before there is an answer.
func (f *Framework) AgentAddresses(ctx context.Context) (map[string]netip.Addr, error) {
	return ask(ctx, f.inbox, func(l *loop) map[string]netip.Addr { return l.agents.addresses() })
}

func (l *loop) status() Status {
	s := Status{Framework: l.identity.get(), Connected: l.connected, Waiting: l.pods.waitingPods()}
	for _, a := range l.agents.sorted() {
		s.Agents = append(s.Agents, AgentStatus{
			ID: a.id, Node: a.Node, Lost: a.lost, Executor: a.runs, Offers: len(a.offers),
			Tasks: slices.Sorted(maps.Keys(a.tasks)),
		})
	}
	return s
}
