package node

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"google.golang.org/grpc"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
)

// boxes is a runtime that has sandboxes only. Each runs until its time.
type boxes struct {
	cri.RuntimeServiceClient
	mu      sync.Mutex
	until   map[string]time.Time // by uid of its pod
	removed []string
}

func (b *boxes) ListPodSandbox(_ context.Context, r *cri.ListPodSandboxRequest, _ ...grpc.CallOption) (*cri.ListPodSandboxResponse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	uid := r.GetFilter().GetLabelSelector()[uidLabel]
	end, there := b.until[uid]
	running := time.Now().Before(end)
	if !there || r.GetFilter().GetState() != nil && !running {
		return &cri.ListPodSandboxResponse{}, nil
	}
	return &cri.ListPodSandboxResponse{Items: []*cri.PodSandbox{{Id: uid}}}, nil
}

func (b *boxes) ListContainers(context.Context, *cri.ListContainersRequest, ...grpc.CallOption) (*cri.ListContainersResponse, error) {
	return &cri.ListContainersResponse{}, nil
}

func (b *boxes) RemovePodSandbox(_ context.Context, r *cri.RemovePodSandboxRequest, _ ...grpc.CallOption) (*cri.RemovePodSandboxResponse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.removed = append(b.removed, r.PodSandboxId)
	delete(b.until, r.PodSandboxId)
	return &cri.RemovePodSandboxResponse{}, nil
}

func named(names ...string) []executor.Pod {
	var pods []executor.Pod
	for _, n := range names {
		pods = append(pods, executor.Pod{Ref: executor.Ref{Name: n, UID: n}})
	}
	return pods
}

// Containers are removed when their pod has gone and they have ended, and not before
// both.
func TestSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		b := &boxes{until: map[string]time.Time{"ended": now, "runs": now.Add(time.Minute), "kept": now}}
		s := newSweep(logr.Discard())
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { s.run(ctx, &runtime{RuntimeServiceClient: b}) })

		expect := func(want ...string) {
			t.Helper()
			synctest.Wait()
			b.mu.Lock()
			defer b.mu.Unlock()
			if !slices.Equal(b.removed, want) {
				t.Errorf("removed %q after %v, want %q", b.removed, time.Since(now), want)
			}
		}
		s.podsChanged(named("ended", "runs", "kept"))
		time.Sleep(time.Minute / 2)
		expect()
		s.podsChanged(named("kept"))
		time.Sleep(time.Second)
		expect("ended")
		time.Sleep(time.Minute)
		expect("ended", "runs")
		cancel()
		all.Wait()
	})
}

// More pods than can wait are left to the kubelet; nothing blocks.
func TestSweepDoesNotBlock(t *testing.T) {
	t.Parallel()
	s := newSweep(logr.Discard())
	names := make([]string, 2*maxSweeps)
	for i := range names {
		names[i] = time.Duration(i).String()
	}
	s.podsChanged(named(names...))
	s.podsChanged(nil)
	if got := len(s.dead); got != maxSweeps {
		t.Errorf("%d pods wait, want %d", got, maxSweeps)
	}
}

// Nothing runs any more when the last sandbox has ended; the end of the context comes first
// if some run on.
func TestAwaitNoneRunning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &boxes{until: map[string]time.Time{"": time.Now().Add(time.Second)}}
		r := &runtime{RuntimeServiceClient: b}
		began := time.Now()
		if err := r.awaitNoneRunning(t.Context()); err != nil || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		b.until[""] = time.Now().Add(time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := r.awaitNoneRunning(ctx); err == nil {
			t.Error("it is quiet, although a sandbox runs")
		}
	})
}
