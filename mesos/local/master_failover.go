package local

import (
	"slices"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/httpapi"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// FailOver replaces the master with a new one at the same address, with another id:
// schedulers' streams break, offers are void, and it learns of frameworks and tasks
// from the agents, which register again after the given time. Until then it answers
// no reconciliation that concerns them.
func (m *Mesos) FailOver(agentsAfter time.Duration) error {
	err := errEnded
	m.master.loop.Do(func() {
		if !m.master.ending {
			m.master.failOver(agentsAfter)
			err = nil
		}
	})
	return err
}

// CrashMaster kills the master as kill -9 would and starts another one after down:
// connections break and new ones end at once. The rest is as after [Mesos.FailOver],
// and agentsAfter counts from the new start.
func (m *Mesos) CrashMaster(down, agentsAfter time.Duration) error {
	if down <= 0 {
		return m.FailOver(agentsAfter)
	}
	err := errEnded
	m.master.loop.Do(func() {
		if m.master.ending {
			return
		}
		err = nil
		m.gate.Shut()
		m.master.failOver(down + agentsAfter)
		m.reopen.Stop()
		m.reopen = m.master.loop.After(down, func() {
			m.master.started = time.Now()
			m.gate.Open()
		})
	})
	return err
}

func (m *master) failOver(agentsAfter time.Duration) {
	m.id, m.started = uuid.NewString(), time.Now()
	m.info = proto.Clone(m.info).(*mesospb.MasterInfo)
	m.info.Id = proto.String(m.id) // messages in flight keep the old one
	m.offers.master, m.offers.count, m.agents.count = m.id, 0, 0
	m.frameworks.count, m.frameworks.completed = 0, nil
	for _, f := range slices.Clone(m.frameworks.order) {
		f.endStream(httpapi.Cut)
		m.offers.takeAllBack(f)
		f.failover.Stop()
		if !m.hasLeft(f) {
			m.frameworks.forget(f)
			continue
		}
		f.failover = m.loop.After(agentsAfter+seconds(f.info.GetFailoverTimeout()), func() { m.removeFramework(f) })
	}
	for _, a := range m.agents.all {
		if a.link.removed { // known to be unreachable: that is in the registry
			continue
		}
		a.link.recovering = true
		if a.link.heard() {
			m.loop.After(agentsAfter, func() {
				if a.link.running && a.link.recovering && !a.link.silent {
					a.comeBack()
				}
			})
		}
		a.link.connected = false
	}
}

// hasLeft reports whether any agent has tasks or executors of the framework.
func (m *master) hasLeft(f *framework) bool {
	return len(f.tasks.order) > 0 || slices.ContainsFunc(m.agents.all, func(a *agent) bool { return len(a.executors.of(f)) > 0 })
}
