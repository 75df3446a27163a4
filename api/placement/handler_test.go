package placement

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// fakeAPI is an API server with one pod, a/p. Who may do what is in the caller's name.
type fakeAPI struct {
	phase corev1.PodPhase
	other []string // what else it was asked for
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	may := func(what string) bool { return strings.Contains(r.Header.Get("Impersonate-User"), what) }
	answer := func(code int, o any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(o)
	}
	refuse := func(code int, reason metav1.StatusReason) {
		answer(code, metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure, Code: int32(code), Reason: reason})
	}
	list := &corev1.PodList{TypeMeta: metav1.TypeMeta{Kind: "PodList", APIVersion: "v1"}}
	switch {
	case r.URL.Path == "/api/v1/namespaces/a/pods/p" && !may("get"):
		refuse(http.StatusForbidden, metav1.StatusReasonForbidden)
	case r.URL.Path == "/api/v1/namespaces/a/pods/p":
		p := &corev1.Pod{TypeMeta: metav1.TypeMeta{Kind: "Pod", APIVersion: "v1"}, ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "p", UID: "p"}}
		p.Status.Phase = f.phase
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Message: "it has a gate"}}
		answer(http.StatusOK, p)
	case r.URL.Path == "/api/v1/pods" && may("all"), r.URL.Path == "/api/v1/namespaces/b/pods" && may("list-b"):
		answer(http.StatusOK, list)
	case strings.HasSuffix(r.URL.Path, "/pods"):
		refuse(http.StatusForbidden, metav1.StatusReasonForbidden)
	case strings.HasPrefix(r.URL.Path, "/api/v1/namespaces/a/pods/") && r.Method == http.MethodGet:
		refuse(http.StatusNotFound, metav1.StatusReasonNotFound)
	default:
		f.other = append(f.other, r.Method+" "+r.URL.Path)
	}
}

// fakeSource knows one answer.
type fakeSource struct {
	placement scheduler.Placement
	queue     scheduler.Queue
	err       error
}

func (f *fakeSource) Placement(_ context.Context, uid string) (scheduler.Placement, error) {
	if uid != "p" {
		return scheduler.Placement{}, errors.New("asked for " + uid)
	}
	return f.placement, f.err
}

func (f *fakeSource) Queue(context.Context) (scheduler.Queue, error) { return f.queue, f.err }

func get(h http.Handler, path, user string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Impersonate-User", user)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Who may get a pod sees all of its placement, and of the pods ahead the names of those that
// they may list, and the number of the others. The answers are in testdata, in full.
func TestPlacement(t *testing.T) {
	t.Parallel()
	next := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	waiting := scheduler.Placement{
		State: "waiting", Queued: true, Attempt: 2, Failures: 1, Trouble: "TASK_FAILED: no disk",
		Message: "0/2 nodes are available: 1 Insufficient cpu (lacking 0.5 cpu), 1 node(s) were unschedulable.",
		Survey: scheduler.Survey{
			Nodes: 2, Offering: 2,
			Reasons: []scheduler.Reason{{Nodes: 1, Reason: "Insufficient cpu", Detail: "lacking 0.5 cpu"}, {Nodes: 1, Reason: "node(s) were unschedulable"}},
			Nearest: &scheduler.Miss{Node: "n1", Lacks: scheduler.Amount{CPU: 500, Mem: 64}},
		},
	}
	late := waiting
	late.State, late.Next, late.Survey = "backing off", next, scheduler.Survey{Nodes: 1, Offering: 1, Fits: 1}
	queue := scheduler.Queue{{UID: "x", Namespace: "b", Name: "x"}, {UID: "y", Namespace: "c", Name: "y"}, {UID: "p", Namespace: "a", Name: "p", Priority: -1, Message: "no room"}, {UID: "z", Next: next}}
	answers := map[string]any{}
	for _, row := range []struct {
		name, path, user string
		phase            corev1.PodPhase
		source           fakeSource
		code             int
	}{
		{"waiting", "", "get,list-b", "", fakeSource{placement: waiting, queue: queue}, 200},
		{"backingoff", "", "get", "", fakeSource{placement: late, queue: queue}, 200},
		{"running", "", "get", "", fakeSource{placement: scheduler.Placement{State: "running", Attempt: 1, Since: next, Task: &scheduler.Task{ID: "p.1", Agent: "S1", Node: "n1"}}}, 200},
		{"unknown", "", "get", "", fakeSource{placement: scheduler.Placement{State: "unknown"}}, 200},
		{"finished", "", "get", corev1.PodSucceeded, fakeSource{err: errors.New("asked")}, 200},
		{"forbidden", "", "list-b,all", "", fakeSource{placement: waiting}, 403},
		{"missing", "/api/v1/namespaces/a/pods/q/placement", "get", "", fakeSource{}, 404},
		{"unavailable", "", "get", "", fakeSource{err: errors.New("the framework does not run")}, 503},
		{"queue", QueuePath, "all", "", fakeSource{queue: queue}, 200},
		{"queueforbidden", QueuePath, "get,list-b", "", fakeSource{queue: queue}, 403},
	} {
		path := row.path
		if path == "" {
			path = "/api/v1/namespaces/a/pods/p/placement"
		}
		w := get(NewHandler(&fakeAPI{phase: row.phase}, &row.source), path, row.user)
		var answer any
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != row.code {
			t.Errorf("%s: %d, %v: %s", row.name, w.Code, err, w.Body)
		}
		answers[row.name] = answer
	}
	got, err := json.MarshalIndent(answers, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const file = "testdata/answers.json"
	if *update {
		if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || strings.TrimSpace(string(want)) != string(got) {
		t.Errorf("%v: %s differs (go test -update rewrites it):\n%s", err, file, got)
	}
}

var update = flag.Bool("update", false, "rewrite testdata with what is answered")

// Every other request is the API server's.
func TestOthersPass(t *testing.T) {
	t.Parallel()
	api := &fakeAPI{}
	h := NewHandler(api, &fakeSource{})
	for _, path := range []string{"/placement", "/api/v1/namespaces/a/pods/p/log", "/api/v1/namespaces/a/services/p/placement", "/api/v1/namespaces/a/pods/../placement", "/placement/queue/", "/api/v2/namespaces/a/pods/p/placement"} {
		if _, _, one := podOf(path); one {
			t.Errorf("%s is taken for a pod's placement", path)
		}
	}
	get(h, "/placement", "get,all")
	r := httptest.NewRequest(http.MethodPost, "/api/v1/namespaces/a/pods/p/placement", nil)
	h.ServeHTTP(httptest.NewRecorder(), r)
	if got := strings.Join(api.other, ", "); got != "GET /placement, POST /api/v1/namespaces/a/pods/p/placement" {
		t.Errorf("passed on: %s", got)
	}
}
