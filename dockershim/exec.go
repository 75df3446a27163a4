package dockershim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	docker "github.com/fsouza/go-dockerclient"
	"github.com/golang/glog"
	"github.com/moby/moby/api/pkg/stdcopy"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
)

// process is a command to run in a container, and where its streams go. Nil
// streams are not attached.
type process struct {
	container string
	command   []string
	tty       bool
	stdin     io.Reader
	stdout    io.Writer
	stderr    io.Writer
	resize    <-chan remotecommand.TerminalSize
}

// run runs a command in a container and gives its exit code. When ctx ends first
// the command is killed.
func (s *service) run(ctx context.Context, p process) (int, error) {
	client, err := s.engine.in(ctx)
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
	stream, err := s.engine.hijack(ctx, "/exec/"+exec.ID+"/start", map[string]bool{"Tty": p.tty})
	if err != nil {
		if ctx.Err() != nil { // it may start for all that
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

// copy moves the streams until the process has closed its output or ctx ends.
func (p process) copy(ctx context.Context, stream *raw, resize func(height, width int) error) error {
	defer stream.Close()
	copying, done := context.WithCancel(ctx)
	defer done()
	if p.resize != nil {
		go follow(copying, p.resize, resize)
	}
	if p.stdin != nil {
		go func() {
			io.Copy(stream, p.stdin) // the process may stop reading at any time
			stream.CloseWrite()
		}()
	}
	stdout, stderr := orDiscard(p.stdout), orDiscard(p.stderr)
	var err error
	if p.tty {
		_, err = io.Copy(stdout, stream)
	} else {
		_, err = stdcopy.StdCopy(stdout, stderr, stream)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// follow passes on the sizes of the user's terminal.
func follow(ctx context.Context, sizes <-chan remotecommand.TerminalSize, resize func(height, width int) error) {
	for {
		select {
		case size, ok := <-sizes:
			if !ok {
				return
			}
			if size.Height > 0 && size.Width > 0 {
				resize(int(size.Height), int(size.Width)) // the process may be gone
			}
		case <-ctx.Done():
			return
		}
	}
}

func orDiscard(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return w
}

// execution is what Docker says of a command in a container. The client's own
// type lacks the process id, and cannot tell 0 from not yet known.
type execution struct {
	Running  bool
	ExitCode *int
	Pid      int
}

func (s *service) execution(ctx context.Context, id string) (execution, error) {
	var e execution
	client, err := s.engine.in(ctx)
	if err != nil {
		return e, err
	}
	l, err := s.engine.dial(ctx)
	if err != nil {
		return e, err
	}
	answer, err := client.HTTPClient.Get(l.base() + "/exec/" + id + "/json")
	if err != nil {
		return e, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return e, apiError(answer)
	}
	return e, json.NewDecoder(answer.Body).Decode(&e)
}

// exitCode waits for the end of a command whose output has ended: Docker learns
// of the two in any order, and a process may close its output long before it ends.
func (s *service) exitCode(ctx context.Context, container, id string) (int, error) {
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

// killTime is how long the end of a command whose time is over may take.
const killTime = 10 * time.Second

// killExec ends a command whose time is over, also one that Docker is still about
// to start. Docker has no call for that, so the process is killed by its number,
// after a look that it is in the container.
func (s *service) killExec(ctx context.Context, container, id string) {
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
		glog.Warningf("ending a command in container %s whose time is over: %v", container, err)
	}
}

// maxOutput is how much of each stream ExecSync keeps (CRI, ExecSyncResponse).
const maxOutput = 16 << 20

// capped keeps the beginning of what is written to it.
type capped struct{ kept []byte }

func (c *capped) Write(p []byte) (int, error) {
	room := min(len(p), maxOutput-len(c.kept))
	c.kept = append(c.kept, p[:room]...)
	return len(p), nil
}

// ExecSync runs a command in a container and gives its output. A command that
// takes longer than the timeout is killed; the answer is DeadlineExceeded then.
func (s *service) ExecSync(ctx context.Context, req *runtimeapi.ExecSyncRequest) (*runtimeapi.ExecSyncResponse, error) {
	r, err := s.find(ctx, req.ContainerId, typeContainer)
	if err != nil {
		return nil, err
	}
	if req.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(req.Timeout)*time.Second)
		defer cancel()
	}
	var stdout, stderr capped
	exit, err := s.run(ctx, process{container: req.ContainerId, command: req.Cmd, stdout: &stdout, stderr: &stderr})
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("command in %s took longer than %d s: %w", r, req.Timeout, err)
	}
	if err != nil {
		return nil, fmt.Errorf("command in %s: %w", r, err)
	}
	return &runtimeapi.ExecSyncResponse{Stdout: stdout.kept, Stderr: stderr.kept, ExitCode: int32(exit)}, nil
}
