package local

import (
	"net/http"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// operatorAPI serves POST /api/v1: the calls with which an operator inspects agents
// and drains them.
func (m *master) operatorAPI(w http.ResponseWriter, r *http.Request) {
	if _, ok := m.authenticate(r); !ok {
		w.Header().Set("WWW-Authenticate", `Basic realm="mesos-master-readwrite"`)
		http.Error(w, "401 Unauthorized.", http.StatusUnauthorized)
		return
	}
	call := &mesospb.MasterCall{}
	no := readCall(r, call)
	if no == nil {
		no = m.validateMasterCall(call)
	}
	var c codec
	if no == nil {
		c, no = streamCodec(r)
	}
	var answer *mesospb.MasterResponse
	if no == nil && !m.do(func() { answer, no = m.operate(call) }) {
		no = fail(http.StatusServiceUnavailable, "the master is ending")
	}
	switch {
	case no != nil:
		if no.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", http.MethodPost)
		}
		no.write(w)
	case answer == nil:
		w.WriteHeader(http.StatusOK)
	default:
		writeMessage(w, c, answer)
	}
}

func writeMessage(w http.ResponseWriter, c codec, message proto.Message) {
	b, err := c.marshal(message)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", c.contentType)
	w.Write(b)
}

func (m *master) validateMasterCall(c *mesospb.MasterCall) *failure {
	missing := ""
	switch {
	case c.GetType() == mesospb.MasterCall_UNKNOWN || m.cfg.old() && c.GetType() > mesospb.MasterCall_GET_MASTER:
		missing = "type"
	case c.GetType() == mesospb.MasterCall_MARK_AGENT_GONE && c.MarkAgentGone == nil:
		missing = "mark_agent_gone"
	case c.GetType() == mesospb.MasterCall_DRAIN_AGENT && c.DrainAgent == nil:
		missing = "drain_agent"
	case c.GetType() == mesospb.MasterCall_DEACTIVATE_AGENT && c.DeactivateAgent == nil:
		missing = "deactivate_agent"
	case c.GetType() == mesospb.MasterCall_REACTIVATE_AGENT && c.ReactivateAgent == nil:
		missing = "reactivate_agent"
	}
	if missing != "" {
		return fail(http.StatusBadRequest, "Failed to validate master::Call: Expecting '%s' to be present", missing)
	}
	return nil
}

// operate carries out a call. Calls that change something have no answer.
func (m *master) operate(c *mesospb.MasterCall) (*mesospb.MasterResponse, *failure) {
	switch c.GetType() {
	case mesospb.MasterCall_GET_HEALTH:
		return &mesospb.MasterResponse{Type: mesospb.MasterResponse_GET_HEALTH.Enum(),
			GetHealth: &mesospb.MasterResponse_GetHealth{Healthy: proto.Bool(true)}}, nil
	case mesospb.MasterCall_GET_VERSION:
		return &mesospb.MasterResponse{Type: mesospb.MasterResponse_GET_VERSION.Enum(),
			GetVersion: &mesospb.MasterResponse_GetVersion{VersionInfo: &mesospb.VersionInfo{Version: proto.String(m.cfg.Version)}}}, nil
	case mesospb.MasterCall_GET_MASTER:
		return &mesospb.MasterResponse{Type: mesospb.MasterResponse_GET_MASTER.Enum(),
			GetMaster: &mesospb.MasterResponse_GetMaster{MasterInfo: m.info, StartTime: proto.Float64(epoch(m.started))}}, nil
	case mesospb.MasterCall_GET_AGENTS:
		return &mesospb.MasterResponse{Type: mesospb.MasterResponse_GET_AGENTS.Enum(), GetAgents: m.getAgents()}, nil
	case mesospb.MasterCall_MARK_AGENT_GONE:
		return nil, m.onAgent(c.MarkAgentGone.AgentId, func(a *agent) error { return a.replace(true) })
	case mesospb.MasterCall_DEACTIVATE_AGENT:
		return nil, m.onAgent(c.DeactivateAgent.AgentId, func(a *agent) error { a.deactivate(); return nil })
	case mesospb.MasterCall_REACTIVATE_AGENT:
		return nil, m.onAgent(c.ReactivateAgent.AgentId, func(a *agent) error { a.reactivate(); return nil })
	}
	config := &mesospb.DrainConfig{MarkGone: proto.Bool(c.DrainAgent.GetMarkGone())}
	if d := c.DrainAgent.MaxGracePeriod; d != nil {
		grace := time.Duration(d.GetSeconds())*time.Second + time.Duration(d.GetNanos())
		config.MaxGracePeriod = &mesospb.DurationInfo{Nanoseconds: proto.Int64(int64(grace))}
	}
	return nil, m.onAgent(c.DrainAgent.AgentId, func(a *agent) error { a.drainBy(config); return nil })
}

func (m *master) onAgent(id *mesospb.AgentID, f func(*agent) error) *failure {
	a := m.agentOf[id.GetValue()]
	if a == nil {
		return fail(http.StatusBadRequest, "Agent %s is not registered", id.GetValue())
	}
	if err := f(a); err != nil {
		return fail(http.StatusBadRequest, "%v", err)
	}
	return nil
}

func (m *master) getAgents() *mesospb.MasterResponse_GetAgents {
	out := &mesospb.MasterResponse_GetAgents{}
	for _, a := range m.agents {
		if !a.removed && !a.recovering {
			out.Agents = append(out.Agents, a.describe())
		}
	}
	return out
}

// describe returns the agent in the form of GET_AGENTS.
func (a *agent) describe() *mesospb.MasterResponse_GetAgents_Agent {
	used, offered := a.shares()
	d := &mesospb.MasterResponse_GetAgents_Agent{
		AgentInfo: a.info(), Active: proto.Bool(a.active()), Version: proto.String(a.m.cfg.Version), Pid: proto.String(a.pid()),
		RegisteredTime: timeInfo(a.registered), Deactivated: proto.Bool(a.deactivated),
		TotalResources: a.total, AllocatedResources: used, OfferedResources: offered,
		Capabilities: []*mesospb.AgentInfo_Capability{
			{Type: mesospb.AgentInfo_Capability_MULTI_ROLE.Enum()},
			{Type: mesospb.AgentInfo_Capability_RESERVATION_REFINEMENT.Enum()},
			{Type: mesospb.AgentInfo_Capability_AGENT_DRAINING.Enum()}},
	}
	if a.drain != nil {
		d.DrainInfo = &mesospb.DrainInfo{State: a.drain.state.Enum(), Config: a.drain.config}
		d.EstimatedDrainStartTime = timeInfo(a.drain.since)
	}
	return d
}

func timeInfo(t time.Time) *mesospb.TimeInfo {
	return &mesospb.TimeInfo{Nanoseconds: proto.Int64(t.UnixNano())}
}
