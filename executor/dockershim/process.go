package dockershim

import (
	"context"
	"io"

	"github.com/moby/moby/api/pkg/stdcopy"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/engine"
)

// process is a command to run in a container, with its streams. Nil streams are not
// attached.
type process struct {
	container string
	command   []string
	tty       bool
	stdin     io.Reader
	stdout    io.Writer
	stderr    io.Writer
	resize    <-chan remotecommand.TerminalSize
}

// copy copies the streams until the process has closed its output or ctx ends.
func (p process) copy(ctx context.Context, stream *engine.HijackedConn, resize func(height, width int) error) error {
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
