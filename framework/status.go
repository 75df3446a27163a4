package framework

import (
	"cmp"
	"context"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Status is a summary of what the framework is doing, for people.
type Status struct {
	Framework string    // its id, empty before Mesos gave one
	Info      Info      // how it presents itself
	Connected bool      // there is a subscription
	Since     time.Time // when that became so

	// Master is the host:port of the master that has the subscription, or had the last
	// one, as it describes itself.
	Master, MasterVersion string
	Agents                []AgentStatus
	Waiting               []WaitingPod
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
// answers, which it does only while it runs; the loop does not look for who has gone.
func ask[T any](ctx context.Context, to inbox, look func(*loop) T) (found T, err error) {
	answer := make(chan T, 1)
	to.Put(question(func(l *loop) {
		if ctx.Err() == nil {
			answer <- look(l)
		}
	}))
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
	s := Status{Framework: l.identity.get(), Info: l.identity.info, Connected: l.connected, Since: l.changed, Waiting: l.pods.waitingPods()}
	s.Master, s.MasterVersion = masterOf(l.master), l.master.GetVersion()
	for _, a := range l.agents.sorted() {
		s.Agents = append(s.Agents, AgentStatus{
			ID: a.id, Node: a.Node, Lost: a.lost, Executor: a.runs, Offers: len(a.offers),
			Tasks: slices.Sorted(maps.Keys(a.tasks)),
		})
	}
	return s
}

// masterOf returns where a master says it is, or "".
func masterOf(m *mesospb.MasterInfo) string {
	host := cmp.Or(m.GetHostname(), m.GetAddress().GetHostname(), m.GetAddress().GetIp())
	if host == "" {
		return ""
	}
	return net.JoinHostPort(host, strconv.Itoa(int(cmp.Or(m.GetAddress().GetPort(), int32(m.GetPort())))))
}
