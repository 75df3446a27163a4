package local

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/pages"
)

// errEnded is returned by a Mesos that is not running.
var errEnded = errors.New("the local Mesos is not running")

// on runs f in the loop with agent i.
func (m *Mesos) on(i int, f func(a *agent) error) error {
	if i < 0 || i >= len(m.master.agents.all) {
		return fmt.Errorf("there is no agent %d; there are %d, counted from 0", i, len(m.master.agents.all))
	}
	err := errEnded
	m.master.loop.Do(func() {
		if !m.master.ending {
			err = f(m.master.agents.all[i])
		}
	})
	return err
}

// cannot explains why something cannot be done to an agent, and what would help.
func (a *agent) cannot(format string, args ...any) error {
	return fmt.Errorf("agent %d (%s) %s", a.index, a.hostname, fmt.Sprintf(format, args...))
}

// StopAgent ends the process of agent i (counted from 0) as kill -9 would. Its
// executors keep running; the master loses it after [Config.AgentTimeout]. If d is
// above 0, it starts again after d.
func (m *Mesos) StopAgent(i int, d time.Duration) error {
	return m.on(i, func(a *agent) error {
		if !a.link.running {
			return a.cannot("is stopped already; start it first")
		}
		a.stop()
		a.mend(d, func() { a.restart() }) // fails only if its port is taken: then it stays stopped
		return nil
	})
}

// StartAgent starts a stopped agent again, at the same address.
func (m *Mesos) StartAgent(i int) error {
	return m.on(i, func(a *agent) error {
		if a.link.running {
			return a.cannot("runs already; only one that was stopped can be started")
		}
		return a.restart()
	})
}

// PauseAgent cuts agent i off from the master, which notices only after
// [Config.AgentTimeout]; its executors still reach it. If d is above 0, it resumes
// after d.
func (m *Mesos) PauseAgent(i int, d time.Duration) error {
	return m.on(i, func(a *agent) error {
		if err := a.mustBeHeard(); err != nil {
			return err
		}
		a.link.silent = true
		a.expire()
		a.mend(d, a.comeBack)
		return nil
	})
}

// ResumeAgent undoes PauseAgent.
func (m *Mesos) ResumeAgent(i int) error {
	return m.on(i, func(a *agent) error {
		if !a.link.silent {
			return a.cannot("is not paused, but %s; pause it first", a.condition())
		}
		a.comeBack()
		return nil
	})
}

// mend ends a fault by itself after d, if d is above 0.
func (a *agent) mend(d time.Duration, end func()) {
	if d > 0 {
		a.mended = a.master.loop.After(d, end)
	}
}

// mustBeHeard returns why the agent cannot be told anything now.
func (a *agent) mustBeHeard() error {
	switch {
	case !a.link.running:
		return a.cannot("is stopped; start it first")
	case a.link.silent:
		return a.cannot("is paused; resume it first")
	case !a.link.connected:
		return a.cannot("is about to register; try again in a moment")
	}
	return nil
}

// RemoveAgent makes agent i unregister and start again under another id.
func (m *Mesos) RemoveAgent(i int) error {
	return m.on(i, func(a *agent) error { return a.replace(false) })
}

// MarkAgentGone is an operator's statement that agent i will never return; one with
// another id takes its place.
func (m *Mesos) MarkAgentGone(i int) error {
	return m.on(i, func(a *agent) error { return a.replace(true) })
}

func (a *agent) replace(byOperator bool) error {
	if err := a.mustBeHeard(); err != nil {
		return err
	}
	a.unregister(byOperator)
	a.recount()
	a.register()
	return nil
}

// KillExecutor kills the processes of executors on agent i: all that run there, or
// only those of one framework or one name, unless these are "".
func (m *Mesos) KillExecutor(i int, framework, executor string) error {
	return m.on(i, func(a *agent) error {
		killed := false
		for _, ex := range a.executors.inOrder() {
			if is := ex.key(); ex.begun && (framework == "" || is.framework == framework) && (executor == "" || is.executor == executor) {
				ex.cancel()
				killed = true
			}
		}
		if !killed {
			return a.cannot("runs no executor %q of framework %q (\"\" is any); launch a task there first", executor, framework)
		}
		return nil
	})
}

// Rescind takes back every offer that a framework holds.
func (m *Mesos) Rescind() error {
	if !m.master.loop.Do(func() {
		for _, f := range m.master.frameworks.order {
			m.master.offers.rescindAll(f.offers)
		}
	}) {
		return errEnded
	}
	return nil
}

// SetFaults replaces the active faults and restarts their dice.
func (m *Mesos) SetFaults(f Faults) error {
	if err := f.Validate(); err != nil {
		return err
	}
	if !m.master.loop.Do(func() { m.master.faults.Play(f) }) {
		return errEnded
	}
	return nil
}

// Condition says how the agents are and what goes wrong at random.
func (m *Mesos) Condition() (c pages.Condition) {
	m.master.loop.Do(func() {
		c.Faults = m.master.faults.Faults
		for _, a := range m.master.agents.all {
			one := pages.AgentCondition{Index: a.index, Hostname: a.hostname, ID: a.id, Condition: a.condition(), Executors: []pages.Executor{}}
			for _, ex := range a.executors.inOrder() {
				one.Executors = append(one.Executors, ex.page())
			}
			c.Agents = append(c.Agents, one)
		}
	})
	return c
}

// condition returns the agent's state as one word.
func (a *agent) condition() string {
	switch text := a.link.condition(); {
	case text != "":
		return text
	case a.maintenance.drain != nil:
		return strings.ToLower(a.maintenance.drain.state.String())
	case a.maintenance.deactivated:
		return "deactivated"
	}
	return "running"
}
