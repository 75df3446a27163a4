package local_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// press uses a fault page, and returns the status and the body.
func press(t *testing.T, m *local.Mesos, page, body string) (int, string) {
	t.Helper()
	answer, err := http.Post("http://"+m.Addr()+"/local/"+page, "application/json", strings.NewReader(body))
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

func must(t *testing.T, m *local.Mesos, page, body string) string {
	t.Helper()
	code, text := press(t, m, page, body)
	if code != http.StatusOK {
		t.Fatalf("%s: %d %s", page, code, text)
	}
	return text
}

func breakable() local.Config {
	cfg := quick()
	cfg.FaultPages = true
	return cfg
}

// By default a Mesos has none of these pages.
func TestFaultPagesAreOffByDefault(t *testing.T) {
	t.Parallel()
	m := start(t, quick())
	if code, _ := press(t, m, "agents/0/stop", ""); code != http.StatusNotFound {
		t.Errorf("%d", code)
	}
}

// An impossible request is answered with the agent, the reason, and what helps.
func TestFaultPagesExplain(t *testing.T) {
	t.Parallel()
	cfg := breakable()
	cfg.AgentTimeout = time.Hour // it stays just stopped, however long the requests take
	m := start(t, cfg)
	must(t, m, "agents/0/stop", "")
	for _, c := range []struct {
		page, body string
		code       int
		want       string
	}{
		{"agents/0/stop", "", 409, "is stopped already; start it first"},
		{"agents/0/pause", "", 409, "is stopped; start it first"},
		{"agents/0/resume", "", 409, "is not paused, but stopped"},
		{"agents/0/kill-executor", "", 409, "runs no executor"},
		{"agents/7/stop", "", 409, "there is no agent 7; there are 1, counted from 0"},
		{"agents/one/stop", "", 409, "agents are numbers"},
		{"agents/0/explode", "", 409, "there is no \"explode\"; choose stop, start, pause"},
		{"agents/0/start?for=soon", "", 409, "for=soon: a time is"},
		{"master/fail-over?down=-1s", "", 409, "down=-1s"},
		{"faults", `{"SwallowUpdate": 1}`, 409, "SwallowUpdate"},
		{"faults", `{"SwallowUpdates": 2}`, 409, "between 0 (never) and 1"},
		{"faults", `{"RescindAfter": "-1s"}`, 409, "negative"},
		{"faults", `{} {}`, 409, "something follows"},
		{"agents", "", 404, "GET /local lists"},
	} {
		code, body := press(t, m, c.page, c.body)
		var answer struct{ Error string }
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Errorf("%s: %v: %s", c.page, err, body)
		}
		if code != c.code || !strings.Contains(answer.Error, c.want) {
			t.Errorf("%s %s: %d %s; want %q", c.page, c.body, code, answer.Error, c.want)
		}
	}
	code, page := get(t, "http://"+m.Addr()+"/local", "")
	if code != 200 || !strings.Contains(page, `"condition": "stopped"`) || !strings.Contains(page, "kill-executor") {
		t.Errorf("%d %s", code, page)
	}
}

// A web page in a browser cannot break anything.
func TestFaultPagesRefuseBrowsers(t *testing.T) {
	t.Parallel()
	m := start(t, breakable())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+m.Addr()+"/local/agents/0/stop", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "http://evil.example")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("answered %s", answer.Status)
	}
}

// An agent that is away for a limited time comes back by itself, with its id, and
// its task notices nothing; ending a fault early does not end a later one.
func TestAgentAwayForATime(t *testing.T) {
	t.Parallel()
	for _, fault := range []struct{ begin, end string }{{"pause", "resume"}, {"stop", "start"}} {
		t.Run(fault.begin, func(t *testing.T) {
			t.Parallel()
			cfg := breakable()
			cfg.AgentTimeout, cfg.ReregistrationTimeout = 100*time.Millisecond, 5*time.Second
			m := start(t, cfg)
			f := connect(t, m)
			o := f.launch("away", "ex-away", run)
			must(t, m, "agents/0/"+fault.begin+"?for=1h", "")
			must(t, m, "agents/0/"+fault.end, "")
			// All effects of this come before the answer to a question.
			f.send(mesos.Reconcile(mesos.TaskRef{Task: "marker", Agent: "nowhere"}))
			f.status("marker", mesospb.TaskState_TASK_UNKNOWN)
			must(t, m, "agents/0/"+fault.begin+"?for=300ms", "")
			f.status("away", mesospb.TaskState_TASK_UNREACHABLE)
			f.status("away", mesospb.TaskState_TASK_RUNNING)
			if back := f.offer(); back.AgentId.GetValue() != o.AgentId.GetValue() {
				t.Errorf("the agent is now %s", back.AgentId.GetValue())
			}
			if got := f.message(o, "ex-away", "still there?"); got != "still there?" {
				t.Errorf("the executor says %q", got)
			}
		})
	}
}

// If none is named, all executors of an agent are killed.
func TestKillExecutorPage(t *testing.T) {
	t.Parallel()
	m := start(t, breakable())
	f := connect(t, m)
	f.launch("a", "ex-a", run)
	f.launch("b", "ex-b", run)
	must(t, m, "agents/0/kill-executor", "")
	failed := map[string]bool{}
	f.until("end of both tasks", func(e *mesospb.SchedulerEvent) bool { // in any order
		if s := e.GetUpdate().GetStatus(); s.GetState() == mesospb.TaskState_TASK_FAILED {
			failed[s.TaskId.GetValue()] = true
		}
		return failed["a"] && failed["b"]
	})
}

// A master that is down breaks every connection and gives no answer; the next one
// learns the frameworks and tasks of agents only when these have come back.
func TestMasterDown(t *testing.T) {
	t.Parallel()
	m := start(t, breakable())
	f := connect(t, m)
	o := f.launch("lives", "ex-lives", run)
	began := time.Now()
	const down = 4 * time.Second
	must(t, m, "master/fail-over?down=4s&agents-after=300ms", "")
	for { // it answers first, and then dies
		answer, err := http.Get("http://" + m.Addr() + "/state")
		if err != nil {
			break
		}
		answer.Body.Close()
		if time.Since(began) > down {
			t.Fatal("a dead master answers")
		}
	}
	f.until("SUBSCRIBED", func(e *mesospb.SchedulerEvent) bool { return e.Subscribed != nil })
	if d := time.Since(began); d < down {
		t.Errorf("subscribed again after %v", d)
	}
	f.send(mesos.Reconcile(mesos.TaskRef{Task: "lives", Agent: o.AgentId.GetValue()}))
	f.send(mesos.Reconcile(mesos.TaskRef{Task: "nobody", Agent: "nowhere"}))
	f.status("nobody", mesospb.TaskState_TASK_UNKNOWN) // and nothing yet about the agent that is not back
	if again := f.offer(); again.AgentId.GetValue() != o.AgentId.GetValue() {
		t.Errorf("the agent is now %s", again.AgentId.GetValue())
	}
	f.send(mesos.Reconcile(mesos.TaskRef{Task: "lives", Agent: o.AgentId.GetValue()}))
	f.status("lives", mesospb.TaskState_TASK_RUNNING)
}

// Faults set while Mesos runs are active, and shown, until they are removed.
func TestSetFaults(t *testing.T) {
	t.Parallel()
	m := start(t, breakable())
	f := connect(t, m)
	o := f.launch("a", "ex-a", run)
	must(t, m, "faults", `{"RefuseCalls": 1, "SlowAcknowledgements": "1.5s"}`)
	if _, page := get(t, "http://"+m.Addr()+"/local/faults", ""); !strings.Contains(page, `"SlowAcknowledgements": "1.5s"`) || !strings.Contains(page, `"RefuseCalls": 1,`) {
		t.Errorf("shown as %s", page)
	}
	var refused *mesos.CallError
	if err := f.scheduler.Send(t.Context(), mesos.Revive()); !errors.As(err, &refused) || refused.Status != http.StatusServiceUnavailable {
		t.Errorf("%v", err)
	}
	must(t, m, "faults", `{}`)
	f.until("SUBSCRIBED", func(e *mesospb.SchedulerEvent) bool { return e.Subscribed != nil })
	f.message(o, "ex-a", "hello")
}
