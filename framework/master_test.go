package framework

import (
	"context"
	"fmt"
	"sync"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// master is the Mesos of a story: the test says what it says.
type master struct {
	journal *journal
	ran     chan mesos.SchedulerHandler
	infos   chan *mesospb.FrameworkInfo
	end     chan error
	calls   chan *mesospb.SchedulerCall

	mu     sync.Mutex
	refuse error
	h      mesos.SchedulerHandler
	agents []func(id string) *mesospb.Offer // what to offer when asked
	given  int
	states []*mesospb.MasterResponse_GetAgents_Agent
}

func newMaster(j *journal) *master {
	return &master{journal: j, ran: make(chan mesos.SchedulerHandler, 1), infos: make(chan *mesospb.FrameworkInfo, 10),
		end: make(chan error, 1), calls: make(chan *mesospb.SchedulerCall, 10000)}
}

func (m *master) Run(ctx context.Context, info func() *mesospb.FrameworkInfo, h mesos.SchedulerHandler) error {
	m.infos <- info()
	m.mu.Lock()
	m.h = h
	m.mu.Unlock()
	m.ran <- h
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-m.end:
		return err
	}
}

// Agents returns the agents that the test has set.
func (m *master) Agents(context.Context) ([]*mesospb.MasterResponse_GetAgents_Agent, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.states, nil
}

func (m *master) Send(_ context.Context, calls ...*mesospb.SchedulerCall) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range calls {
		if _, err := c.Marshal(); err != nil {
			return err
		}
		m.journal.add("send %s", c.GetType())
		m.calls <- c
		if c.GetType() == mesospb.SchedulerCall_REVIVE {
			m.offer()
		}
	}
	return m.refuse
}

// offer offers every agent, under new ids. The caller holds mu.
func (m *master) offer() {
	e := &mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_OFFERS.Enum(), Offers: &mesospb.SchedulerEvent_Offers{}}
	for _, a := range m.agents {
		m.given++
		e.Offers.Offers = append(e.Offers.Offers, a(fmt.Sprint("o", m.given)))
	}
	if len(m.agents) > 0 {
		m.h.Event(e)
	}
}

func (m *master) refuseWith(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refuse = err
}

// say sets what Agents answers.
func (m *master) say(states ...*mesospb.MasterResponse_GetAgents_Agent) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.states = states
}
