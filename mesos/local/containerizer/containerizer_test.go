package containerizer

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

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// container returns one that runs a shell command.
func container(t *testing.T, command string) Container {
	return Container{
		Directory: Sandbox(t.TempDir(), "A", "F", "E", "C"),
		Command:   &mesospb.CommandInfo{Value: &command},
		Env:       map[string]string{"PATH": os.Getenv("PATH"), "GREETING": "hello"},
	}
}

func read(t *testing.T, x Container, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(x.Directory, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A program runs in its sandbox with its environment alone, its output is kept, what was
// fetched is not, and its wait status is returned.
func TestRun(t *testing.T) {
	t.Parallel()
	x := container(t, "pwd; env | grep -c .; echo $GREETING >&2; ./tool; exit 7")
	tool := filepath.Join(t.TempDir(), "tool")
	if err := os.WriteFile(tool, []byte("#!/bin/sh\necho tool\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	x.Command.Uris = []*mesospb.CommandInfo_URI{{Value: &tool, Executable: proto.Bool(true)}}
	begun := 0
	status, err := New(t.TempDir()).Run(t.Context(), x, func(p *Process) { begun = p.PID() })
	if err != nil || syscall.WaitStatus(status).ExitStatus() != 7 || begun == 0 {
		t.Errorf("wait status %#x, %v; process %d", status, err, begun)
	}
	out := strings.Fields(read(t, x, "stdout"))
	if len(out) != 3 || out[0] != x.Directory || out[2] != "tool" || read(t, x, "stderr") != "hello\n" {
		t.Errorf("stdout %q, stderr %q", out, read(t, x, "stderr"))
	}
	if latest, err := filepath.EvalSymlinks(filepath.Join(x.Directory, "../latest")); err != nil || latest != x.Directory {
		t.Errorf("the link to the latest run leads to %s, %v", latest, err)
	}
	if _, err := os.Stat(filepath.Join(x.Directory, "tool")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was fetched is still there: %v", err)
	}
}

// The end of its context kills a program, and the end of a program everything that it
// left in its session, however that ignores signals.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	for name, command := range map[string]string{
		"killed": "sh -c 'trap \"\" TERM HUP; echo $$; exec sleep 1000' & wait",
		"ended":  "trap '' HUP; sh -c 'trap \"\" TERM HUP; echo $$ >child; mv child stdout2; exec sleep 1000' & until [ -e stdout2 ]; do sleep 0.01; done; cat stdout2",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := container(t, command)
			ctx, kill := context.WithCancel(t.Context())
			defer kill()
			status, err := New(t.TempDir()).Run(ctx, x, func(*Process) {
				if name != "killed" {
					return
				}
				for {
					if b, err := os.ReadFile(filepath.Join(x.Directory, "stdout")); err == nil && strings.HasSuffix(string(b), "\n") {
						break
					}
					time.Sleep(time.Millisecond)
				}
				kill()
			})
			if err != nil || (name == "killed") != (syscall.WaitStatus(status).Signal() == syscall.SIGKILL) {
				t.Errorf("wait status %#x, %v", status, err)
			}
			child, err := strconv.Atoi(strings.TrimSpace(read(t, x, "stdout")))
			if err != nil {
				t.Fatal(err)
			}
			if _, alive := statOf(child); alive {
				t.Errorf("process %d is left", child)
			}
		})
	}
}

// Why nothing was started is returned, and is in the sandbox's stderr if there is one.
func TestNotStarted(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		change  func(*Container)
		want    string
		sandbox bool // there is one
	}{
		{"no place", func(x *Container) { x.Directory = file + "/runs/1" }, "Failed to create executor directory '" + file, false},
		{"no file", func(x *Container) { x.Command.Uris = []*mesospb.CommandInfo_URI{{Value: proto.String("/no/such")}} }, "Failed to fetch all URIs: fetching /no/such", true},
		{"fault", func(x *Container) { x.FailFetch = true }, "Failed to fetch all URIs: fault", true},
		{"no program", func(x *Container) { x.Command.Shell, x.Command.Value = proto.Bool(false), proto.String("none") }, "starting the executor", true},
	} {
		x := container(t, "exit 0")
		c.change(&x)
		_, err := New(t.TempDir()).Run(t.Context(), x, func(*Process) { t.Errorf("%s: it runs", c.name) })
		if err == nil || !strings.Contains(err.Error(), c.want) || c.sandbox == errors.As(err, new(*SandboxError)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if c.sandbox && read(t, x, "stderr") == "" {
			t.Errorf("%s: nothing in stderr", c.name)
		}
	}
}

// Sandboxes of earlier runs go when they are old, and the cache in any case.
func TestPrepareWorkDir(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, sub := range []string{"slaves/old/x", "slaves/young/x", "fetch/c0000000"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	before := time.Now().Add(-gcDelay - time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "slaves/old"), before, before); err != nil {
		t.Fatal(err)
	}
	if err := PrepareWorkDir(dir); err != nil {
		t.Fatal(err)
	}
	for sub, want := range map[string]bool{"slaves/old": false, "slaves/young/x": true, "fetch": false} {
		if _, err := os.Stat(filepath.Join(dir, sub)); (err == nil) != want {
			t.Errorf("%s: %v", sub, err)
		}
	}
}
