package cluster

import (
	"bytes"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Process is a program that a test started. Its output is shown if the test fails.
type Process struct {
	t    testing.TB
	cmd  *exec.Cmd
	out  *output
	done chan struct{}
	err  error // of Wait; valid once done is closed
}

// Run starts a program in a process group of its own.
func Run(t testing.TB, path string, args ...string) *Process {
	t.Helper()
	return start(t, exec.Command(path, args...))
}

// RunOn is Run on a host, this machine if it is nil.
func RunOn(t testing.TB, on Host, path string, args ...string) *Process {
	t.Helper()
	if on == nil {
		return Run(t, path, args...)
	}
	return start(t, on.Command(path, args...))
}

func start(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{t: t, cmd: cmd, out: &output{}, done: make(chan struct{})}
	p.cmd.Dir = Root()
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", cmd.Path, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("the end of the output of %s:\n%s", cmd.Path, p.out.tail(8000))
		}
	})
	return p
}

// Await waits until the condition holds, and fails the test if that takes longer than
// within or the process ends.
func (p *Process) Await(within time.Duration, what string, holds func() bool) {
	p.t.Helper()
	deadline := time.Now().Add(within)
	for !holds() {
		select {
		case <-p.done:
			p.t.Fatalf("waiting for %s: %s ended: %v\n%s", what, p.cmd.Path, p.err, p.out.tail(4000))
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%s did not come about within %s", what, within)
		}
	}
}

// stopWithin is how long a program may take to end in an orderly way.
const stopWithin = 60 * time.Second

// Stop ends the process with SIGTERM and waits for it. Stopping a process that
// has ended does nothing.
func (p *Process) Stop() {
	p.t.Helper()
	select {
	case <-p.done:
		return
	default:
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(stopWithin):
		p.t.Errorf("%s did not end within %s of SIGTERM", p.cmd.Path, stopWithin)
		p.Kill()
	}
}

// Kill ends the process with SIGKILL and waits for it.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// Wait waits for the process to end by itself and returns its exit code and output. It
// fails the test if the process does not end.
func (p *Process) Wait() (int, string) {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(stopWithin):
		p.t.Errorf("%s does not end by itself", p.cmd.Path)
		p.Stop()
	}
	return p.cmd.ProcessState.ExitCode(), p.out.tail(1 << 20)
}

// PID returns the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Output returns what the process has written so far.
func (p *Process) Output() string { return p.out.tail(1 << 30) }

// output keeps what a process writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) tail(n int) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := o.buf.Bytes()
	return string(b[max(0, len(b)-n):])
}
