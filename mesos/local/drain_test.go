package local_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// operate posts a call in JSON to the operator API.
func operate(t *testing.T, m *local.Mesos, call string, change ...func(*http.Request)) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+m.Addr()+"/api/v1", strings.NewReader(call))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for _, c := range change {
		c(r)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(b)
}

func drain(t *testing.T, m *local.Mesos, agent, more string) {
	t.Helper()
	call := fmt.Sprintf(`{"type":"DRAIN_AGENT","drain_agent":{"agent_id":{"value":%q}%s}}`, agent, more)
	if code, text := operate(t, m, call); code != http.StatusOK {
		t.Fatalf("DRAIN_AGENT: %d %s", code, text)
	}
}

// awaitAgents polls until the answer of GET_AGENTS contains want.
func awaitAgents(t *testing.T, m *local.Mesos, want string) {
	t.Helper()
	text := ""
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if _, text = operate(t, m, `{"type":"GET_AGENTS"}`); strings.Contains(text, want) {
			return
		}
	}
	t.Fatalf("GET_AGENTS never says %s; it says %s", want, text)
}

// A drain outlives the agent's process and the master, and a disconnected agent
// learns of it when it comes back.
func TestDrainOutlives(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.AgentTimeout = patience
	m := start(t, cfg)
	f := connect(t, m)
	o := f.launch("a", "ex", run)
	if err := m.StopAgent(0, 0); err != nil {
		t.Fatal(err)
	}
	drain(t, m, o.AgentId.GetValue(), "")
	if err := m.StartAgent(0); err != nil {
		t.Fatal(err)
	}
	if s := f.status("a", mesospb.TaskState_TASK_KILLED); s.GetReason() != mesospb.TaskStatus_REASON_AGENT_DRAINING {
		t.Errorf("%v", s)
	}
	if err := m.CrashMaster(0, 0); err != nil {
		t.Fatal(err)
	}
	f.until("SUBSCRIBED", func(e *mesospb.SchedulerEvent) bool { return e.Subscribed != nil })
	awaitAgents(t, m, `"drain_info":{"state":"DRAINING"`)
	f.send(mesos.Message("ex", o.AgentId.GetValue(), []byte("exit 0")))
	awaitAgents(t, m, `"drain_info":{"state":"DRAINED"`)
}

// An agent without executors is drained only when the last end of a task there has been
// acknowledged.
func TestDrainAwaitsAcknowledgements(t *testing.T) {
	t.Parallel()
	m := start(t, quick())
	f := connect(t, m)
	o := f.launch("a", "ex", run)
	if err := m.SetFaults(local.Faults{SwallowAcknowledgements: 1}); err != nil {
		t.Fatal(err)
	}
	drain(t, m, o.AgentId.GetValue(), "")
	f.status("a", mesospb.TaskState_TASK_KILLED)
	f.send(mesos.Message("ex", o.AgentId.GetValue(), []byte("exit 0")))
	f.failure("ex")
	awaitAgents(t, m, `"drain_info":{"state":"DRAINING"`)
	if err := m.SetFaults(local.Faults{}); err != nil {
		t.Fatal(err)
	}
	f.status("a", mesospb.TaskState_TASK_KILLED)
	awaitAgents(t, m, `"drain_info":{"state":"DRAINED"`)
}

// With mark_gone the tasks are permanently gone, and finally so is the agent.
func TestDrainMarksGone(t *testing.T) {
	t.Parallel()
	m := start(t, quick())
	f := connect(t, m)
	o := f.launch("a", "ex", run)
	drain(t, m, o.AgentId.GetValue(), `,"mark_gone":true`)
	if s := f.status("a", mesospb.TaskState_TASK_GONE_BY_OPERATOR); s.GetReason() != mesospb.TaskStatus_REASON_AGENT_DRAINING {
		t.Errorf("%v", s)
	}
	f.send(mesos.Message("ex", o.AgentId.GetValue(), []byte("exit 0")))
	f.failure("")
	if again := f.offer(); again.AgentId.GetValue() == o.AgentId.GetValue() {
		t.Error("an agent that is gone is offered")
	}
}

// An executor that was to be started for a dropped task leaves nothing behind: no
// entry in offers, no amounts.
func TestDrainDropsNewExecutor(t *testing.T) {
	t.Parallel()
	m := start(t, quick())
	f := connect(t, m)
	o := f.launch("a", "ex", run)
	drain(t, m, o.AgentId.GetValue(), "")
	f.status("a", mesospb.TaskState_TASK_KILLED)
	reactivate := fmt.Sprintf(`{"type":"REACTIVATE_AGENT","reactivate_agent":{"agent_id":{"value":%q}}}`, o.AgentId.GetValue())
	if code, text := operate(t, m, reactivate); code != http.StatusOK {
		t.Fatalf("%d %s", code, text)
	}
	f.accept(f.offer(), task(t, o, "b", "another", run))
	f.status("b", mesospb.TaskState_TASK_DROPPED)
	if e := f.failure("another"); e.GetStatus() != -1 {
		t.Errorf("%v", e)
	}
	if next := f.offer(); len(next.ExecutorIds) != 1 || next.ExecutorIds[0].GetValue() != "ex" {
		t.Errorf("the next offer names executors %v", next.ExecutorIds)
	}
}

func TestOperatorCallsRefused(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Credentials = map[string]string{"fw": "s3"}
	m := start(t, cfg)
	login := func(r *http.Request) { r.SetBasicAuth("fw", "s3") }
	for _, c := range []struct {
		name, call string
		change     func(*http.Request)
		code       int
		text       string
	}{
		{"nobody", `{"type":"GET_AGENTS"}`, func(*http.Request) {}, 401, "Unauthorized"},
		{"GET", "", func(r *http.Request) { login(r); r.Method = http.MethodGet }, 405, "POST"},
		{"no type", `{}`, login, 400, "Expecting 'type' to be present"},
		{"no body", `{"type":"DRAIN_AGENT"}`, login, 400, "Expecting 'drain_agent' to be present"},
		{"another agent", `{"type":"DEACTIVATE_AGENT","deactivate_agent":{"agent_id":{"value":"none"}}}`, login, 400, "Agent none is not registered"},
		{"HTML", `{"type":"GET_VERSION"}`, func(r *http.Request) { login(r); r.Header.Set("Accept", "text/html") }, 406, "'Accept'"},
		{"fine", `{"type":"GET_VERSION"}`, login, 200, `"version":"1.11.0"`},
	} {
		if code, text := operate(t, m, c.call, c.change); code != c.code || !strings.Contains(text, c.text) {
			t.Errorf("%s: %d %s", c.name, code, text)
		}
	}
}
