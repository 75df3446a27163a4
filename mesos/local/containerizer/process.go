package containerizer

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/machine"
)

// settle is how long killed processes may take to vanish.
const settle = 5 * time.Second

// A Process is an executor's program and everything it started, as long as that stayed
// in its session.
type Process struct {
	cmd *exec.Cmd
	pid int // also the id of its session and process group
}

// start runs the command in its own session, in its sandbox, with stdout and stderr as
// files there.
func start(x Container, owner owner) (*Process, error) {
	args := []string{"sh", "-c", x.Command.GetValue()}
	path := "/bin/sh"
	if !x.Command.GetShell() {
		args, path = x.Command.GetArguments(), x.Command.GetValue()
		if len(args) == 0 {
			args = []string{path}
		}
		if !filepath.IsAbs(path) {
			path = filepath.Join(x.Directory, path)
		}
	}
	stdout, err := logFile(x.Directory, "stdout", owner)
	if err != nil {
		return nil, err
	}
	defer stdout.Close()
	stderr, err := logFile(x.Directory, "stderr", owner)
	if err != nil {
		return nil, err
	}
	defer stderr.Close()
	cmd := &exec.Cmd{
		Path: path, Args: args, Dir: x.Directory, Env: list(x.Env), Stdout: stdout, Stderr: stderr,
		SysProcAttr: &syscall.SysProcAttr{Setsid: true, Credential: owner.credential()},
	}
	if err := machine.In(x.Host, cmd.Start); err != nil {
		return nil, fmt.Errorf("starting the executor: %w", err)
	}
	return &Process{cmd, cmd.Process.Pid}, nil
}

// wait returns the program's wait status once it and everything in its session has
// ended. Processes that the program left behind are killed; while its zombie
// remains, no other session can get its id.
func (p *Process) wait() int32 {
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

// kill kills the program at once; wait does the rest.
func (p *Process) kill() {
	p.cmd.Process.Kill()
}

// PID returns the program's process id, which is also that of its session.
func (p *Process) PID() int { return p.pid }

// Terminate asks the program to end.
func (p *Process) Terminate() {
	p.cmd.Process.Signal(syscall.SIGTERM)
}

// clear kills what remains of the session until nothing does. These processes are
// not our children, so there is no event to wait for; we poll.
func (p *Process) clear() {
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
