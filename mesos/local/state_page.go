package local

import (
	"net/http"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// statePage is GET /state: everything the master knows, for people.
func (m *master) statePage(w http.ResponseWriter, _ *http.Request) {
	var page statePage
	if !m.do(func() { page = m.state() }) {
		http.Error(w, "the master is ending", http.StatusServiceUnavailable)
		return
	}
	writePage(w, page)
}

// statePage serves GET /state of an agent: itself and its executors.
func (a *agent) statePage(w http.ResponseWriter, _ *http.Request) {
	page := struct {
		slavePage
		Version   string         `json:"version"`
		Executors []executorPage `json:"executors"`
	}{Version: a.m.cfg.Version, Executors: []executorPage{}}
	if !a.m.do(func() {
		page.slavePage = a.page()
		for _, ex := range a.executorsInOrder() {
			page.Executors = append(page.Executors, ex.page())
		}
	}) {
		http.Error(w, "the agent is ending", http.StatusServiceUnavailable)
		return
	}
	writePage(w, page)
}

func (m *master) state() statePage {
	p := statePage{
		Version: m.cfg.Version, ID: m.id, PID: "master@" + m.addr, Leader: "master@" + m.addr,
		Hostname: m.cfg.Hostname, StartTime: epoch(m.started),
		Slaves: []slavePage{}, Frameworks: []frameworkPage{}, Completed: []frameworkPage{},
	}
	for _, a := range m.agents {
		switch {
		case a.removed:
			p.Unreachable++
		case a.active():
			p.Activated++
		default:
			p.Deactivated++
		}
		p.Slaves = append(p.Slaves, a.page())
	}
	for _, f := range m.order {
		p.Frameworks = append(p.Frameworks, m.frameworkPage(f))
	}
	for _, f := range m.completed {
		p.Completed = append(p.Completed, m.frameworkPage(f))
	}
	return p
}

func (a *agent) page() slavePage {
	p := slavePage{
		ID: a.id, Hostname: a.hostname, PID: a.pid(), Port: a.port(), Active: a.active(), Deactivated: a.deactivated,
		Registered: epoch(a.registered), Attributes: map[string]any{},
		Resources: toAmounts(a.total), Free: toAmounts(a.free),
	}
	used, offered := a.shares()
	p.Offered, p.Used = toAmounts(offered), toAmounts(used)
	for _, x := range a.attributes {
		switch x.GetType() {
		case mesospb.Value_SCALAR:
			p.Attributes[x.GetName()] = x.GetScalar().GetValue()
		case mesospb.Value_TEXT:
			p.Attributes[x.GetName()] = x.GetText().GetValue()
		case mesospb.Value_RANGES:
			var rs []resources.Range
			for _, r := range x.GetRanges().GetRange() {
				rs = append(rs, resources.Range{Begin: r.GetBegin(), End: r.GetEnd()})
			}
			p.Attributes[x.GetName()] = resources.FormatRanges(rs)
		}
	}
	return p
}

// shares returns the used and the offered resources of the agent.
func (a *agent) shares() (used, offered []*mesospb.Resource) {
	for _, o := range a.offers {
		offered = append(offered, o.resources...)
	}
	used, _ = resources.Subtract(a.total, resources.Add(a.free, offered...))
	return used, offered
}

func (m *master) frameworkPage(f *framework) frameworkPage {
	p := frameworkPage{
		ID: f.id, Name: f.info.GetName(), User: f.info.GetUser(), Roles: f.roles, Hostname: f.info.GetHostname(),
		WebUIURL: f.info.GetWebuiUrl(), Principal: f.info.GetPrincipal(), Active: f.stream != nil,
		Checkpoint: f.info.GetCheckpoint(), Failover: f.info.GetFailoverTimeout(),
		Registered: epoch(f.registered), Unregistered: epoch(f.ended),
		Capabilities: []string{}, Suppressed: []string{}, Tasks: []taskPage{}, Unreachable: []taskPage{},
		Finished: []taskPage{}, Offers: []offerPage{}, Executors: []executorPage{},
	}
	for _, c := range f.info.Capabilities {
		p.Capabilities = append(p.Capabilities, c.GetType().String())
	}
	for _, role := range f.roles {
		if f.suppressed[role] {
			p.Suppressed = append(p.Suppressed, role)
		}
	}
	for _, t := range f.taskOrder {
		if t.unreachable.IsZero() {
			p.Tasks = append(p.Tasks, t.page())
		} else {
			p.Unreachable = append(p.Unreachable, t.page())
		}
	}
	for _, t := range f.finished {
		p.Finished = append(p.Finished, t.page())
	}
	for _, o := range inOrder(f.offers) {
		p.Offers = append(p.Offers, offerPage{o.id, o.agent.id, toAmounts(o.resources)})
	}
	for _, a := range m.agents {
		for _, ex := range a.executorsInOrder() {
			if ex.framework == f {
				p.Executors = append(p.Executors, ex.page())
			}
		}
	}
	return p
}

func (t *task) page() taskPage {
	p := taskPage{
		ID: t.id(), Name: t.info.GetName(), Framework: t.framework.id, Executor: t.info.Executor.ExecutorId.GetValue(),
		Slave: t.info.AgentId.GetValue(), State: t.state.String(), Resources: toAmounts(t.info.Resources), Statuses: []statusPage{},
	}
	for _, s := range t.history {
		x := statusPage{State: s.GetState().String(), Timestamp: s.GetTimestamp(), Message: s.GetMessage()}
		if s.Reason != nil {
			x.Reason = s.GetReason().String()
		}
		p.Statuses = append(p.Statuses, x)
	}
	return p
}

func (ex *executor) page() executorPage {
	p := executorPage{
		ID: ex.info.ExecutorId.GetValue(), Slave: ex.agent.id, Container: ex.container, Directory: ex.directory,
		Phase: [...]string{"registering", "running", "terminating"}[ex.phase], Resources: toAmounts(ex.info.Resources),
	}
	if ex.process != nil {
		p.PID = ex.process.pid
	}
	return p
}

func epoch(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMicro()) / 1e6
}
