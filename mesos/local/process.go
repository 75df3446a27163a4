package local

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// settle is how long what was killed may take to vanish.
const settle = 5 * time.Second

// process is an executor's program with all that it started, as far as that
// stayed in its session.
type process struct {
	cmd *exec.Cmd
	pid int // also the id of its session and process group
}

// startProcess runs the command in a session of its own, in its sandbox, with
// stdout and stderr as files there.
func startProcess(p plan, owner owner) (*process, error) {
	args := []string{"sh", "-c", p.command.GetValue()}
	path := "/bin/sh"
	if !p.command.GetShell() {
		args, path = p.command.GetArguments(), p.command.GetValue()
		if len(args) == 0 {
			args = []string{path}
		}
		if !filepath.IsAbs(path) {
			path = filepath.Join(p.directory, path)
		}
	}
	stdout, err := logFile(p.directory, "stdout", owner)
	if err != nil {
		return nil, err
	}
	defer stdout.Close()
	stderr, err := logFile(p.directory, "stderr", owner)
	if err != nil {
		return nil, err
	}
	defer stderr.Close()
	cmd := &exec.Cmd{
		Path: path, Args: args, Dir: p.directory, Env: list(p.env), Stdout: stdout, Stderr: stderr,
		SysProcAttr: &syscall.SysProcAttr{Setsid: true, Credential: owner.credential()},
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the executor: %w", err)
	}
	return &process{cmd, cmd.Process.Pid}, nil
}

// wait returns when the program and everything in its session has ended, with
// the program's wait status. What the program left behind is killed; while its
// zombie remains, no other session can get its id.
func (p *process) wait() int32 {
	for {
		err := unix.Waitid(unix.P_PID, p.pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			break
		}
	}
	p.clear()
	if err := p.cmd.Wait(); err != nil && p.cmd.ProcessState == nil {
		return int32(syscall.SIGKILL)
	}
	return int32(p.cmd.ProcessState.Sys().(syscall.WaitStatus))
}

// kill ends the program at once; wait sees to the rest.
func (p *process) kill() {
	p.cmd.Process.Kill()
}

// terminate asks the program to end.
func (p *process) terminate() {
	p.cmd.Process.Signal(syscall.SIGTERM)
}

// clear kills what remains of the session until there is nothing. They are not
// our children, so there is no event to wait for; they are looked for again.
func (p *process) clear() {
	for end := time.Now().Add(settle); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		rest := sessionOf(p.pid)
		if len(rest) == 0 {
			return
		}
		for _, pid := range rest {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

func logFile(directory, name string, owner owner) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(directory, name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err == nil {
		err = owner.own(f.Name())
	}
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	return f, nil
}
