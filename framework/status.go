package framework

import (
	"context"
	"maps"
	"slices"
	"strings"
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

// question has the loop look at what it owns.
type question func(*loop)

// ask returns what the loop finds. It fails when ctx ends before the loop
// answers, which it does only while it runs.
func ask[T any](ctx context.Context, f *Framework, look func(*loop) T) (found T, err error) {
	answer := make(chan T, 1)
	f.inbox.put(question(func(l *loop) { answer <- look(l) }))
	select {
	case found = <-answer:
		return found, nil
	case <-ctx.Done():
		return found, context.Cause(ctx)
	}
}

// Status asks the loop. It fails when ctx ends before there is an answer.
func (f *Framework) Status(ctx context.Context) (Status, error) { return ask(ctx, f, (*loop).status) }

func (l *loop) status() Status {
	s := Status{Framework: l.identity.get(), Connected: l.connected}
	for _, id := range slices.Sorted(maps.Keys(l.agents.byID)) {
		a := l.agents.byID[id]
		s.Agents = append(s.Agents, AgentStatus{
			ID: id, Node: a.Node, Lost: a.lost, Executor: a.runs, Offers: len(a.offers),
			Tasks: slices.Sorted(maps.Keys(a.tasks)),
		})
	}
	for uid, reason := range l.waiting {
		if p := l.pods[uid]; p != nil {
			s.Waiting = append(s.Waiting, WaitingPod{p.Namespace, p.Name, reason})
		}
	}
	slices.SortFunc(s.Waiting, func(a, b WaitingPod) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	return s
}
