package dockershim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"syscall"
	"time"

	docker "github.com/fsouza/go-dockerclient"
	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/util/wait"
)

// commands runs commands in containers.
type commands struct {
	inventory *inventory
	log       logr.Logger
}

// run runs a command in a container and returns its exit code. When ctx ends first,
// the command is killed.
func (s *commands) run(ctx context.Context, p process) (int, error) {
	client, err := s.inventory.engine.Client(ctx)
	if err != nil {
		return 0, err
	}
	exec, err := client.CreateExec(docker.CreateExecOptions{
		Container:    p.container,
		Cmd:          p.command,
		Tty:          p.tty,
		AttachStdin:  p.stdin != nil,
		AttachStdout: p.stdout != nil,
		AttachStderr: p.stderr != nil && !p.tty,
		Context:      ctx,
	})
	if err != nil {
		return 0, err
	}
	stream, err := s.inventory.engine.Hijack(ctx, "/exec/"+exec.ID+"/start", map[string]bool{"Tty": p.tty})
	if err != nil {
		if ctx.Err() != nil { // the command may still start
			s.killExec(ctx, p.container, exec.ID)
		}
		return 0, err
	}
	resize := func(height, width int) error { return client.ResizeExecTTY(exec.ID, height, width) }
	if err := p.copy(ctx, stream, resize); err != nil {
		s.killExec(ctx, p.container, exec.ID)
		return 0, err
	}
	return s.exitCode(ctx, p.container, exec.ID)
}

// execution is Docker's description of a command in a container. The client's own
// type lacks the process id, and cannot distinguish 0 from not yet known.
type execution struct {
	Running  bool
	ExitCode *int
	Pid      int
}

func (s *commands) execution(ctx context.Context, id string) (execution, error) {
	var e execution
	d, err := s.inventory.engine.Daemon(ctx)
	if err != nil {
		return e, err
	}
	answer, err := s.inventory.engine.Get(ctx, d, "/exec/"+id+"/json")
	if err != nil {
		return e, err
	}
	defer answer.Body.Close()
	return e, json.NewDecoder(answer.Body).Decode(&e)
}

// exitCode waits for a command to end after its output has ended: Docker learns of
// the two in any order, and a process may close its output long before it ends.
func (s *commands) exitCode(ctx context.Context, container, id string) (int, error) {
	var e execution
	err := poll(ctx, func() (bool, error) {
		var err error
		e, err = s.execution(ctx, id)
		return !e.Running && e.ExitCode != nil, err
	})
	if err != nil {
		s.killExec(ctx, container, id)
		return 0, err
	}
	return *e.ExitCode, nil
}

// killTime is how long ending a command that has timed out may take.
const killTime = 10 * time.Second

// killExec ends a command that has timed out, including one that Docker is only about
// to start. Docker has no call for that, so killExec kills the process by its number,
// after checking that it is in the container.
func (s *commands) killExec(ctx context.Context, container, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), killTime)
	defer cancel()
	err := poll(ctx, func() (bool, error) {
		e, err := s.execution(ctx, id)
		if err != nil || !e.Running || e.Pid <= 1 {
			return e.ExitCode != nil, err
		}
		groups, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", e.Pid))
		if err != nil || !strings.Contains(string(groups), container) {
			return true, err
		}
		return true, syscall.Kill(e.Pid, syscall.SIGKILL)
	})
	if err != nil && !gone(err) && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ESRCH) {
		s.log.Error(err, "ending a command that has timed out", "container", container)
	}
}

// poll calls done, at growing intervals, until it returns true, fails, or ctx ends.
func poll(ctx context.Context, done func() (bool, error)) error {
	backoff := wait.Backoff{Duration: time.Millisecond, Factor: 2, Cap: 500 * time.Millisecond, Steps: math.MaxInt}
	return backoff.DelayFunc().Until(ctx, true, true, func(context.Context) (bool, error) { return done() })
}
