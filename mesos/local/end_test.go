package local_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// When Run returns, none of its processes is left: neither an executor that obeys
// SHUTDOWN, nor one that does not, nor their leftover children; and no temporary
// directory.
func TestEndLeavesNothing(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.ShutdownGrace = 300 * time.Millisecond
	m, err := local.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()

	f := connect(t, m)
	o := f.launch("obeys", "ex-obeys", run)
	f.launch("hangs", "ex-hangs", hang)
	orphan, err := strconv.Atoi(f.message(o, "ex-obeys", "orphan"))
	if err != nil {
		t.Fatal(err)
	}
	env := f.message(o, "ex-obeys", "env")
	sandbox := variable(env, "MESOS_DIRECTORY")
	if _, err := os.Stat(filepath.Join(sandbox, "stdout")); err != nil {
		t.Error(err)
	}

	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("Run does not return")
	}
	if err := syscall.Kill(orphan, 0); !errors.Is(err, syscall.ESRCH) && alive(orphan) {
		t.Errorf("process %d is still there: %v", orphan, err)
	}
	if left := processesIn(filepath.Dir(sandbox)); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if _, err := os.Stat(sandbox); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the temporary directory is still there: %v", err)
	}
	f.stop()
	<-f.ended
}

// alive reports whether a process is running and not a zombie.
func alive(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(b), ") Z ")
}

// processesIn lists processes whose working directory is below dir.
func processesIn(dir string) (out []string) {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, l := range links {
		if cwd, err := os.Readlink(l); err == nil && strings.HasPrefix(cwd, dir) {
			out = append(out, l)
		}
	}
	return out
}

func variable(env, name string) string {
	for _, line := range strings.Split(env, "\n") {
		if n, v, _ := strings.Cut(line, "="); n == name {
			return v
		}
	}
	return ""
}

// An executor that is still being fetched or has never subscribed is gone too.
func TestEndWhileStarting(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.ShutdownGrace = 100 * time.Millisecond
	m := start(t, cfg)
	f := connect(t, m)
	o := f.offer()
	info := task(t, o, "never", "ex-never", run, func(i *mesospb.TaskInfo) {
		i.Executor.Command.Uris = nil
		*i.Executor.Command.Value = "trap '' TERM; while true; do sleep 1; done"
	})
	f.accept(o, info)
	// The end of the test waits for Run; if anything were left, it would hang.
}

func TestExecutorThatNeverRegisters(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.RegistrationTimeout = 100 * time.Millisecond
	f := connect(t, start(t, cfg))
	o := f.offer()
	info := task(t, o, "never", "ex-never", run, func(i *mesospb.TaskInfo) {
		i.Executor.Command.Uris = nil
		*i.Executor.Command.Value = "exec sleep 1000"
	})
	f.accept(o, info)
	if got := f.failure("ex-never").GetStatus(); got != 9 {
		t.Errorf("FAILURE with status %d", got)
	}
	s := f.status("never", mesospb.TaskState_TASK_FAILED)
	if s.GetReason() != mesospb.TaskStatus_REASON_EXECUTOR_REGISTRATION_TIMEOUT || s.GetMessage() != "Executor did not register within 100ms" {
		t.Errorf("%v", s)
	}
}
