package dockershim

import (
	"context"
	"fmt"
	"io"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/cri-streaming/pkg/streaming"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// Exec, Attach and PortForward return a loopback URL that contains a secret and is
// valid for one connection; the kubelet gets the stream there.

// streams answers the calls that prepare a stream, and serves the streams.
type streams struct {
	inventory *inventory
	commands  *commands
	server    streaming.Server
}

// serveAt makes the server for streams at address.
func (s *streams) serveAt(address string) (err error) {
	config := streaming.DefaultConfig
	config.Addr = address
	s.server, err = streaming.NewServer(config, streamRuntime{s.inventory, s.commands})
	return err
}

// Exec prepares a command in a container.
func (s *streams) Exec(ctx context.Context, req *runtimeapi.ExecRequest) (*runtimeapi.ExecResponse, error) {
	if err := s.mustRun(ctx, req.ContainerId, spec.TypeContainer); err != nil {
		return nil, err
	}
	return s.server.GetExec(req)
}

// Attach prepares a connection to a container's own process.
func (s *streams) Attach(ctx context.Context, req *runtimeapi.AttachRequest) (*runtimeapi.AttachResponse, error) {
	if err := s.mustRun(ctx, req.ContainerId, spec.TypeContainer); err != nil {
		return nil, err
	}
	return s.server.GetAttach(req)
}

// PortForward prepares connections to ports in a pod.
func (s *streams) PortForward(ctx context.Context, req *runtimeapi.PortForwardRequest) (*runtimeapi.PortForwardResponse, error) {
	if err := s.mustRun(ctx, req.PodSandboxId, spec.TypeSandbox); err != nil {
		return nil, err
	}
	return s.server.GetPortForward(req)
}

func (s *streams) mustRun(ctx context.Context, id, kind string) error {
	c, r, err := s.inventory.inspect(ctx, id)
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
type streamRuntime struct {
	inventory *inventory
	commands  *commands
}

// Exec runs a command with its streams. An exit code other than 0 is returned as an
// exitError.
func (s streamRuntime) Exec(ctx context.Context, id string, cmd []string, in io.Reader, out, errs io.WriteCloser, tty bool, resize <-chan remotecommand.TerminalSize) error {
	exit, err := s.commands.run(ctx, process{container: id, command: cmd, tty: tty, stdin: in, stdout: writer(out), stderr: writer(errs), resize: resize})
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
	client, err := s.inventory.engine.Client(ctx)
	if err != nil {
		return err
	}
	stream, err := s.inventory.engine.Hijack(ctx, path, nil) // copy closes it
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
