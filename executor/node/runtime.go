package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"k8s.io/apimachinery/pkg/util/wait"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/outage"
)

// runtime finds out from the container runtime what runs and removes it, independently
// of the kubelet: to know that a pod is really over, and to act when there is no
// kubelet. The runtime only shows containers of this agent's executor.
type runtime struct {
	cri.RuntimeServiceClient
	conn *grpc.ClientConn
}

// uidLabel is the label that kubelets give to a pod's containers.
const uidLabel = "io.kubernetes.pod.uid"

func dial(socket string) (*runtime, error) {
	conn, err := grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, fmt.Errorf("container runtime at %s: %w", socket, err)
	}
	return &runtime{cri.NewRuntimeServiceClient(conn), conn}, nil
}

func (r *runtime) close() { _ = r.conn.Close() } // no longer needed

// The time limit of one check for Docker, and the pause between two checks.
const (
	answerTime = 10 * time.Second
	askAgain   = time.Second
)

// awaitDocker waits until the runtime serves and Docker answers it, or ctx ends: a
// machine's services may come up in any order. It calls waits with the reason for
// waiting.
func (r *runtime) awaitDocker(ctx context.Context, log logr.Logger, waits func(string)) error {
	docker := outage.Outage{Server: "Docker", Log: log}
	for {
		once, cancel := context.WithTimeout(ctx, answerTime)
		_, err := r.Version(once, &cri.VersionRequest{}, grpc.WaitForReady(true))
		cancel()
		switch {
		case err == nil:
			docker.Over("")
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("container runtime: %w", err)
		}
		waits(docker.Failed(errors.New(status.Convert(err).Message()), answerTime+askAgain).Error())
		select {
		case <-time.After(askAgain):
		case <-ctx.Done():
		}
	}
}

// slices reports whether the runtime puts containers into slices of systemd.
func (r *runtime) slices(ctx context.Context) bool {
	answer, err := r.RuntimeConfig(ctx, &cri.RuntimeConfigRequest{})
	return err == nil && answer.GetLinux().GetCgroupDriver() == cri.CgroupDriver_SYSTEMD
}

// running reports whether a sandbox or container of a pod runs, or of any pod if
// uid is "".
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

// awaitNoneRunning waits until nothing runs, or ctx ends.
func (r *runtime) awaitNoneRunning(ctx context.Context) error {
	return wait.PollUntilContextCancel(ctx, 50*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		running, err := r.running(ctx, "")
		return err == nil && !running, nil
	})
}

// remove removes the sandboxes of a pod and the containers in them.
func (r *runtime) remove(ctx context.Context, uid string) error {
	boxes, err := r.ListPodSandbox(ctx, &cri.ListPodSandboxRequest{
		Filter: &cri.PodSandboxFilter{LabelSelector: map[string]string{uidLabel: uid}}})
	if err != nil {
		return fmt.Errorf("listing its sandboxes: %w", err)
	}
	for _, box := range boxes.Items {
		if _, err := r.RemovePodSandbox(ctx, &cri.RemovePodSandboxRequest{PodSandboxId: box.Id}); err != nil {
			return fmt.Errorf("removing sandbox %s: %w", box.Id, err)
		}
	}
	return nil
}
