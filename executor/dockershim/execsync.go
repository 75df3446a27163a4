package dockershim

import (
	"context"
	"errors"
	"fmt"
	"time"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// maxOutput is how much of each stream ExecSync keeps (CRI, ExecSyncResponse).
const maxOutput = 16 << 20

// capped keeps the beginning of what is written to it.
type capped struct{ kept []byte }

func (c *capped) Write(p []byte) (int, error) {
	room := min(len(p), maxOutput-len(c.kept))
	c.kept = append(c.kept, p[:room]...)
	return len(p), nil
}

// ExecSync runs a command in a container and returns its output. A command that
// takes longer than the timeout is killed; the answer is then DeadlineExceeded.
func (s *commands) ExecSync(ctx context.Context, req *runtimeapi.ExecSyncRequest) (*runtimeapi.ExecSyncResponse, error) {
	r, err := s.inventory.find(ctx, req.ContainerId, spec.TypeContainer)
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
