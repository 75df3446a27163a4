package dockershim

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

func TestExecSync(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	ctx := t.Context()
	_, id, _ := n.run("sleep 1000")
	answer := must[*runtimeapi.ExecSyncResponse](n)(n.ExecSync(ctx, &runtimeapi.ExecSyncRequest{
		ContainerId: id, Cmd: []string{"sh", "-c", "echo out; echo err >&2; exit 7"},
	}))
	if string(answer.Stdout) != "out\n" || string(answer.Stderr) != "err\n" || answer.ExitCode != 7 {
		t.Errorf("answer %q %q %d", answer.Stdout, answer.Stderr, answer.ExitCode)
	}

	// A missing program is reported, by an error or by the exit code.
	answer, err := n.ExecSync(ctx, &runtimeapi.ExecSyncRequest{ContainerId: id, Cmd: []string{"/no/such/program"}})
	if err == nil && answer.ExitCode == 0 {
		t.Error("a missing program succeeded")
	}

	// A command that exceeds its time is killed; the container keeps running.
	_, err = n.ExecSync(ctx, &runtimeapi.ExecSyncRequest{ContainerId: id, Cmd: []string{"sleep", "777"}, Timeout: 1})
	n.wantCode(err, codes.DeadlineExceeded)
	n.eventually("the command is killed", func() bool { return !strings.Contains(n.exec(id, "ps"), "sleep 777") })
	short, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	defer cancel()
	_, err = n.ExecSync(short, &runtimeapi.ExecSyncRequest{ContainerId: id, Cmd: []string{"sleep", "778"}})
	n.wantCode(err, codes.DeadlineExceeded)
	n.eventually("the command is killed", func() bool { return !strings.Contains(n.exec(id, "ps"), "sleep 778") })

	must[*runtimeapi.StopContainerResponse](n)(n.StopContainer(ctx, &runtimeapi.StopContainerRequest{ContainerId: id}))
	if _, err := n.ExecSync(ctx, &runtimeapi.ExecSyncRequest{ContainerId: id, Cmd: []string{"true"}}); err == nil {
		t.Error("a command ran in a stopped container")
	}
	if _, err := n.Exec(ctx, &runtimeapi.ExecRequest{ContainerId: id, Cmd: []string{"true"}, Stdout: true}); err == nil {
		t.Error("a stopped container offers exec")
	}
}

// Each stream is cut at 16 MiB, and the command runs to its end.
func TestExecSyncCapsOutput(t *testing.T) {
	t.Parallel()
	var c capped
	block := make([]byte, 1<<20)
	for range 17 {
		if n, err := c.Write(block); n != len(block) || err != nil {
			t.Fatal(n, err)
		}
	}
	if len(c.kept) != maxOutput {
		t.Errorf("kept %d bytes", len(c.kept))
	}
}
