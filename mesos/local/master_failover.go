package local

import (
	"slices"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// FailOver replaces the master with a new one at the same address, with another id:
// schedulers' streams break, offers are void, and it learns of frameworks and tasks
// from the agents, which register again after the given time. Until then it answers
// no reconciliation that concerns them.
func (m *Mesos) FailOver(agentsAfter time.Duration) error {
	err := errEnded
	m.master.do(func() {
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
	m.master.do(func() {
		if m.master.ending {
			return
		}
		err = nil
		m.gate.close()
		m.master.failOver(down + agentsAfter)
		m.reopen.stop()
		m.reopen = m.master.after(down, func() {
			m.master.started = time.Now()
			m.gate.open()
		})
	})
	return err
}

func (m *master) failOver(agentsAfter time.Duration) {
	m.id, m.started = uuid.NewString(), time.Now()
	m.info = proto.Clone(m.info).(*mesospb.MasterInfo)
	m.info.Id = proto.String(m.id) // messages in flight keep the old one
	m.offerCount, m.frameworkCount, m.agentCount, m.completed = 0, 0, 0, nil
	for _, f := range slices.Clone(m.order) {
		f.disconnectNow(cut)
		m.takeOffersBack(f)
		f.failover.stop()
		if !m.hasLeft(f) {
			delete(m.frameworks, f.id)
			m.order = slices.DeleteFunc(m.order, func(x *framework) bool { return x == f })
			continue
		}
		f.failover = m.after(agentsAfter+seconds(f.info.GetFailoverTimeout()), func() { m.removeFramework(f) })
	}
	for _, a := range m.agents {
		if a.removed { // known to be unreachable: that is in the registry
			continue
		}
		a.recovering = true
		if a.heard() {
			m.after(agentsAfter, func() {
				if a.running && a.recovering && !a.silent {
					a.comeBack()
				}
			})
		}
		a.connected = false
	}
}

// hasLeft reports whether any agent has tasks or executors of the framework.
func (m *master) hasLeft(f *framework) bool {
	return len(f.tasks) > 0 || slices.ContainsFunc(m.agents, func(a *agent) bool { return len(a.executorIDs(f)) > 0 })
}

// recovering reports whether some agents have not been heard from yet.
func (m *master) recovering() bool {
	return slices.ContainsFunc(m.agents, func(a *agent) bool { return a.recovering })
}
