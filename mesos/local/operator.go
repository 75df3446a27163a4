package local

import (
	"errors"
	"fmt"
)

// errEnded is what an operator gets from a Mesos that does not run.
var errEnded = errors.New("the local Mesos is not running")

// on runs f in the loop with the i-th agent.
func (m *Mesos) on(i int, f func(a *agent) error) error {
	if i < 0 || i >= len(m.master.agents) {
		return fmt.Errorf("there is no agent %d; there are %d, counted from 0", i, len(m.master.agents))
	}
	var err error
	if !m.master.do(func() {
		if err = errEnded; !m.master.ending {
			err = f(m.master.agents[i])
		}
	}) {
		return errEnded
	}
	return err
}

// StopAgent ends the i-th agent's process (counted from 0) as kill -9 would. Its
// executors live on; the master loses it after [Config.AgentTimeout].
func (m *Mesos) StopAgent(i int) error {
	return m.on(i, func(a *agent) error {
		if !a.running {
			return fmt.Errorf("agent %d does not run", i)
		}
		a.stop()
		return nil
	})
}

// StartAgent starts a stopped agent again, at the same address.
func (m *Mesos) StartAgent(i int) error {
	return m.on(i, func(a *agent) error {
		if a.running {
			return fmt.Errorf("agent %d runs already", i)
		}
		return a.restart()
	})
}

// PauseAgent cuts the i-th agent off from the master, which notices only after
// [Config.AgentTimeout]; its executors still reach it.
func (m *Mesos) PauseAgent(i int) error {
	return m.on(i, func(a *agent) error {
		if !a.heard() {
			return fmt.Errorf("agent %d is not connected", i)
		}
		a.silent = true
		a.expire()
		return nil
	})
}

// ResumeAgent ends what PauseAgent began.
func (m *Mesos) ResumeAgent(i int) error {
	return m.on(i, func(a *agent) error {
		if !a.silent {
			return fmt.Errorf("agent %d is not paused", i)
		}
		a.comeBack()
		return nil
	})
}

// RemoveAgent makes the i-th agent unregister and begin anew under another id.
func (m *Mesos) RemoveAgent(i int) error {
	return m.on(i, func(a *agent) error { return a.replace(false) })
}

// MarkAgentGone is an operator saying that the i-th agent will never return;
// one under another id takes its place.
func (m *Mesos) MarkAgentGone(i int) error {
	return m.on(i, func(a *agent) error { return a.replace(true) })
}

func (a *agent) replace(byOperator bool) error {
	if !a.heard() {
		return fmt.Errorf("agent %d is not connected", a.index)
	}
	a.unregister(byOperator)
	a.count()
	a.register()
	return nil
}

// KillExecutor kills the processes of an executor on the i-th agent.
func (m *Mesos) KillExecutor(i int, framework, executor string) error {
	return m.on(i, func(a *agent) error {
		ex := a.executors[executorKey{framework, executor}]
		if ex == nil {
			return fmt.Errorf("agent %d runs no executor %s of framework %s", i, executor, framework)
		}
		ex.cancel()
		return nil
	})
}

// Rescind takes back every offer that a framework holds.
func (m *Mesos) Rescind() error {
	if !m.master.do(func() {
		for _, f := range m.master.order {
			m.master.rescindAll(f)
		}
	}) {
		return errEnded
	}
	return nil
}
