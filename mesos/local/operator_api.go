package local

import (
	"net/http"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/credentials"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/httpapi"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/pages"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// operatorAPI is POST /api/v1: the calls with which an operator inspects agents and
// drains them.
type operatorAPI struct{ master *master }

// ServeHTTP serves one call.
func (o operatorAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call, refusal := o.read(r)
	var c httpapi.Codec
	if refusal == nil {
		c, refusal = httpapi.AnswerCodec(r)
	}
	var answer *mesospb.MasterResponse
	if refusal == nil && !o.master.loop.Do(func() { answer, refusal = o.perform(call) }) {
		refusal = masterEnding
	}
	switch {
	case refusal != nil:
		refusal.Write(w, `Basic realm="mesos-master-readwrite"`)
	case answer == nil:
		w.WriteHeader(http.StatusOK)
	default:
		httpapi.WriteMessage(w, c, answer)
	}
}

func (o operatorAPI) read(r *http.Request) (*mesospb.MasterCall, *httpapi.Refusal) {
	if _, ok := credentials.Secrets(o.master.cfg.Credentials).Authenticate(r); !ok {
		return nil, httpapi.Refuse(http.StatusUnauthorized, "401 Unauthorized.")
	}
	call := &mesospb.MasterCall{}
	if refusal := httpapi.ReadCall(r, call); refusal != nil {
		return nil, refusal
	}
	if problem := validate.MasterCall(call, o.master.cfg.old()); problem != "" {
		return nil, httpapi.Refuse(http.StatusBadRequest, "Failed to validate master::Call: %s", problem)
	}
	return call, nil
}

// perform carries out a call. Calls that change something have no answer.
func (o operatorAPI) perform(c *mesospb.MasterCall) (*mesospb.MasterResponse, *httpapi.Refusal) {
	m := o.master
	switch c.GetType() {
	case mesospb.MasterCall_GET_HEALTH:
		return &mesospb.MasterResponse{Type: mesospb.MasterResponse_GET_HEALTH.Enum(),
			GetHealth: &mesospb.MasterResponse_GetHealth{Healthy: proto.Bool(true)}}, nil
	case mesospb.MasterCall_GET_VERSION:
		return &mesospb.MasterResponse{Type: mesospb.MasterResponse_GET_VERSION.Enum(),
			GetVersion: &mesospb.MasterResponse_GetVersion{VersionInfo: &mesospb.VersionInfo{Version: proto.String(m.cfg.Version)}}}, nil
	case mesospb.MasterCall_GET_MASTER:
		return &mesospb.MasterResponse{Type: mesospb.MasterResponse_GET_MASTER.Enum(),
			GetMaster: &mesospb.MasterResponse_GetMaster{MasterInfo: m.info, StartTime: proto.Float64(pages.Epoch(m.started))}}, nil
	case mesospb.MasterCall_GET_AGENTS:
		return &mesospb.MasterResponse{Type: mesospb.MasterResponse_GET_AGENTS.Enum(), GetAgents: o.agents()}, nil
	case mesospb.MasterCall_MARK_AGENT_GONE:
		return nil, o.onAgent(c.MarkAgentGone.AgentId, func(a *agent) error { return a.replace(true) })
	case mesospb.MasterCall_DEACTIVATE_AGENT:
		return nil, o.onAgent(c.DeactivateAgent.AgentId, func(a *agent) error { a.maintenance.deactivate(); return nil })
	case mesospb.MasterCall_REACTIVATE_AGENT:
		return nil, o.onAgent(c.ReactivateAgent.AgentId, func(a *agent) error { a.maintenance.reactivate(); return nil })
	}
	config := &mesospb.DrainConfig{MarkGone: proto.Bool(c.DrainAgent.GetMarkGone())}
	if d := c.DrainAgent.MaxGracePeriod; d != nil {
		grace := time.Duration(d.GetSeconds())*time.Second + time.Duration(d.GetNanos())
		config.MaxGracePeriod = &mesospb.DurationInfo{Nanoseconds: proto.Int64(int64(grace))}
	}
	return nil, o.onAgent(c.DrainAgent.AgentId, func(a *agent) error { a.maintenance.drainBy(config); return nil })
}

func (o operatorAPI) onAgent(id *mesospb.AgentID, f func(*agent) error) *httpapi.Refusal {
	a := o.master.agents.find(id)
	if a == nil {
		return httpapi.Refuse(http.StatusBadRequest, "Agent %s is not registered", id.GetValue())
	}
	if err := f(a); err != nil {
		return httpapi.Refuse(http.StatusBadRequest, "%v", err)
	}
	return nil
}

func (o operatorAPI) agents() *mesospb.MasterResponse_GetAgents {
	out := &mesospb.MasterResponse_GetAgents{}
	for _, a := range o.master.agents.all {
		if !a.link.removed && !a.link.recovering {
			out.Agents = append(out.Agents, a.describe())
		}
	}
	return out
}

// describe returns the agent in the form of GET_AGENTS.
func (a *agent) describe() *mesospb.MasterResponse_GetAgents_Agent {
	used, offered := a.capacity.shares()
	d := &mesospb.MasterResponse_GetAgents_Agent{
		AgentInfo: a.info(a.capacity.total), Active: proto.Bool(a.active()), Version: proto.String(a.master.cfg.Version), Pid: proto.String(a.pid()),
		RegisteredTime: timeInfo(a.registered), Deactivated: proto.Bool(a.maintenance.deactivated),
		TotalResources: a.capacity.total, AllocatedResources: used, OfferedResources: offered,
		Capabilities: []*mesospb.AgentInfo_Capability{
			{Type: mesospb.AgentInfo_Capability_MULTI_ROLE.Enum()},
			{Type: mesospb.AgentInfo_Capability_RESERVATION_REFINEMENT.Enum()},
			{Type: mesospb.AgentInfo_Capability_AGENT_OPERATION_FEEDBACK.Enum()},
			{Type: mesospb.AgentInfo_Capability_AGENT_DRAINING.Enum()}},
	}
	if drain := a.maintenance.drain; drain != nil {
		d.DrainInfo = &mesospb.DrainInfo{State: drain.state.Enum(), Config: drain.config}
		d.EstimatedDrainStartTime = timeInfo(drain.since)
	}
	return d
}

func timeInfo(t time.Time) *mesospb.TimeInfo {
	return &mesospb.TimeInfo{Nanoseconds: proto.Int64(t.UnixNano())}
}
