package dockershim

import (
	"context"
	"fmt"
	"io"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
)

// Exec, Attach and PortForward return a loopback URL that contains a secret and is
// valid for one connection; the kubelet gets the stream there.

// Exec prepares a command in a container.
func (s *service) Exec(ctx context.Context, req *runtimeapi.ExecRequest) (*runtimeapi.ExecResponse, error) {
	if err := s.mustRun(ctx, req.ContainerId, typeContainer); err != nil {
		return nil, err
	}
	return s.streams.GetExec(req)
}

// Attach prepares a connection to a container's own process.
func (s *service) Attach(ctx context.Context, req *runtimeapi.AttachRequest) (*runtimeapi.AttachResponse, error) {
	if err := s.mustRun(ctx, req.ContainerId, typeContainer); err != nil {
		return nil, err
	}
	return s.streams.GetAttach(req)
}

// PortForward prepares connections to ports in a pod.
func (s *service) PortForward(ctx context.Context, req *runtimeapi.PortForwardRequest) (*runtimeapi.PortForwardResponse, error) {
	if err := s.mustRun(ctx, req.PodSandboxId, typeSandbox); err != nil {
		return nil, err
	}
	return s.streams.GetPortForward(req)
}

func (s *service) mustRun(ctx context.Context, id, kind string) error {
	c, r, err := s.inspect(ctx, id)
	switch {
	case err != nil:
		return err
	case r.Type != kind:
		return &notOurs{id}
	case !c.State.Running:
		return fmt.Errorf("%s does not run", r)
	}
	return nil
}

// streamRuntime handles the requests to the streaming server.
type streamRuntime struct{ *service }

// Exec runs a command with its streams. An exit code other than 0 is returned as an
// exitError.
func (s streamRuntime) Exec(ctx context.Context, id string, cmd []string, in io.Reader, out, errs io.WriteCloser, tty bool, resize <-chan remotecommand.TerminalSize) error {
	exit, err := s.run(ctx, process{container: id, command: cmd, tty: tty, stdin: in, stdout: writer(out), stderr: writer(errs), resize: resize})
	if err != nil {
		return err
	}
	if exit != 0 {
		return exitError(exit)
	}
	return nil
}

// Attach connects to the container's own process.
func (s streamRuntime) Attach(ctx context.Context, id string, in io.Reader, out, errs io.WriteCloser, tty bool, resize <-chan remotecommand.TerminalSize) error {
	path := "/containers/" + id + "/attach?stream=1"
	for name, wanted := range map[string]bool{"stdin": in != nil, "stdout": out != nil, "stderr": errs != nil && !tty} {
		if wanted {
			path += "&" + name + "=1"
		}
	}
	client, err := s.engine.in(ctx)
	if err != nil {
		return err
	}
	stream, err := s.engine.hijack(ctx, path, nil) // copy closes it
	if err != nil {
		return err
	}
	p := process{tty: tty, stdin: in, stdout: writer(out), stderr: writer(errs), resize: resize}
	return p.copy(ctx, stream, func(height, width int) error { return client.ResizeContainerTTY(id, height, width) })
}

// writer keeps an absent stream nil: a nil value of one interface type need not be nil
// in another.
func writer(w io.WriteCloser) io.Writer {
	if w == nil {
		return nil
	}
	return w
}

// exitError is a command's exit code other than 0, as the streaming server
// expects it (k8s.io/utils/exec, ExitError).
type exitError int

func (e exitError) Error() string   { return fmt.Sprintf("command ended with exit code %d", int(e)) }
func (e exitError) String() string  { return e.Error() }
func (e exitError) Exited() bool    { return true }
func (e exitError) ExitStatus() int { return int(e) }
