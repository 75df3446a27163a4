package local_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func get(t *testing.T, url, host string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
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

// state holds the parts of /state that a test needs.
type state struct {
	Slaves []struct {
		ID, PID   string
		Resources map[string]any
		Used      map[string]any `json:"used_resources"`
	}
	Frameworks []struct {
		ID    string
		Tasks []struct {
			ID, State string
			Statuses  []struct{ State string }
		}
		Executors []struct {
			ID        string `json:"executor_id"`
			Directory string
			PID       int
		}
	}
}

// A person finds a task, its executor and the executor's output.
func TestPages(t *testing.T) {
	t.Parallel()
	m := start(t, quick())
	f := connect(t, m)
	o := f.launch("seen", "ex-seen", run)
	var s state
	// An executor may subscribe before the loop hears that it has started.
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		code, body := get(t, "http://"+m.Addr()+"/state", "")
		if err := json.Unmarshal([]byte(body), &s); err != nil || code != 200 {
			t.Fatalf("%d %v", code, err)
		}
		if !strings.Contains(body, "\n  \"slaves\": [\n") {
			t.Error("the page is not indented")
		}
		if s.Frameworks[0].Executors[0].PID != 0 {
			break
		}
	}
	x := s.Frameworks[0]
	if x.ID != f.id || len(x.Tasks) != 1 || x.Tasks[0].State != "TASK_RUNNING" || x.Tasks[0].Statuses[0].State != "TASK_RUNNING" || x.Executors[0].PID == 0 {
		t.Errorf("frameworks %+v", s.Frameworks)
	}
	if used := s.Slaves[0].Used["cpus"]; used != 0.2 || s.Slaves[0].Resources["ports"] != "[31000-31009]" {
		t.Errorf("slaves %+v", s.Slaves)
	}
	if _, err := os.Stat(filepath.Join(x.Executors[0].Directory, "mesostest-executor")); err != nil {
		t.Error(err)
	}
	agent := "http://" + strings.TrimPrefix(s.Slaves[0].PID, "slave(1)@")
	for _, c := range []struct {
		path string
		code int
		want string
	}{
		{"/state", 200, "ex-seen"},
		{"/version", 200, "1.11.0"},
		{"/health", 200, ""},
		{"/nothing", 404, ""},
	} {
		if code, body := get(t, agent+c.path, ""); code != c.code || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %s", c.path, code, body)
		}
	}
	if code, _ := get(t, "http://"+m.Addr()+"/state", "evil.example.com"); code != 403 {
		t.Errorf("under a foreign name: %d", code)
	}
	if code, _ := get(t, "http://"+m.Addr()+"/", "localhost:5050"); code != 200 {
		t.Errorf("the first page: %d", code)
	}
	f.send(mesos.Kill("seen", o.AgentId.GetValue(), 0))
}

// A sandbox is at the same path as in Mesos, holds the output and the fetched files
// as long as the executor lives, and afterwards only the output.
func TestSandbox(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.WorkDir = t.TempDir()
	f := connect(t, start(t, cfg))
	o := f.launch("box", "ex-box", run, func(i *mesospb.TaskInfo) {
		*i.Executor.Command.Value = "echo out; echo err >&2; " + *i.Executor.Command.Value
	})
	runs := filepath.Join(cfg.WorkDir, "slaves", o.AgentId.GetValue(), "frameworks", f.id, "executors", "ex-box", "runs")
	latest, err := filepath.EvalSymlinks(filepath.Join(runs, "latest"))
	if err != nil {
		t.Fatal(err)
	}
	env := f.message(o, "ex-box", "env")
	if variable(env, "MESOS_SANDBOX") != latest {
		t.Errorf("the sandbox is %s, latest is %s", variable(env, "MESOS_SANDBOX"), latest)
	}
	if names := entries(t, latest); !slices.Equal(names, []string{"mesostest-executor", "stderr", "stdout"}) {
		t.Errorf("in it: %v", names)
	}
	f.send(mesos.Message("ex-box", o.AgentId.GetValue(), []byte("exit 0")))
	f.failure("ex-box")
	if names := entries(t, latest); !slices.Equal(names, []string{"stderr", "stdout"}) {
		t.Errorf("in it after the end: %v", names)
	}
	for name, want := range map[string]string{"stdout": "out\n", "stderr": "err\n"} {
		if b, err := os.ReadFile(filepath.Join(latest, name)); err != nil || string(b) != want {
			t.Errorf("%s is %q, %v", name, b, err)
		}
	}
}

func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

// The environment is exactly what agents give: all names are known, and CommandInfo
// wins.
func TestEnvironmentIsExact(t *testing.T) {
	t.Parallel()
	f := connect(t, start(t, quick()), noCheckpoint)
	o := f.launch("env", "ex-env", run, func(i *mesospb.TaskInfo) {
		name, value := "MESOS_SANDBOX", "/mine"
		i.Executor.Command.Environment.Variables = append(i.Executor.Command.Environment.Variables, &mesospb.Environment_Variable{Name: &name, Value: &value})
		i.Executor.ShutdownGracePeriod = &mesospb.DurationInfo{Nanoseconds: new(int64)}
		*i.Executor.ShutdownGracePeriod.Nanoseconds = 12_500_000_000
	})
	env := f.message(o, "ex-env", "env")
	var names []string
	for _, line := range strings.Split(env, "\n") {
		name, _, _ := strings.Cut(line, "=")
		names = append(names, name)
	}
	slices.Sort(names)
	want := []string{"GORACE", "LIBPROCESS_IP", "LIBPROCESS_PORT", "MESOSTEST_EXECUTOR", "MESOS_AGENT_ENDPOINT", "MESOS_CHECKPOINT",
		"MESOS_DIRECTORY", "MESOS_EXECUTOR_ID", "MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", "MESOS_FRAMEWORK_ID", "MESOS_HTTP_COMMAND_EXECUTOR",
		"MESOS_SANDBOX", "MESOS_SLAVE_ID", "MESOS_SLAVE_PID", "PATH", "PWD"}
	if !slices.Equal(names, want) {
		t.Errorf("names %v\nwant  %v", names, want)
	}
	if variable(env, "MESOS_SANDBOX") != "/mine" || variable(env, "MESOS_CHECKPOINT") != "0" || variable(env, "MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD") != "12500ms" {
		t.Errorf("environment:\n%s", env)
	}
}

// If nothing can be fetched, the reason is in the sandbox's stderr.
func TestComplaintInSandbox(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.WorkDir = t.TempDir()
	f := connect(t, start(t, cfg))
	o := f.offer()
	missing := "/no/such/program"
	f.accept(o, task(t, o, "c", "ex-c", run, func(i *mesospb.TaskInfo) { i.Executor.Command.Uris[0].Value = &missing }))
	f.status("c", mesospb.TaskState_TASK_FAILED)
	b, err := os.ReadFile(filepath.Join(cfg.WorkDir, "slaves", o.AgentId.GetValue(), "frameworks", f.id, "executors", "ex-c", "runs", "latest", "stderr"))
	if err != nil || !strings.Contains(string(b), missing) {
		t.Errorf("stderr is %q, %v", b, err)
	}
}
