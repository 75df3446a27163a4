package node

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/kubelet"
)

// SetServers has the kubelet and Delete use these API servers.
func (n *Node) SetServers(servers []string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.servers = servers
	if n.kubelet == nil {
		return nil // Run passes them on
	}
	return n.kubelet.SetServers(servers)
}

// Hold has the kubelet keep a pod that is resized in what its task holds.
func (n *Node) Hold(uid string, a executor.Amount) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.held[uid] = a; a == (executor.Amount{}) {
		delete(n.held, uid)
	}
	if n.kubelet != nil {
		n.kubelet.Hold(uid, kubeletAmount(a))
	}
}

// kubeletAmount returns an amount as the kubelet counts.
func kubeletAmount(a executor.Amount) kubelet.Amount {
	return kubelet.Amount{CPU: int64(math.Round(a.CPUs * 1000)), Memory: int64(megabytes(a.Mem))}
}

// Delete asks the API server to delete a pod.
func (n *Node) Delete(ctx context.Context, ref executor.Ref, grace *time.Duration) error {
	n.mu.Lock()
	k := n.kubelet
	n.mu.Unlock()
	if k == nil {
		return errors.New("the node is not up yet")
	}
	select {
	case <-k.Ready():
	default:
		return errors.New("the node has no certificate yet")
	}
	return deletePod(ctx, k.Client(), ref, grace)
}

func deletePod(ctx context.Context, client kubernetes.Interface, ref executor.Ref, grace *time.Duration) error {
	uid := types.UID(ref.UID)
	options := metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}}
	if grace != nil {
		seconds := int64(max(*grace, 0) / time.Second)
		options.GracePeriodSeconds = &seconds
	}
	err := client.CoreV1().Pods(ref.Namespace).Delete(ctx, ref.Name, options)
	switch {
	case apierrors.IsNotFound(err), apierrors.IsConflict(err): // gone, or another of its name
		return nil
	case apierrors.IsForbidden(err): // not bound to this node
		return nil
	}
	return err
}

// podsOf converts the API server's pods to the executor's.
func podsOf(pods []*v1.Pod) []executor.Pod {
	all := make([]executor.Pod, len(pods))
	for i, pod := range pods {
		all[i] = executor.Pod{
			Ref:      executor.Ref{Namespace: pod.Namespace, Name: pod.Name, UID: string(pod.UID)},
			Phase:    executor.Phase(pod.Status.Phase),
			Ready:    ready(pod),
			Deleting: pod.DeletionTimestamp != nil,
			IP:       pod.Status.PodIP,
			Reason:   reason(pod),
		}
	}
	return all
}

func ready(pod *v1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == v1.PodReady {
			return c.Status == v1.ConditionTrue
		}
	}
	return false
}

// reason returns in one line why the pod is in its phase: from the pod's status, or
// from the first container that has failed.
func reason(pod *v1.Pod) string {
	if r := join(pod.Status.Reason, pod.Status.Message); r != "" {
		return r
	}
	for _, statuses := range [][]v1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
		for _, s := range statuses {
			if t := s.State.Terminated; t != nil && t.ExitCode != 0 {
				return join(fmt.Sprintf("container %s: exit code %d", s.Name, t.ExitCode), join(t.Reason, t.Message))
			}
		}
	}
	return ""
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ": " + b
}
