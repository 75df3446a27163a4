package pages

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/faults"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// broken writes down what it is asked to do, and does not do what it is told not to.
type broken struct {
	asked []string
	err   error
}

func (b *broken) do(what string, args ...any) error {
	b.asked = append(b.asked, what+fmt.Sprint(args...))
	return b.err
}

func (b *broken) StopAgent(i int, d time.Duration) error  { return b.do("stop ", i, " ", d) }
func (b *broken) StartAgent(i int) error                  { return b.do("start ", i) }
func (b *broken) PauseAgent(i int, d time.Duration) error { return b.do("pause ", i, " ", d) }
func (b *broken) ResumeAgent(i int) error                 { return b.do("resume ", i) }
func (b *broken) RemoveAgent(i int) error                 { return b.do("remove ", i) }
func (b *broken) MarkAgentGone(i int) error               { return b.do("gone ", i) }
func (b *broken) KillExecutor(i int, f, e string) error   { return b.do("kill ", i, " ", f, " ", e) }
func (b *broken) CrashMaster(down, after time.Duration) error {
	return b.do("crash ", down, " ", after)
}
func (b *broken) Rescind() error                  { return b.do("rescind") }
func (b *broken) SetFaults(f faults.Faults) error { return b.do("faults ", f.SwallowUpdates) }
func (b *broken) Condition() Condition {
	return Condition{Agents: []AgentCondition{{Hostname: "here", Condition: "paused", Executors: []Executor{}}}, Faults: faults.Faults{RescindAfter: time.Second}}
}

func request(h http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r, w := httptest.NewRequest(method, path, strings.NewReader(body)), httptest.NewRecorder()
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	h.ServeHTTP(w, r)
	return w
}

func everyone(h http.Handler) http.Handler { return h }

// Each page does what it says, with the times in its query.
func TestFaultPages(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"agents/1/stop":         "stop 1 0s",
		"agents/1/stop?for=30s": "stop 1 30s",
		"agents/0/start":        "start 0",
		"agents/0/pause?for=1m": "pause 0 1m0s",
		"agents/0/resume":       "resume 0",
		"agents/0/remove":       "remove 0",
		"agents/0/gone":         "gone 0",
		"agents/2/kill-executor?framework=F&executor=E": "kill 2 F E",
		"master/fail-over":                         "crash 0s 1s",
		"master/fail-over?down=5s&agents-after=0s": "crash 5s 0s",
		"rescind": "rescind",
		"faults":  "faults 0.5",
	} {
		b := &broken{}
		w := request(FaultPages(b, everyone), http.MethodPost, "/local/"+path, `{"SwallowUpdates": 0.5}`)
		if w.Code != 200 || !slices.Equal(b.asked, []string{want}) || !strings.Contains(w.Body.String(), `"condition": "paused"`) {
			t.Errorf("%s: %d, asked for %q: %s", path, w.Code, b.asked, w.Body)
		}
	}
	w := request(FaultPages(&broken{}, everyone), http.MethodGet, "/local", "")
	if !strings.Contains(w.Body.String(), "/local/agents/{i}/stop") || !strings.Contains(w.Body.String(), `"RescindAfter": "1s"`) {
		t.Errorf("GET /local: %s", w.Body)
	}
}

// What cannot be done is answered with why, and nothing is done for mistakes, for a page
// of another origin and for those whom posts holds back.
func TestFaultPagesRefuse(t *testing.T) {
	t.Parallel()
	b := &broken{err: errors.New("it is paused")}
	w := request(FaultPages(b, everyone), http.MethodPost, "/local/agents/0/stop", "")
	var answer struct{ Error string }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusConflict || answer.Error != "it is paused" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	b = &broken{}
	noOne := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	}
	for _, c := range []struct {
		h            http.Handler
		method, path string
		header       []string
		want         int
	}{
		{FaultPages(b, everyone), "POST", "agents/x/stop", nil, 409},
		{FaultPages(b, everyone), "POST", "agents/0/explode", nil, 409},
		{FaultPages(b, everyone), "POST", "agents/0/stop?for=-1s", nil, 409},
		{FaultPages(b, everyone), "POST", "agents/0/stop?for=%zz", nil, 409},
		{FaultPages(b, everyone), "POST", "master/fail-over?agents-after=soon", nil, 409},
		{FaultPages(b, everyone), "POST", "faults", nil, 409},
		{FaultPages(b, everyone), "GET", "agents/0/stop", nil, 404},
		{FaultPages(b, everyone), "POST", "agents/0/stop", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{FaultPages(b, noOne), "POST", "agents/0/stop", nil, 401},
		{FaultPages(b, noOne), "POST", "master/fail-over", nil, 401},
	} {
		if w := request(c.h, c.method, "/local/"+c.path, "", c.header...); w.Code != c.want {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, w.Code, w.Body, c.want)
		}
	}
	if len(b.asked) > 0 {
		t.Errorf("all the same it was asked for %q", b.asked)
	}
}

// Resources, attributes and times look as on the pages of Mesos.
func TestForms(t *testing.T) {
	t.Parallel()
	rs, err := resources.Parse("cpus:1.5;mem:64;ports:[1-2,5-5]")
	if err != nil {
		t.Fatal(err)
	}
	attributes, err := resources.ParseAttributes("rack:r1;level:3.5;span:[1-2]")
	if err != nil {
		t.Fatal(err)
	}
	reason := mesospb.TaskStatus_REASON_RECONCILIATION
	for _, c := range []struct {
		got  any
		want string
	}{
		{ToAmounts(rs), `{"cpus":1.5,"disk":0,"gpus":0,"mem":64,"ports":"[1-2, 5-5]"}`},
		{ToAmounts(nil), `{"cpus":0,"disk":0,"gpus":0,"mem":0}`},
		{ToAttributes(attributes), `{"level":3.5,"rack":"r1","span":"[1-2]"}`},
		{ToStatuses(nil), `[]`},
		{ToStatuses([]*mesospb.TaskStatus{{State: mesospb.TaskState_TASK_LOST.Enum(), Timestamp: proto.Float64(1.5), Reason: &reason}}),
			`[{"state":"TASK_LOST","timestamp":1.5,"reason":"REASON_RECONCILIATION"}]`},
		{Epoch(time.Time{}), `0`},
		{Epoch(time.UnixMilli(1500)), `1.5`},
	} {
		if b, err := json.Marshal(c.got); err != nil || string(b) != c.want {
			t.Errorf("%s, %v; want %s", b, err, c.want)
		}
	}
	w := httptest.NewRecorder()
	if Index(w, "<b>", "/work&dir"); strings.Contains(w.Body.String(), "<b>") || !strings.Contains(w.Body.String(), "/work&amp;dir") {
		t.Errorf("not escaped: %s", w.Body)
	}
	if w := request(Redirect("m:1"), http.MethodGet, "/", ""); w.Code != 307 || w.Header().Get("Location") != "//m:1" {
		t.Errorf("%d %s", w.Code, w.Header())
	}
}
