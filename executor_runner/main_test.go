package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// asProgram makes the test binary be executor_runner.
const asProgram = "TEST_AS_EXECUTOR_RUNNER"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Args = append(os.Args[:1], strings.Fields(os.Getenv(asProgram))[1:]...)
		main()
	}
	os.Exit(m.Run())
}

// runProgram runs executor_runner with args and returns its exit code and what it prints.
func runProgram(t *testing.T, args string, env ...string) (int, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(), asProgram + "=executor_runner " + args}, env...)
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// The exit code says whether a call was wrong or something failed, and the message what to
// change. A new version of this program is on trial by the first row.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	damaged := filepath.Join(dir, "handover")
	agent := []string{"MESOS_FRAMEWORK_ID=F", "MESOS_EXECUTOR_ID=e", "MESOS_SLAVE_ID=S0", "MESOS_AGENT_ENDPOINT=127.0.0.1:1",
		"MESOS_DIRECTORY=" + dir, "MESOS_SANDBOX=" + dir, "MESOS_CHECKPOINT=0"}
	if err := os.WriteFile(damaged, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args string
		env  []string
		code int
		says string
	}{
		"a trial":              {"-root_dir=/r -max_pods=5 -check", nil, exitOK, ""},
		"an unknown flag":      {"-no_such_flag -check", nil, exitUsage, "no_such_flag"},
		"an argument":          {"extra", nil, exitUsage, `"extra" is not a flag`},
		"no agent":             {"-docker_endpoint=unix:///none.sock", nil, exitUsage, "MESOS_"},
		"a relative directory": {"-docker_endpoint=unix:///none.sock -root_dir=r", agent, exitUsage, "(-root_dir)"},
		"a bad address":        {"-docker_endpoint=unix:///none.sock -node_address=10.1", agent, exitUsage, "(-node_address)"},
		"a damaged handover":   {"-docker_endpoint=unix:///none.sock", append(agent, "KUBERNETES_MESOS_HANDOVER="+damaged), exitFailed, "previous program"},
	} {
		code, out := runProgram(t, c.args, c.env...)
		if code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%s: exit code %d, want %d and %q in:\n%s", name, code, c.code, c.says, out)
		}
	}
	if _, err := os.Stat(damaged); !os.IsNotExist(err) {
		t.Errorf("the damaged handover is left: %v", err)
	}
}
