package dockershim

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

// The sweep removes old containers that were created and never started; nothing else.
func TestSweep(t *testing.T) {
	t.Parallel()
	n := newNode(t, func(c *Config) { c.SweepAfter = time.Nanosecond })
	ctx := t.Context()
	sandbox, running, pod := n.run("sleep 1000")
	done := n.create(sandbox, pod, n.container("done", "exit 0"))
	n.startContainer(done)
	n.exited(done)
	failed := n.create(sandbox, pod, n.container("failed", "", func(c *runtimeapi.ContainerConfig) { c.Command = []string{"/no/such/program"} }))
	if _, err := n.StartContainer(ctx, &runtimeapi.StartContainerRequest{ContainerId: failed}); err == nil {
		t.Error("a missing program was started")
	}
	never := n.create(sandbox, pod, n.container("never", "exit 0"))
	total := 0
	n.eventually("a second look", func() bool {
		removed, err := n.server.Sweep(ctx)
		if err != nil {
			t.Fatal(err)
		}
		total += removed
		return total > 0
	})
	if total != 1 {
		t.Errorf("removed %d", total)
	}
	_, err := n.ContainerStatus(ctx, &runtimeapi.ContainerStatusRequest{ContainerId: never})
	n.wantCode(err, codes.NotFound)
	n.containerStatus(running)
	n.containerStatus(done)
	n.containerStatus(failed)
	n.sandboxStatus(sandbox)

	patient := newNode(t, func(c *Config) { c.Owner = n.owner })
	young := n.create(sandbox, pod, n.container("young", "exit 0"))
	if removed, err := patient.server.Sweep(ctx); removed != 0 || err != nil {
		t.Errorf("removed %d young containers, %v", removed, err)
	}
	n.containerStatus(young)
}

// A new shim takes over from an old one, whose memory is gone.
func TestTakeover(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	sandbox, id, pod := n.run("sleep 1000")
	before := n.containerStatus(id)
	next := newNode(t, func(c *Config) { c.Owner = n.owner })
	after := next.containerStatus(id)
	if before.String() != after.String() {
		t.Errorf("before %v\nafter %v", before, after)
	}
	if again := next.runSandbox(pod); again != sandbox {
		t.Errorf("a second sandbox %s", again)
	}
	if got := next.exec(id, "echo", "alive"); got != "alive" {
		t.Errorf("exec: %q", got)
	}
	if err := next.server.RemoveAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := realdocker.Docker(t, "ps", "--all", "--quiet", "--filter", "label="+spec.LabelFramework+"="+n.owner.Framework); left != "" {
		t.Errorf("left over: %s", left)
	}
}

// Two shims cannot serve one socket; a socket left by a killed process is taken over.
func TestSocket(t *testing.T) {
	t.Parallel()
	socket := t.TempDir() + "/cri.sock"
	c := Config{Socket: socket, Owner: Owner{Framework: "f", Agent: "a"}}
	first, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(c); err == nil {
		t.Error("two servers on one socket")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := first.Run(ctx); err != nil {
		t.Error(err)
	}
	second, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	for name, bad := range map[string]Config{
		"no owner": {Socket: socket},
		"relative": {Socket: "cri.sock", Owner: c.Owner},
		"too long": {Socket: "/" + string(make([]byte, 120)), Owner: c.Owner},
		"address":  {Socket: socket, Owner: c.Owner, StreamingAddress: "nowhere"},
	} {
		if s, err := New(bad); err == nil {
			s.Close()
			t.Errorf("%s: no error", name)
		}
	}
}
