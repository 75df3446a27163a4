package node

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// runtime asks the container runtime what runs and stops it, beside the kubelet:
// to know that a pod is really over, and for when there is no kubelet to do it.
// The runtime shows containers of this agent's executor only.
type runtime struct{ cri.RuntimeServiceClient }

// uidLabel is the label that kubelets give to a pod's containers.
const uidLabel = "io.kubernetes.pod.uid"

func dial(socket string) (*runtime, error) {
	conn, err := grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, fmt.Errorf("container runtime at %s: %w", socket, err)
	}
	return &runtime{cri.NewRuntimeServiceClient(conn)}, nil
}

// answers waits until the runtime serves.
func (r *runtime) answers(ctx context.Context) error {
	if _, err := r.Version(ctx, &cri.VersionRequest{}, grpc.WaitForReady(true)); err != nil {
		return fmt.Errorf("container runtime: %w", err)
	}
	return nil
}

// running says whether a sandbox or container of a pod, or with uid "" of any
// pod, runs.
func (r *runtime) running(ctx context.Context, uid string) (bool, error) {
	labels := map[string]string{}
	if uid != "" {
		labels[uidLabel] = uid
	}
	boxes, err := r.ListPodSandbox(ctx, &cri.ListPodSandboxRequest{Filter: &cri.PodSandboxFilter{
		LabelSelector: labels,
		State:         &cri.PodSandboxStateValue{State: cri.PodSandboxState_SANDBOX_READY},
	}})
	if err != nil {
		return false, fmt.Errorf("listing pod sandboxes: %w", err)
	}
	if len(boxes.Items) > 0 {
		return true, nil
	}
	containers, err := r.ListContainers(ctx, &cri.ListContainersRequest{Filter: &cri.ContainerFilter{
		LabelSelector: labels,
		State:         &cri.ContainerStateValue{State: cri.ContainerState_CONTAINER_RUNNING},
	}})
	if err != nil {
		return false, fmt.Errorf("listing containers: %w", err)
	}
	return len(containers.Containers) > 0, nil
}

// quiet waits until nothing runs, or ctx ends.
func (r *runtime) quiet(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if running, err := r.running(ctx, ""); err == nil && !running {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// removers is how many pods are removed at the same time.
const removers = 8

// removeAll stops and removes every pod that is there.
func (r *runtime) removeAll(ctx context.Context) error {
	boxes, err := r.ListPodSandbox(ctx, &cri.ListPodSandboxRequest{})
	if err != nil {
		return fmt.Errorf("listing pod sandboxes: %w", err)
	}
	errs := make([]error, len(boxes.Items))
	slots := make(chan struct{}, removers)
	var all sync.WaitGroup
	for i, box := range boxes.Items {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			errs[i] = r.remove(ctx, box)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (r *runtime) remove(ctx context.Context, box *cri.PodSandbox) error {
	name := box.GetMetadata().GetNamespace() + "/" + box.GetMetadata().GetName()
	if _, err := r.StopPodSandbox(ctx, &cri.StopPodSandboxRequest{PodSandboxId: box.Id}); err != nil {
		return fmt.Errorf("pod %s: stopping its sandbox: %w", name, err)
	}
	if _, err := r.RemovePodSandbox(ctx, &cri.RemovePodSandboxRequest{PodSandboxId: box.Id}); err != nil {
		return fmt.Errorf("pod %s: removing its sandbox: %w", name, err)
	}
	return nil
}
