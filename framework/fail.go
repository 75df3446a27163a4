package framework

import (
	"context"
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// failPod ends a pod whose kubelet is gone for good: phase Failed, nothing of it
// running. One that is being deleted is removed, as no kubelet will confirm
// that. It returns when the end is stored, the pod is gone or has ended by
// itself, or ctx has ended.
func failPod(ctx context.Context, rest pause, client kubernetes.Interface, p *v1.Pod, why scheduler.Fail) {
	pods := client.CoreV1().Pods(p.Namespace)
	err := persist(ctx, rest, "failing pod "+p.Namespace+"/"+p.Name, func(ctx context.Context) error {
		now, err := pods.Get(ctx, p.Name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return nil
		case err != nil:
			return err
		case now.UID != p.UID:
			return nil
		}
		if !finished(now) {
			now = now.DeepCopy()
			endStatus(&now.Status, why, metav1.Now())
			if now, err = pods.UpdateStatus(ctx, now, metav1.UpdateOptions{}); err != nil {
				return err
			}
		}
		if now.DeletionTimestamp == nil {
			return nil
		}
		err = pods.Delete(ctx, p.Name, metav1.DeleteOptions{GracePeriodSeconds: new(int64(0)), Preconditions: &metav1.Preconditions{UID: &p.UID}})
		if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
			return nil
		}
		return err
	})
	if err != nil && ctx.Err() == nil && !apierrors.IsNotFound(err) {
		glog.Errorf("framework: failing pod %s/%s: %v", p.Namespace, p.Name, err)
	}
}

// endStatus writes the end of a pod into its status: containers that ran or
// were about to are terminated, exit code 137 as for killed ones.
func endStatus(s *v1.PodStatus, why scheduler.Fail, now metav1.Time) {
	s.Phase, s.Reason, s.Message = v1.PodFailed, why.Reason, why.Message
	for _, cs := range [][]v1.ContainerStatus{s.InitContainerStatuses, s.ContainerStatuses, s.EphemeralContainerStatuses} {
		for i := range cs {
			if cs[i].State.Terminated != nil {
				continue
			}
			end := &v1.ContainerStateTerminated{
				ExitCode: 137, Reason: why.Reason, Message: why.Message,
				FinishedAt: now, ContainerID: cs[i].ContainerID,
			}
			if r := cs[i].State.Running; r != nil {
				end.StartedAt = r.StartedAt
			}
			cs[i].State = v1.ContainerState{Terminated: end}
			cs[i].Ready, cs[i].Started = false, new(bool)
		}
	}
	for _, t := range []v1.PodConditionType{v1.PodReady, v1.ContainersReady} {
		i := slices.IndexFunc(s.Conditions, func(c v1.PodCondition) bool { return c.Type == t })
		if i < 0 || s.Conditions[i].Status == v1.ConditionFalse {
			continue
		}
		s.Conditions[i].Status, s.Conditions[i].Reason, s.Conditions[i].LastTransitionTime = v1.ConditionFalse, "PodFailed", now
	}
}
