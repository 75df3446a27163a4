package local

import (
	"net/http"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/pages"
)

// statePage is GET /state: everything the master knows, for people.
func (m *master) statePage(w http.ResponseWriter, _ *http.Request) {
	var page pages.State
	if !m.loop.Do(func() { page = m.state() }) {
		http.Error(w, "the master is ending", http.StatusServiceUnavailable)
		return
	}
	pages.Write(w, page)
}

// statePage serves GET /state of an agent: itself and its executors.
func (a *agent) statePage(w http.ResponseWriter, _ *http.Request) {
	page := pages.AgentState{Version: a.master.cfg.Version, Executors: []pages.Executor{}}
	if !a.master.loop.Do(func() {
		page.Agent = a.page()
		for _, ex := range a.executors.inOrder() {
			page.Executors = append(page.Executors, ex.page())
		}
	}) {
		http.Error(w, "the agent is ending", http.StatusServiceUnavailable)
		return
	}
	pages.Write(w, page)
}

// indexPage links to the other pages.
func (m *master) indexPage(w http.ResponseWriter, _ *http.Request) {
	pages.Index(w, m.id, m.workDir)
}

func (m *master) state() pages.State {
	p := pages.State{
		Version: m.cfg.Version, ID: m.id, PID: "master@" + m.addr, Leader: "master@" + m.addr,
		Hostname: m.cfg.Hostname, StartTime: pages.Epoch(m.started),
		Slaves: []pages.Agent{}, Frameworks: []pages.Framework{}, Completed: []pages.Framework{},
	}
	for _, a := range m.agents.all {
		switch {
		case a.link.removed:
			p.Unreachable++
		case a.active():
			p.Activated++
		default:
			p.Deactivated++
		}
		p.Slaves = append(p.Slaves, a.page())
	}
	for _, f := range m.frameworks.order {
		p.Frameworks = append(p.Frameworks, f.page(m.agents))
	}
	for _, f := range m.frameworks.completed {
		p.Completed = append(p.Completed, f.page(m.agents))
	}
	return p
}

func (a *agent) page() pages.Agent {
	p := pages.Agent{
		ID: a.id, Hostname: a.hostname, PID: a.pid(), Port: a.endpoint.Port(), Active: a.active(), Deactivated: a.maintenance.deactivated,
		Registered: pages.Epoch(a.registered), Attributes: pages.ToAttributes(a.attributes),
		Resources: pages.ToAmounts(a.capacity.total), Free: pages.ToAmounts(a.capacity.free),
	}
	p.Reserved, p.Unreserved = pages.ToReserved(a.capacity.total)
	used, offered := a.capacity.shares()
	p.Offered, p.Used = pages.ToAmounts(offered), pages.ToAmounts(used)
	return p
}

func (f *framework) page(agents *agents) pages.Framework {
	p := pages.Framework{
		ID: f.id, Name: f.info.GetName(), User: f.info.GetUser(), Roles: f.roles, Hostname: f.info.GetHostname(),
		WebUIURL: f.info.GetWebuiUrl(), Principal: f.info.GetPrincipal(), Active: f.stream != nil,
		Checkpoint: f.info.GetCheckpoint(), Failover: f.info.GetFailoverTimeout(),
		Registered: pages.Epoch(f.registered), Unregistered: pages.Epoch(f.ended),
		Capabilities: []string{}, Suppressed: []string{}, Tasks: []pages.Task{}, Unreachable: []pages.Task{},
		Finished: []pages.Task{}, Offers: []pages.Offer{}, Executors: []pages.Executor{},
	}
	for _, c := range f.info.Capabilities {
		p.Capabilities = append(p.Capabilities, c.GetType().String())
	}
	for _, role := range f.roles {
		if f.suppressed[role] {
			p.Suppressed = append(p.Suppressed, role)
		}
	}
	for _, t := range f.tasks.order {
		if t.unreachable.IsZero() {
			p.Tasks = append(p.Tasks, t.page())
		} else {
			p.Unreachable = append(p.Unreachable, t.page())
		}
	}
	for _, t := range f.tasks.finished {
		p.Finished = append(p.Finished, t.page())
	}
	for _, o := range inOrder(f.offers) {
		p.Offers = append(p.Offers, pages.Offer{ID: o.id, Slave: o.agent.id, Resources: pages.ToAmounts(o.resources)})
	}
	for _, a := range agents.all {
		for _, ex := range a.executors.of(f) {
			p.Executors = append(p.Executors, ex.page())
		}
	}
	return p
}

func (t *task) page() pages.Task {
	p := pages.Task{
		ID: t.id(), Name: t.info.GetName(), Framework: t.framework.id, Executor: t.info.Executor.ExecutorId.GetValue(),
		Slave: t.info.AgentId.GetValue(), State: t.state.String(), Resources: pages.ToAmounts(t.info.Resources), Statuses: pages.ToStatuses(t.history),
	}
	return p
}

func (ex *executor) page() pages.Executor {
	p := pages.Executor{
		ID: ex.info.ExecutorId.GetValue(), Slave: ex.agent.id, Container: ex.container, Directory: ex.directory,
		Phase: [...]string{"registering", "running", "terminating"}[ex.phase], Resources: pages.ToAmounts(ex.info.Resources),
	}
	if ex.process != nil {
		p.PID = ex.process.PID()
	}
	return p
}
