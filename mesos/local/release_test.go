package local_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func old() local.Config {
	cfg := quick()
	cfg.Version = "1.0.4"
	return cfg
}

// In release 1.0 an agent that was away for too long comes back as another one,
// without its tasks, and everything lost is TASK_LOST.
func TestOldPartition(t *testing.T) {
	t.Parallel()
	m := start(t, old())
	f := connect(t, m)
	o := f.launch("a", "ex", run)
	if err := m.PauseAgent(0, 0); err != nil {
		t.Fatal(err)
	}
	if s := f.status("a", mesospb.TaskState_TASK_LOST); s.GetReason() != mesospb.TaskStatus_REASON_AGENT_REMOVED {
		t.Errorf("%v", s)
	}
	f.failure("")
	if err := m.ResumeAgent(0); err != nil {
		t.Fatal(err)
	}
	again := f.offer()
	if again.AgentId.GetValue() == o.AgentId.GetValue() || len(again.ExecutorIds) > 0 {
		t.Errorf("offered %v", again)
	}
}

// Names that release 1.0 does not know are refused in JSON.
func TestOldCalls(t *testing.T) {
	t.Parallel()
	m := start(t, old())
	if code, text := operate(t, m, `{"type":"DRAIN_AGENT","drain_agent":{"agent_id":{"value":"a"}}}`); code != 400 {
		t.Errorf("DRAIN_AGENT: %d %s", code, text)
	}
	subscribe := `{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"root","name":"n","capabilities":[{"type":"PARTITION_AWARE"}]}}}`
	code, text := operate(t, m, subscribe, func(r *http.Request) { r.URL.Path = "/api/v1/scheduler" })
	if code != 400 || !strings.Contains(text, "PARTITION_AWARE") {
		t.Errorf("PARTITION_AWARE: %d %s", code, text)
	}
}
