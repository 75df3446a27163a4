package node

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// away is a runtime whose Docker does not answer until its time, and that fails to list
// while broken.
type away struct {
	boxes
	back   time.Time
	driver cri.CgroupDriver
	broken error
}

func (a *away) Version(context.Context, *cri.VersionRequest, ...grpc.CallOption) (*cri.VersionResponse, error) {
	if time.Now().Before(a.back) {
		return nil, status.Error(codes.Unavailable, "docker at unix:///d.sock: connection refused")
	}
	return &cri.VersionResponse{}, nil
}

func (a *away) RuntimeConfig(context.Context, *cri.RuntimeConfigRequest, ...grpc.CallOption) (*cri.RuntimeConfigResponse, error) {
	return &cri.RuntimeConfigResponse{Linux: &cri.LinuxRuntimeConfiguration{CgroupDriver: a.driver}}, a.broken
}

func (a *away) ListPodSandbox(ctx context.Context, r *cri.ListPodSandboxRequest, o ...grpc.CallOption) (*cri.ListPodSandboxResponse, error) {
	if a.broken != nil {
		return nil, a.broken
	}
	return a.boxes.ListPodSandbox(ctx, r, o...)
}

// A node waits for Docker as long as it takes, and says the same reason all the while: it
// is a label of tasks, which must not change with each attempt.
func TestAwaitDocker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		r := &runtime{RuntimeServiceClient: &away{back: began.Add(time.Minute)}}
		var reasons []string
		if err := r.awaitDocker(t.Context(), logr.Discard(), func(reason string) { reasons = append(reasons, reason) }); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < time.Minute || took > time.Minute+2*askAgain {
			t.Errorf("it took %v", took)
		}
		if len(reasons) < 30 || len(slices.Compact(reasons)) != 1 || !strings.Contains(reasons[0], "no connection to Docker") || !strings.Contains(reasons[0], "/d.sock: connection refused") {
			t.Errorf("%d reasons, such as %q", len(reasons), reasons[0])
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r = &runtime{RuntimeServiceClient: &away{back: began.Add(time.Hour)}}
		if err := r.awaitDocker(ctx, logr.Discard(), func(string) {}); err == nil {
			t.Error("Docker never came, and is there")
		}
	})
}

// Running does not call a pod over because nothing could be listed, and counts sandboxes.
func TestRunning(t *testing.T) {
	t.Parallel()
	a := &away{boxes: boxes{until: map[string]time.Time{"a": time.Now().Add(time.Hour), "b": {}}}}
	r := &runtime{RuntimeServiceClient: a}
	for uid, want := range map[string]bool{"a": true, "b": false, "none": false} {
		if got, err := r.running(t.Context(), uid); got != want || err != nil {
			t.Errorf("pod %s: running %v, %v", uid, got, err)
		}
	}
	a.broken = errors.New("no answer")
	if got, err := r.running(t.Context(), "b"); got || !errors.Is(err, a.broken) {
		t.Errorf("without an answer: running %v, %v", got, err)
	}
	if err := r.remove(t.Context(), "a"); !errors.Is(err, a.broken) {
		t.Errorf("removing without an answer: %v", err)
	}
	a.broken = nil
	for range 2 {
		if err := r.remove(t.Context(), "b"); err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(a.removed, []string{"b"}) {
		t.Errorf("removed %q", a.removed)
	}
}

// Only Docker's systemd driver puts containers into slices; an unknown driver is not it.
func TestSlices(t *testing.T) {
	t.Parallel()
	for driver, want := range map[cri.CgroupDriver]bool{cri.CgroupDriver_SYSTEMD: true, cri.CgroupDriver_CGROUPFS: false} {
		if got := (&runtime{RuntimeServiceClient: &away{driver: driver}}).slices(t.Context()); got != want {
			t.Errorf("%v: %v", driver, got)
		}
	}
	if (&runtime{RuntimeServiceClient: &away{driver: cri.CgroupDriver_SYSTEMD, broken: errors.New("no answer")}}).slices(t.Context()) {
		t.Error("without an answer the driver is known")
	}
}

// A node without a runtime has nothing that runs; once there may be containers, it is not
// known without one.
func TestRunningWithoutARuntime(t *testing.T) {
	t.Parallel()
	n := &Node{}
	if running, err := n.Running(t.Context(), "u"); running || err != nil {
		t.Errorf("before there was any: %v, %v", running, err)
	}
	n.owner.Framework = "F"
	if running, err := n.Running(t.Context(), "u"); running || err == nil {
		t.Errorf("while the runtime is away: %v, %v", running, err)
	}
	n.setRuntime(&runtime{RuntimeServiceClient: &boxes{until: map[string]time.Time{"u": time.Now().Add(time.Hour)}}}, nil)
	if running, err := n.Running(t.Context(), "u"); !running || err != nil {
		t.Errorf("it runs: %v, %v", running, err)
	}
}

// The time left is that of the context, never negative, and a minute where there is no
// limit.
func TestLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		if got := left(context.Background()); got != noDeadline {
			t.Errorf("without a limit: %v", got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got := left(ctx); got != time.Second {
			t.Errorf("got %v", got)
		}
		time.Sleep(2 * time.Second)
		if got := left(ctx); got != 0 {
			t.Errorf("afterwards: %v", got)
		}
	})
}
