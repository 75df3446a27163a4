package local_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// asNobody posts as an unprivileged user, when run as root, and returns the status.
func asNobody(t *testing.T, url, body string, more ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "curl", append([]string{"-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "60",
		"-H", "Content-Type: application/json", "-d", body, url}, more...)...)
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("curl %s: %v", url, err)
	}
	return string(out)
}

// No client can act for a framework without its secret, or for an executor without
// its token, although anyone can look up their ids.
func TestNobodyIsRefused(t *testing.T) {
	t.Parallel()
	cfg := breakable()
	cfg.Credentials = map[string]string{"fw": "s3"}
	m := start(t, cfg)
	f := connect(t, m, func(_ *mesospb.FrameworkInfo, c *mesos.SchedulerConfig) { c.Principal, c.Secret = "fw", "s3" })
	o := f.launch("a", "ex-a", run)
	f.launch("b", "ex-b", run)
	token := variable(f.message(o, "ex-b", "env"), "MESOS_EXECUTOR_AUTHENTICATION_TOKEN")
	if len(token) < 20 {
		t.Fatalf("the executor's token is %q", token)
	}
	agent := fmt.Sprintf("http://127.0.0.1:%d", o.Url.Address.GetPort())
	executor := fmt.Sprintf(`{"type":"SUBSCRIBE","framework_id":{"value":%q},"executor_id":{"value":"ex-a"},"subscribe":{}}`, f.id)
	for _, c := range []struct{ what, url, body, more, want string }{
		{"framework", "http://" + m.Addr() + "/api/v1/scheduler", `{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"root","name":"n"}}}`, "", "401"},
		{"operator", "http://" + m.Addr() + "/api/v1", `{"type":"GET_AGENTS"}`, "", "401"},
		{"breaker", "http://" + m.Addr() + "/local/agents/0/kill-executor", "", "", "401"},
		{"fail-over", "http://" + m.Addr() + "/local/master/fail-over", "", "", "401"},
		{"executor", agent + "/api/v1/executor", executor, "", "401"},
		{"made-up token", agent + "/slave(1)/api/v1/executor", executor, "Authorization: Bearer x", "401"},
		{"another's token", agent + "/api/v1/executor", executor, "Authorization: Bearer " + token, "403"},
	} {
		if got := asNobody(t, c.url, c.body, "-H", c.more); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	f.send(mesos.Kill("a", "", 0)) // the real executor has noticed nothing
	f.status("a", mesospb.TaskState_TASK_KILLED)
}

// A guarded Mesos that runs as root without credentials starts nothing.
func TestGuarded(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Guarded = true
	f := connect(t, start(t, cfg))
	o := f.offer()
	f.accept(o, task(t, o, "a", "ex", run))
	want := mesospb.TaskState_TASK_RUNNING // only root can become another user
	if os.Getuid() == 0 {
		want = mesospb.TaskState_TASK_ERROR
	}
	if s := f.status("a", want); os.Getuid() == 0 && !strings.Contains(s.GetMessage(), "start it with credentials") {
		t.Errorf("%v", s)
	}
}
