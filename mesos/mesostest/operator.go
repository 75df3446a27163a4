package mesostest

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// operate sends a call to the operator API, which must answer 200.
func (target Target) operate(t *testing.T, call *mesospb.MasterCall) *mesospb.MasterResponse {
	t.Helper()
	h := http.Header{}
	target.authorize(h)
	// Not the test's context: an agent is reactivated after that has ended.
	answer, err := post(context.Background(), "http://"+target.Master+"/api/v1", h, call)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%v: %s %s %v", call.GetType(), answer.Status, body, err)
	}
	out := &mesospb.MasterResponse{}
	if err := proto.Unmarshal(body, out); err != nil {
		t.Fatalf("%v: %v", call.GetType(), err)
	}
	return out
}

// agent returns the agent as reported by GET_AGENTS.
func (target Target) agent(t *testing.T, id *mesospb.AgentID) *mesospb.MasterResponse_GetAgents_Agent {
	t.Helper()
	all := target.operate(t, &mesospb.MasterCall{Type: mesospb.MasterCall_GET_AGENTS.Enum()})
	for _, a := range all.GetAgents.Agents {
		if a.AgentInfo.Id.GetValue() == id.GetValue() {
			return a
		}
	}
	t.Fatalf("there is no agent %s among %v", id.GetValue(), all)
	return nil
}

func (target Target) reactivate(t *testing.T, agent *mesospb.AgentID) {
	t.Helper()
	target.operate(t, &mesospb.MasterCall{Type: mesospb.MasterCall_REACTIVATE_AGENT.Enum(),
		ReactivateAgent: &mesospb.MasterCall_ReactivateAgent{AgentId: agent}})
}
