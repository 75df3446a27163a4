package local

import (
	"fmt"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/httpapi"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/loop"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/machine"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// agent is one machine's agent, and what the master knows about it.
type agent struct {
	master *master
	identity
	registered time.Time

	link        link
	capacity    capacity
	maintenance maintenance
	executors   *executors
	statuses    *statuses

	reservations *reservations

	// mended ends a fault that lasts for a limited time.
	mended *loop.Timer
}

func (m *master) newAgent(index int, total []*mesospb.Resource) (*agent, error) {
	attributes, err := resources.ParseAttributes(m.cfg.attributes(index))
	if err != nil {
		return nil, fmt.Errorf("local Mesos: %w", err)
	}
	endpoint, err := httpapi.NewEndpoint(m.cfg.host(index))
	if err != nil {
		return nil, fmt.Errorf("local Mesos: agent %d: %w", index+1, err)
	}
	ip := agentIP
	if host := m.cfg.host(index); host != "" {
		if ip, err = machine.Address(host); err != nil {
			return nil, fmt.Errorf("local Mesos: agent %d: %w", index+1, err)
		}
	}
	a := &agent{
		master:   m,
		identity: identity{index: index, hostname: m.cfg.hostname(index), ip: ip, endpoint: endpoint, attributes: attributes},
	}
	if a.reservations, err = newReservations(a, resources.AllRefined(total), m.workDir); err != nil {
		return nil, fmt.Errorf("local Mesos: agent %d: %w", index+1, err)
	}
	total = a.reservations.total
	a.capacity = capacity{total: total, free: total, offers: map[string]*offer{}}
	a.maintenance.agent, a.executors, a.statuses = a, newExecutors(a), newStatuses(a)
	return a, nil
}

// active reports whether the agent's resources may be offered.
func (a *agent) active() bool { return a.link.connected && !a.maintenance.deactivated }

// start runs the agent's process: it serves executors and registers.
func (a *agent) start() {
	a.link.running = true
	a.endpoint.Serve(a.routes())
	a.register()
}

// register makes the agent known to the master, under a new id if it has none.
func (a *agent) register() {
	if a.id == "" {
		a.master.agents.admit(a, a.master.id)
		a.registered = time.Now()
	}
	a.link.connected, a.link.recovering = true, false
	a.maintenance.drainAgain()
	a.master.offers.allocate()
}

// stopServer closes the agent's socket and its executors' streams.
func (a *agent) stopServer(how httpapi.Ending) {
	if a.endpoint.Server() == nil {
		return
	}
	for _, ex := range a.executors.byKey {
		ex.closeStream(how)
	}
	a.endpoint.Stop()
}
